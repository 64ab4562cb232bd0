import { toInstantOrNull, type Clock } from '../clock.ts';
import type { RosterEntry, TerminalView } from '../contract/attempts.ts';
import { nameFrom } from '../accounts/people.ts';
import type { PersonRef } from '../contract/roles.ts';
import type { TerminalActivity } from '../terminals/terminal-messages.ts';
import type { TerminalHub } from '../terminals/terminal-hub.ts';
import { currentStep, hasEnded, type Attempt } from './attempt.ts';
import { clockOf, summarise } from './attempt-view.ts';
import type { LabCatalogue } from './lab-catalogue.ts';
import { judgeHelp } from './needs-help.ts';
import { hintsUsed } from './results.ts';
import type { Supervisor } from './supervisor.ts';

export interface RosterParts {
  readonly supervisor: Supervisor;
  readonly terminals: TerminalHub;
  readonly catalogue: LabCatalogue;
  readonly clock: Clock;
  readonly names: () => Promise<ReadonlyMap<string, PersonRef>>;
  /** Whether the person has the page open. */
  readonly isConnected: (personId: string) => boolean;
}

/** Everybody who works at this moment, candidates of interviews apart, those who need help first. */
export async function listRoster(parts: RosterParts): Promise<RosterEntry[]> {
  const attempts = parts.supervisor.running
    .map((runner) => runner.actor.attempt)
    .filter((attempt) => !hasEnded(attempt) && attempt.interviewId === null);
  const [names, activity, lists] = await Promise.all([
    parts.names(),
    parts.terminals.activity(attempts.map(({ id }) => id)),
    Promise.all(attempts.map(({ id }) => parts.terminals.list(id))),
  ]);
  const nameOf = nameFrom(names);
  const entries = attempts.map((attempt, index) => {
    const { lastInputMs = null, lastLines = [] } = activity.get(attempt.id) ?? {};
    return describe(parts, attempt, nameOf, { lastInputMs, lastLines, terminals: lists[index] ?? [] });
  });
  return entries.sort((a, b) => b.needsHelp.score - a.needsHelp.score || a.attempt.person.name.localeCompare(b.attempt.person.name));
}

function describe(
  parts: RosterParts,
  attempt: Attempt,
  nameOf: (personId: string) => PersonRef,
  { lastInputMs: lastInputAtMs, lastLines, terminals }: TerminalActivity & { readonly terminals: readonly TerminalView[] },
): RosterEntry {
  const nowMs = parts.clock.now();
  const connected = attempt.members.some(({ personId }) => parts.isConnected(personId));
  const step = currentStep(attempt);
  return {
    attempt: summarise(attempt, nameOf),
    step: step === undefined ? null : { index: attempt.steps.indexOf(step), of: attempt.steps.length, title: step.title },
    clock: clockOf(attempt, nowMs),
    faults: [...(parts.catalogue.find(attempt.lab.slug)?.faults ?? [])],
    liveFault: attempt.state === 'incident' ? (attempt.injection?.fault ?? null) : null,
    hintsUsed: hintsUsed(attempt),
    failingChecks: step?.checks.filter((check) => check.state === 'fail').length ?? 0,
    lastInputAt: toInstantOrNull(lastInputAtMs),
    terminals: [...terminals],
    lastLines: [...lastLines],
    trouble: attempt.trouble,
    needsHelp: judgeHelp({ attempt, lastInputAtMs, connected, nowMs }),
    connected,
  };
}
