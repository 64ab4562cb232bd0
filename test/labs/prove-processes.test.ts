import { beforeAll, expect, it } from 'vitest';
import { loadCatalogue, ownLabsDir } from '../../labs/catalogue.ts';
import type { ProofOutcome } from '../../labs/prove/prove.ts';
import { expectProven, prove } from './prove-lab.ts';

const ALL_TIMEOUT_MS = 15 * 60_000;
const AGAIN_TIMEOUT_MS = 6 * 60_000;
/** Most of a case is waiting, for a window of stability and for pods to start: so many sandboxes share two processors. */
const JOBS = 12;

/** All labs, and how many cases each has at the least: a lab that lost some would pass too. */
const least: Readonly<Record<string, number>> = { endpoint: 45, gateway: 40, incident: 36, cost: 40, paths: 40, identity: 36 };

const proven = new Map<string, readonly ProofOutcome[]>();
beforeAll(async () => {
  const outcomes = await prove(Object.keys(least), 'process', { jobs: JOBS });
  for (const slug of Object.keys(least))
    proven.set(
      slug,
      outcomes.filter(({ lab }) => lab === slug),
    );
}, ALL_TIMEOUT_MS);

it.each(Object.entries(least))(
  'the lab %s proves itself on processes: faults, solutions, alternatives and cheats',
  { timeout: AGAIN_TIMEOUT_MS },
  async (slug, count) => {
    const outcomes = proven.get(slug) ?? [];
    expect(outcomes.length).toBeGreaterThanOrEqual(count);
    const wrong = outcomes.filter(({ ok }) => !ok);
    // What came out wrong is tried once more on a machine that has nothing else to do, with all that goes with its fault.
    if (wrong.length > 0) proven.set(slug, [...outcomes.filter(({ ok }) => ok), ...(await proveAgain(slug, wrong))]);
    expectProven(wrong);
  },
);

it('leaves no lab out', async () => {
  const { labs } = await loadCatalogue([ownLabsDir]);
  expect(labs.map(({ summary }) => summary.slug).sort()).toEqual(Object.keys(least).sort());
});

async function proveAgain(slug: string, wrong: readonly ProofOutcome[]): Promise<readonly ProofOutcome[]> {
  const faults = new Set(wrong.map(({ fault }) => fault));
  if (faults.has(null)) return prove([slug], 'process', { jobs: 4 });
  const again: ProofOutcome[] = [];
  for (const fault of faults) if (fault !== null) again.push(...(await prove([slug], 'process', { jobs: 4, fault })));
  return again;
}
