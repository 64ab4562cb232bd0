import { orLate, systemClock } from '../../server/clock.ts';

/** Tells what it sees of a test that has just failed: a page's words, a server's last lines. */
export type Witness = () => Promise<string>;

const witnesses = new Set<Witness>();
const WITNESS_TIMEOUT_MS = 5_000;

/** Asks it after every test of this file that fails, until it is let go. */
export function addWitness(witness: Witness): Disposable {
  witnesses.add(witness);
  return {
    [Symbol.dispose]: () => {
      witnesses.delete(witness);
    },
  };
}

/** What all of them see; one that does not answer in five seconds is left out with a word. */
export async function askWitnesses(): Promise<readonly string[]> {
  const late = `no answer within ${WITNESS_TIMEOUT_MS} ms`;
  return Promise.all(
    [...witnesses].map((witness) =>
      orLate(systemClock, witness(), WITNESS_TIMEOUT_MS, late).catch((error: unknown) => `not to be had: ${String(error)}`),
    ),
  );
}
