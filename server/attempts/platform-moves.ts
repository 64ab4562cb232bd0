import { hasEnded, isWorking, type Attempt, type Move } from './attempt.ts';
import { creditDowntime, resumeClock, stopClock } from './attempt-clock.ts';
import { moved } from './move.ts';
import { progressed } from './step-moves.ts';

/** The ground under the sandbox is away, or its checks cannot be made: says so and stops the clock. */
export function platformLost(attempt: Attempt, reason: string, nowMs: number): Move | undefined {
  if (hasEnded(attempt) || attempt.trouble === reason) return undefined;
  return moved(
    attempt,
    { trouble: reason, clock: attempt.clock?.running === true ? stopClock(attempt.clock, nowMs, reason) : attempt.clock },
    { kind: 'platform-lost', text: reason, actorId: null },
  );
}

/** It is back. The clock goes on unless something else holds it. */
export function platformBack(attempt: Attempt, nowMs: number): Move | undefined {
  if (hasEnded(attempt) || attempt.trouble === null) return undefined;
  const { clock: before } = attempt;
  const held = before !== null && !before.running && before.stoppedBecause === attempt.trouble;
  if (before !== null && !held) return undefined;
  const clock = before !== null && isWorking(attempt) && attempt.operation === null ? resumeClock(before, nowMs) : before;
  return moved(
    attempt,
    { trouble: null, clock },
    { kind: 'platform-back', text: 'The platform is back; the work goes on.', actorId: null },
  );
}

/** After a restart of the orchestrator: the time it was away is given back. */
export function resumeAfterRestart(attempt: Attempt, lastAliveMs: number, nowMs: number): Move | undefined {
  if (hasEnded(attempt)) return undefined;
  const clock = attempt.clock === null ? null : creditDowntime(attempt.clock, lastAliveMs, nowMs);
  return moved(
    attempt,
    { clock },
    { kind: 'restarted', text: 'The server was restarted; the time it was away does not count.', actorId: null },
  );
}

/** Says once what is waited for; undefined when nothing is, or when it was said already. Pure. */
export function roomMissing(attempt: Attempt, text: string | undefined, nowMs: number): Move | undefined {
  if (text === undefined || waitsForRoom(attempt)?.text === text) return undefined;
  return progressed(attempt, { id: ROOM, text, state: 'started' }, nowMs);
}

export function roomFound(attempt: Attempt, nowMs: number): Move | undefined {
  return waitsForRoom(attempt) === undefined
    ? undefined
    : progressed(attempt, { id: ROOM, text: 'A cluster has room', state: 'done' }, nowMs);
}

const ROOM = 'room';

function waitsForRoom({ progress }: Attempt): Attempt['progress'][number] | undefined {
  return progress.findLast(({ id, state }) => id === ROOM && state === 'started');
}
