import { SharedTally } from '../replicas/shared-tally.ts';
import type { ReplicaBus } from '../replicas/replicas.ts';

/** Who has which attempt's page open, on whichever server. Forgotten with the server: pages come back by themselves. */
export class AttemptPresence implements Disposable {
  readonly #tally: SharedTally;

  constructor(bus: ReplicaBus) {
    this.#tally = new SharedTally(bus, 'attempts/present');
  }

  /** The people in the order in which they came. */
  present(attemptId: string): readonly string[] {
    return this.#tally.keys.map(partsOf).flatMap((key) => (key.attemptId === attemptId ? [key.personId] : []));
  }

  /** Until the last page of the person is disposed, they are there. */
  enter(attemptId: string, personId: string): Disposable {
    return this.#tally.add(`${attemptId} ${personId}`);
  }

  /** Called when somebody came or went, not for a second page of the same person. */
  subscribe(listener: (attemptId: string) => void): Disposable {
    return this.#tally.subscribe((key) => listener(partsOf(key).attemptId));
  }

  [Symbol.dispose](): void {
    this.#tally[Symbol.dispose]();
  }
}

function partsOf(key: string): { readonly attemptId: string; readonly personId: string } {
  const [attemptId = '', personId = ''] = key.split(' ');
  return { attemptId, personId };
}
