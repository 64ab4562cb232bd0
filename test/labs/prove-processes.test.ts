import { beforeAll, expect, it } from 'vitest';
import { loadCatalogue, ownLabsDir } from '../../labs/catalogue.ts';
import type { ProofOutcome } from '../../labs/prove/prove.ts';
import { expectProven, prove } from './prove-lab.ts';

const ALL_TIMEOUT_MS = 15 * 60_000;
const ONE_TIMEOUT_MS = 6 * 60_000;
/** Most of a case is waiting, for a window of stability and for pods to start: so many sandboxes share two processors. */
const JOBS = 12;

const least = { cost: 40, endpoint: 45, gateway: 40, identity: 40, incident: 36, paths: 40 };
const slugs = Object.keys(least) as readonly (keyof typeof least)[];

let proven: readonly ProofOutcome[] = [];
beforeAll(async () => {
  proven = await prove(slugs, 'process', { jobs: JOBS });
}, ALL_TIMEOUT_MS);

it.each(slugs)(
  'the lab %s proves itself on processes: every step, fault, solution, alternative and cheat',
  { timeout: ONE_TIMEOUT_MS },
  async (slug) => {
    const outcomes = proven.filter(({ lab }) => lab === slug);
    proven = proven.filter(({ lab }) => lab !== slug);
    // A second try has the machine for itself.
    expectProven(outcomes.length > 0 ? outcomes : await prove([slug], 'process', { jobs: 4 }), least[slug]);
  },
);

it('leaves no lab out', async () => {
  const { labs } = await loadCatalogue([ownLabsDir]);
  expect(labs.map(({ summary }) => summary.slug).sort()).toEqual([...slugs].sort());
});
