import { toInstantOrNull, type Clock } from '../clock.ts';
import type { RosterEntry } from '../contract/attempts.ts';
import { nameFrom } from '../accounts/people.ts';
import type { PersonRef } from '../contract/roles.ts';
import { lastLines } from '../terminals/plain-text.ts';
import type { Terminal } from '../terminals/terminal.ts';
import type { TerminalHub } from '../terminals/terminal-hub.ts';
import { currentStep, hasEnded, type Attempt } from './attempt.ts';
import { clockOf, summarise } from './attempt-view.ts';
import type { LabCatalogue } from './lab-catalogue.ts';
import { judgeHelp } from './needs-help.ts';
import { hintsUsed } from './results.ts';
import type { Supervisor } from './supervisor.ts';

const LAST_LINES = 5;
const LINE_LENGTH = 120;
const OUTPUT_LOOKED_AT_BYTES = 8 * 1024;

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
  const nameOf = nameFrom(await parts.names());
  const entries = parts.supervisor.running
    .map((runner) => runner.actor.attempt)
    .filter((attempt) => !hasEnded(attempt) && attempt.interviewId === null)
    .map((attempt) => describe(parts, attempt, nameOf));
  return entries.sort((a, b) => b.needsHelp.score - a.needsHelp.score || a.attempt.person.name.localeCompare(b.attempt.person.name));
}

function describe(parts: RosterParts, attempt: Attempt, nameOf: (personId: string) => PersonRef): RosterEntry {
  const nowMs = parts.clock.now();
  const terminals = parts.terminals.terminals(attempt.id);
  const lastInputAtMs = newestInput(terminals);
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
    terminals: [...parts.terminals.list(attempt.id)],
    lastLines: busiestLines(terminals),
    trouble: attempt.trouble,
    needsHelp: judgeHelp({ attempt, lastInputAtMs, connected, nowMs }),
    connected,
  };
}

function newestInput(terminals: readonly Terminal[]): number | null {
  const times = terminals.flatMap((terminal) => terminal.lastInputMs ?? []);
  return times.length === 0 ? null : Math.max(...times);
}

/** The terminal typed into last; with none typed into, the one that said most. */
function busiestLines(terminals: readonly Terminal[]): string[] {
  const [busiest] = [...terminals].sort((a, b) => (b.lastInputMs ?? 0) - (a.lastInputMs ?? 0) || b.outputBytes - a.outputBytes);
  return busiest === undefined ? [] : lastLines(busiest.newestOutput(OUTPUT_LOOKED_AT_BYTES), LAST_LINES, LINE_LENGTH);
}
