import { describe, expect, it } from 'vitest';
import { planSave, type NewestVersion } from './version-plan.ts';

const MINUTE = 60_000;
const newest: NewestVersion = { version: 3, byId: 'ana', startedAtMs: 0, submitted: false, content: { text: 'one' } };

describe('a save', () => {
  it.each<[string, NewestVersion | undefined, string, string, number, object]>([
    ['begins with the first version', undefined, 'one', 'ana', 0, { kind: 'begin', version: 1 }],
    ['of nothing new is none', newest, 'one', 'ana', 0, { kind: 'nothing' }],
    ['goes on with what was begun a moment ago', newest, 'two', 'ana', 9 * MINUTE, { kind: 'rewrite', version: 3 }],
    ['is a version of its own after a while', newest, 'two', 'ana', 10 * MINUTE, { kind: 'begin', version: 4 }],
    ['never changes what was submitted', { ...newest, submitted: true }, 'two', 'ana', 0, { kind: 'begin', version: 4 }],
    ['never changes what somebody else wrote', newest, 'two', 'bo', 0, { kind: 'begin', version: 4 }],
  ])('%s', (_, before, text, byId, nowMs, plan) => {
    expect(planSave(before, { text }, byId, nowMs)).toEqual(plan);
  });
});
