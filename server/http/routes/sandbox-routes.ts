import { notFound } from '../../app-error.ts';
import { remainingAt } from '../../attempts/attempt-clock.ts';
import type { Attempt } from '../../attempts/attempt.ts';
import { hasEnded } from '../../attempts/attempt.ts';
import { toInstant } from '../../clock.ts';
import { sandboxesSchema, type SandboxView, type SubstrateView } from '../../contract/people.ts';
import { administrators, noContent, ok, param, route, type Route } from '../route.ts';
import type { Services } from '../services.ts';

export function sandboxRoutes(services: Services): Route[] {
  const { supervisor, commands } = services;
  return [
    route(
      'GET',
      '/api/sandboxes',
      administrators,
      async () => ok({ sandboxes: await listSandboxes(services), substrate: await viewSubstrate(services) }),
      { says: 'Lists the sandboxes and how full the machine is.', answers: sandboxesSchema },
    ),
    route(
      'DELETE',
      '/api/sandboxes/:id',
      administrators,
      async (call) => {
        const runner = supervisor.running.find(({ actor }) => actor.attempt.sandboxId === param(call, 'id'));
        if (runner === undefined || hasEnded(runner.actor.attempt)) throw notFound('sandbox');
        await commands.abandon(call.session.person, runner.actor.attempt.id);
        return noContent;
      },
      { says: 'Ends the attempt of a sandbox as abandoned.' },
    ),
  ];
}

async function listSandboxes(services: Services): Promise<SandboxView[]> {
  const names = await services.accounts.people.names();
  const attempts = services.supervisor.running.map((runner) => runner.actor.attempt).filter((attempt) => attempt.state !== 'requested');
  return Promise.all(
    attempts.map(async (attempt) => {
      const usage = attempt.prepared ? await services.substrate.usage(attempt.sandboxId).catch(() => undefined) : undefined;
      return {
        id: attempt.sandboxId,
        attemptId: attempt.id,
        person: names.get(attempt.personId) ?? null,
        lab: attempt.lab.title,
        state: stateOf(attempt, services.supervisor.health.ok),
        pods: usage?.pods ?? null,
        memoryBytes: usage?.memoryBytes ?? null,
        createdAt: toInstant(attempt.createdAtMs),
        leaseEndsAt: leaseEnd(attempt, services.clock.now()),
      };
    }),
  );
}

function stateOf(attempt: Attempt, healthy: boolean): SandboxView['state'] {
  if (hasEnded(attempt)) return 'releasing';
  if (!healthy) return 'lost';
  return attempt.prepared ? 'in use' : 'provisioning';
}

function leaseEnd({ clock }: Attempt, nowMs: number): string | null {
  return clock?.running === true ? toInstant(nowMs + remainingAt(clock, nowMs)) : null;
}

async function viewSubstrate({ substrate, supervisor }: Services): Promise<SubstrateView> {
  const health = await substrate.health();
  return {
    name: substrate.name,
    isolation: substrate.isolation,
    isBoundary: substrate.isBoundary,
    healthy: health.ok,
    reason: health.ok ? null : health.reason,
    capacity: supervisor.capacity,
    inUse: supervisor.inUse,
  };
}
