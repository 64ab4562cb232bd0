import { messageOf } from '../app-error.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { SubstrateHealth } from '../sandboxes/substrate.ts';
import type { Tx } from '../store/schema.ts';
import { holdSetting } from '../store/settings.ts';
import type { Attempt } from './attempt.ts';
import type { AttemptRecords } from './attempt-records.ts';
import type { AttemptRunner } from './attempt-runner.ts';
import { admit } from './moves.ts';
import { describePlace } from './queue-estimate.ts';
import { progressed } from './step-moves.ts';

export interface AdmissionParts {
  readonly records: AttemptRecords;
  readonly clock: Clock;
  readonly log: Logger;
  readonly capacity: number;
  /** All attempts that hold a sandbox or wait for one, the oldest first. */
  readonly running: () => readonly AttemptRunner[];
  readonly health: () => SubstrateHealth;
  /** Whether this server is the one that admits. */
  readonly leads: () => boolean;
  /** Others may believe for a moment that they are it. */
  readonly several: boolean;
}

/** Another server has given the last sandbox away; its word will arrive. */
class NoRoomError extends Error {}

/** Lets those who wait have a sandbox, the oldest first, as long as there is room; the others are told their place. */
export class Admission {
  readonly #parts: AdmissionParts;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  get inUse(): number {
    return holdersOf(this.#parts.running()).length;
  }

  async run(): Promise<void> {
    const { running, health, capacity, clock, log, leads } = this.#parts;
    if (!leads()) return;
    const runners = running();
    const waiting = runners.filter((runner) => isWaiting(runner));
    const holders = holdersOf(runners);
    const clocks = holders.map(({ actor }) => actor.attempt.clock);
    let room = health().ok ? capacity - holders.length : 0;
    for (const [ahead, runner] of waiting.entries()) {
      try {
        if (room > 0) await this.#admit(runner);
        else await this.#tell(runner, health().ok ? describePlace(ahead, clocks, clock.now()) : 'Waiting for the platform to come back');
        room -= 1;
      } catch (error) {
        if (error instanceof NoRoomError) room = 0;
        else log.warn({ reason: messageOf(error) }, 'a waiting attempt could not be admitted');
      }
    }
  }

  async #admit({ actor }: AttemptRunner): Promise<void> {
    const plan = (attempt: Attempt, nowMs: number): ReturnType<typeof admit> | undefined =>
      attempt.state === 'requested' ? admit(endQueue(attempt, nowMs)) : undefined;
    await actor.change(plan, this.#parts.several ? (tx) => this.#requireRoom(tx) : undefined);
  }

  /** Counted where all servers see the same, one of them at a time. */
  async #requireRoom(tx: Tx): Promise<void> {
    const { records, capacity } = this.#parts;
    await holdSetting(tx, 'admission', '');
    if ((await records.countHeld(tx)) > capacity) throw new NoRoomError('No sandbox is free.');
  }

  async #tell({ actor }: AttemptRunner, text: string): Promise<void> {
    await actor.change((attempt, nowMs) =>
      attempt.state !== 'requested' || attempt.progress.at(-1)?.text === text
        ? undefined
        : progressed(attempt, { id: 'queue', text, state: 'started' }, nowMs),
    );
  }
}

function isWaiting({ actor }: AttemptRunner): boolean {
  return actor.attempt.state === 'requested';
}

/** Those that hold a sandbox. */
function holdersOf(runners: readonly AttemptRunner[]): readonly AttemptRunner[] {
  return runners.filter((runner) => !isWaiting(runner));
}

function endQueue(attempt: Attempt, nowMs: number): Attempt {
  const waited = attempt.progress.some((entry) => entry.id === 'queue' && entry.state === 'started');
  if (!waited) return attempt;
  const { attempt: next } = progressed(attempt, { id: 'queue', text: 'A sandbox is free', state: 'done' }, nowMs);
  return { ...next, revision: attempt.revision };
}
