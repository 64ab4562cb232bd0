import { describe, it } from 'vitest';
import { expectProven, prove, TIMEOUT_MS } from './prove-lab.ts';

// All faults of these take longer than the whole suite may: `npm run lab -- prove` runs them.
describe('one fault of a lab, with all its fixes and cheats', () => {
  it.each([
    ['cost', 'cache-poisoned', 6],
    ['paths', 'kv-cache-exhausted', 8],
    ['identity', 'over-broad-role', 8],
  ])('is proven on processes: %s, %s', { timeout: TIMEOUT_MS }, async (slug, fault, least) => {
    expectProven(await prove(slug, 'process', { jobs: 4, fault }), least);
  });
});

// Most of it is waiting, for windows of stability and for pods to start: so the labs share the processors.
it.concurrent.each([
  ['endpoint', 35],
  ['gateway', 38],
  ['incident', 36],
])(
  'the lab %s proves itself on processes: every step, fault, solution, alternative and cheat',
  { timeout: TIMEOUT_MS },
  async (slug, least) => {
    expectProven(await prove(slug, 'process', { jobs: 4 }), least);
  },
);
