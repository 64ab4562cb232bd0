import { it } from 'vitest';
import { expectProven, prove, TIMEOUT_MS } from './prove-lab.ts';

// Most of it is waiting, for windows of stability and for pods to start: so the labs share the processors.
it.concurrent.each([
  ['endpoint', 35],
  ['gateway', 38],
  ['incident', 36],
  ['paths', 43],
  ['identity', 47],
  ['cost', 45],
])(
  'the lab %s proves itself on processes: every step, fault, solution, alternative and cheat',
  { timeout: TIMEOUT_MS },
  async (slug, least) => {
    expectProven(await prove(slug, 'process', { jobs: 4 }), least);
  },
);
