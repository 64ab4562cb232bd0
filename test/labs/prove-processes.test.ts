import { beforeAll, expect, it } from 'vitest';
import { loadCatalogue, ownLabsDir } from '../../labs/catalogue.ts';
import type { ProofOutcome } from '../../labs/prove/prove.ts';
import { expectProven, prove } from './prove-lab.ts';

const ALL_TIMEOUT_MS = 15 * 60_000;
const AGAIN_TIMEOUT_MS = 6 * 60_000;
/** Most of a case is waiting, for a window of stability and for pods to start: so many sandboxes share two processors. */
const JOBS = 12;

const least = { cost: 40, endpoint: 45, gateway: 40, identity: 40, incident: 36, paths: 40 };
const slugs = Object.keys(least) as readonly (keyof typeof least)[];

const proven = new Map<string, readonly ProofOutcome[]>();
beforeAll(async () => {
  const outcomes = await prove(slugs, 'process', { jobs: JOBS });
  for (const slug of slugs)
    proven.set(
      slug,
      outcomes.filter(({ lab }) => lab === slug),
    );
}, ALL_TIMEOUT_MS);

it.each(slugs)(
  'the lab %s proves itself on processes: every step, fault, solution, alternative and cheat',
  { timeout: AGAIN_TIMEOUT_MS },
  async (slug) => {
    const outcomes = proven.get(slug) ?? [];
    expect(outcomes.length).toBeGreaterThanOrEqual(least[slug]);
    const wrong = outcomes.filter(({ ok }) => !ok);
    // What came out wrong is tried once more on a machine that has nothing else to do, with all that goes with its fault.
    if (wrong.length > 0) proven.set(slug, [...outcomes.filter(({ ok }) => ok), ...(await proveAgain(slug, wrong))]);
    expectProven(wrong);
  },
);

it('leaves no lab out', async () => {
  const { labs } = await loadCatalogue([ownLabsDir]);
  expect(labs.map(({ summary }) => summary.slug).sort()).toEqual([...slugs].sort());
});

async function proveAgain(slug: string, wrong: readonly ProofOutcome[]): Promise<readonly ProofOutcome[]> {
  const faults = new Set(wrong.map(({ fault }) => fault));
  if (faults.has(null)) return prove([slug], 'process', { jobs: 4 });
  const again: ProofOutcome[] = [];
  for (const fault of faults) if (fault !== null) again.push(...(await prove([slug], 'process', { jobs: 4, fault })));
  return again;
}
