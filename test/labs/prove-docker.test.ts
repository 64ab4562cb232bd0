import { expect, it } from 'vitest';
import { expectProven, prove } from './prove-lab.ts';

const TIMEOUT_MS = 12 * 60_000;

it.each([
  ['endpoint', 'memory-exhausted', 9],
  ['gateway', 'provider-rate-limit', 7],
])('the lab %s proves the fault %s with all its fixes and cheats on Docker', { timeout: TIMEOUT_MS }, async (slug, fault, least) => {
  const outcomes = await prove([slug], 'docker', { jobs: 4, fault });
  expectProven(outcomes);
  expect(outcomes.length).toBeGreaterThanOrEqual(least);
});
