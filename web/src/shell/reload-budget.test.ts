import { expect, it } from 'vitest';
import { mayReload, RELOAD_EVERY_MS } from './reload-budget.ts';

it.each([
  ['never yet', null, true],
  ['just now', 1_000_000, false],
  ['almost long enough ago', 1_000_001 - RELOAD_EVERY_MS, false],
  ['long enough ago', 1_000_000 - RELOAD_EVERY_MS, true],
])('a page that reloaded itself %s', (_name, reloadedAtMs, expected) => {
  expect(mayReload(reloadedAtMs, 1_000_000)).toBe(expected);
});
