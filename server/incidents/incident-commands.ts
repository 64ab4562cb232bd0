import { z } from 'zod';
import type { IncidentRecord } from '../../grader/incidents/status-update.ts';
import { nameFrom } from '../accounts/people.ts';
import { messageOf } from '../app-error.ts';
import type { Attempt } from '../attempts/attempt.ts';
import { requireRight, requireView } from '../attempts/permissions.ts';
import type { Supervisor } from '../attempts/supervisor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { toInstant, toInstantOrNull, type Clock } from '../clock.ts';
import type { PostStatus, StatusUpdateView } from '../contract/incidents.ts';
import type { PersonRef } from '../contract/roles.ts';
import type { Logger } from '../log.ts';
import type { ReplicaBus } from '../replicas/replicas.ts';
import type { PersonRow } from '../store/schema.ts';
import type { IncidentRecords, StoredUpdate } from './incident-records.ts';
import { planUpdate, statusPosted } from './status-moves.ts';

export interface IncidentParts {
  readonly supervisor: Supervisor;
  readonly incidents: IncidentRecords;
  readonly names: () => Promise<ReadonlyMap<string, PersonRef>>;
  readonly audit: AuditLog;
  readonly bus: ReplicaBus;
  readonly clock: Clock;
  readonly log: Logger;
}

const TOPIC = 'incidents';
const postedSchema = z.object({ attemptId: z.string() });

/** What people tell others while an incident lasts: each command checks who asks. Routes come through here. */
export class IncidentCommands implements Disposable {
  readonly #parts: IncidentParts;
  readonly #listeners = new Set<(attemptId: string) => void>();
  readonly #subscription: Disposable;

  constructor(parts: IncidentParts) {
    this.#parts = parts;
    this.#subscription = parts.bus.subscribe(TOPIC, (message) => {
      const posted = postedSchema.safeParse(message);
      if (posted.success) this.#tell(posted.data.attemptId);
    });
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  async list(actor: PersonRow, attemptId: string): Promise<StatusUpdateView[]> {
    requireView(actor, await this.#parts.supervisor.read(attemptId));
    return this.updates(attemptId);
  }

  /** For those who were let in already. */
  async updates(attemptId: string): Promise<StatusUpdateView[]> {
    const [updates, names] = await Promise.all([this.#parts.incidents.updates(attemptId), this.#parts.names()]);
    return updates.map((update) => viewUpdate(update, nameFrom(names)));
  }

  /** Updates, looks at the service and the clock, as scoreStatus judges them. Undefined before the incident began. */
  async fetchRecord(actor: PersonRow, attemptId: string): Promise<IncidentRecord | undefined> {
    const attempt = await this.#parts.supervisor.read(attemptId);
    requireView(actor, attempt);
    return this.#parts.incidents.fetchRecord(attempt, this.#parts.clock.now());
  }

  /** Resolves once it is kept. Whether a claim is true is looked at afterwards, so that nobody waits for a probe to say something. */
  async post(actor: PersonRow, attemptId: string, wanted: PostStatus): Promise<StatusUpdateView> {
    const { supervisor, incidents, clock, audit } = this.#parts;
    requireRight(actor, await supervisor.read(attemptId), wanted.audience === 'users' ? 'status-users' : 'status-internal');
    const runner = await supervisor.require(attemptId);
    const atMs = clock.now();
    const content = planUpdate(wanted, (await incidents.updates(attemptId)).length, atMs);
    const attempt = await runner.actor.change(
      (current) => statusPosted(current, content, actor.id),
      (tx) => incidents.append(tx, attemptId, { ...content, atMs, byId: actor.id }),
    );
    await audit.record({
      actor,
      action: 'attempt.status-posted',
      subject: attemptId,
      detail: { kind: wanted.kind, audience: wanted.audience },
    });
    this.#parts.bus.publish(TOPIC, { attemptId });
    this.#tell(attemptId);
    if (wanted.kind === 'resolved') void this.#lookAtClaim(attempt);
    const posted = (await this.updates(attemptId)).findLast(({ by }) => by.id === actor.id);
    if (posted === undefined) throw new Error(`The status update of ${attemptId} was not kept.`);
    return posted;
  }

  /** Called with the attempt that has a new update, at whichever server it was written. */
  subscribe(listener: (attemptId: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #tell(attemptId: string): void {
    for (const listener of this.#listeners) listener(attemptId);
  }

  async #lookAtClaim({ id }: Attempt): Promise<void> {
    try {
      await this.#parts.supervisor.find(id)?.lookAtService();
    } catch (error) {
      this.#parts.log.warn({ attemptId: id, reason: messageOf(error) }, 'nobody could look whether it is resolved');
    }
  }
}

function viewUpdate({ atMs, byId, nextAtMs, ...update }: StoredUpdate, nameOf: (personId: string) => PersonRef): StatusUpdateView {
  return { ...update, at: toInstant(atMs), by: nameOf(byId), nextAt: toInstantOrNull(nextAtMs) };
}
