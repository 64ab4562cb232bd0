import { beforeAll, expect, it } from 'vitest';
import { loadCatalogue, ownLabsDir } from '../../labs/catalogue.ts';
import type { ProofOutcome } from '../../labs/prove/prove.ts';
import { expectProven, prove } from './prove-lab.ts';

const ALL_TIMEOUT_MS = 15 * 60_000;
const AGAIN_TIMEOUT_MS = 6 * 60_000;
/** Most of a case is waiting, for a window of stability and for pods to start: so many sandboxes share two processors. */
const JOBS = 12;
const JOBS_EACH = 3;

/** What the suite has time for: three labs whole, and of each that sends much traffic one fault. `npm run lab -- prove --all` does all of all. */
const proofs: Readonly<Record<string, { readonly fault?: string; readonly least: number }>> = {
  endpoint: { least: 45 },
  gateway: { least: 40 },
  incident: { least: 36 },
  cost: { fault: 'cache-poisoned', least: 6 },
  paths: { fault: 'kv-cache-exhausted', least: 7 },
  identity: { fault: 'over-broad-role', least: 8 },
};

const proven = new Map<string, readonly ProofOutcome[]>();
beforeAll(async () => {
  const whole = Object.keys(proofs).filter((slug) => proofs[slug]?.fault === undefined);
  const outcomes = [...(await prove(whole, 'process', { jobs: JOBS }))];
  const parts = Object.entries(proofs).flatMap(([slug, { fault }]) => (fault === undefined ? [] : [{ slug, fault }]));
  for (const part of await Promise.all(parts.map(({ slug, fault }) => prove([slug], 'process', { jobs: JOBS_EACH, fault }))))
    outcomes.push(...part);
  for (const slug of Object.keys(proofs))
    proven.set(
      slug,
      outcomes.filter(({ lab }) => lab === slug),
    );
}, ALL_TIMEOUT_MS);

it.each(Object.entries(proofs))(
  'the lab %s proves itself on processes: faults, solutions, alternatives and cheats',
  { timeout: AGAIN_TIMEOUT_MS },
  async (slug, { least }) => {
    const outcomes = proven.get(slug) ?? [];
    expect(outcomes.length).toBeGreaterThanOrEqual(least);
    const wrong = outcomes.filter(({ ok }) => !ok);
    // What came out wrong is tried once more on a machine that has nothing else to do, with all that goes with its fault.
    if (wrong.length > 0) proven.set(slug, [...outcomes.filter(({ ok }) => ok), ...(await proveAgain(slug, wrong))]);
    expectProven(wrong);
  },
);

it('leaves no lab out', async () => {
  const { labs } = await loadCatalogue([ownLabsDir]);
  expect(labs.map(({ summary }) => summary.slug).sort()).toEqual(Object.keys(proofs).sort());
});

async function proveAgain(slug: string, wrong: readonly ProofOutcome[]): Promise<readonly ProofOutcome[]> {
  const faults = new Set(wrong.map(({ fault }) => fault));
  if (faults.has(null)) return prove([slug], 'process', { jobs: 4 });
  const again: ProofOutcome[] = [];
  for (const fault of faults) if (fault !== null) again.push(...(await prove([slug], 'process', { jobs: 4, fault })));
  return again;
}
