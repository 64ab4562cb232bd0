import { expect, it } from 'vitest';
import { FORGET_AFTER_MS, planReload, RELOAD_AFTER_MS, type Reloads } from './reload-plan.ts';

it('loads a page anew at once, then ever later, and gives up in the end', () => {
  let nowMs = 1_000_000;
  let past: Reloads | null = null;
  const waits: number[] = [];
  for (let plan = planReload(past, nowMs); plan !== undefined; plan = planReload(past, nowMs)) {
    waits.push(plan.afterMs);
    past = plan.next;
    nowMs = past.atMs + 300;
  }
  expect(waits).toEqual([...RELOAD_AFTER_MS]);
});

it('takes a failure long after the last for a new one', () => {
  const past = { count: RELOAD_AFTER_MS.length, atMs: 1_000_000 };
  expect(planReload(past, past.atMs + FORGET_AFTER_MS - 1)).toBeUndefined();
  expect(planReload(past, past.atMs + FORGET_AFTER_MS)).toEqual({ afterMs: 0, next: { count: 1, atMs: past.atMs + FORGET_AFTER_MS } });
});
