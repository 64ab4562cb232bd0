import { expect, it } from 'vitest';
import { fakeScript } from '../testing/fake-script.ts';
import { stampEntries } from './drill-actor.ts';
import type { DrillHead, Happening } from './drill-entry.ts';
import { individualFactor } from './individual-time.ts';
import { newDrillState } from './drill-state.ts';

const members = [
  { personId: 'cara', role: 'commander' },
  { personId: 'eve', role: 'expert' },
  { personId: 'eli', role: 'expert' },
] as const;
const head = { extraPercent: { cara: 50, eve: 100 } };

it.each([
  ['one person’s alone stretches', ['commander'], 1.5],
  ['what two experts share does not', ['expert'], 1],
  ['nor what two roles share', ['commander', 'expert'], 1],
  ['nor what everybody is asked', 'everyone', 1],
  ['nor what nobody here is asked', ['scribe'], 1],
] as const)('%s', (_title, to, factor) => {
  expect(individualFactor({ head, members }, { to: to === 'everyone' ? to : [...to] })).toBe(factor);
});

it('a drill from before anybody had extra time keeps its times', () => {
  expect(individualFactor({ head: {}, members }, { to: ['commander'] })).toBe(1);
});

it('what comes for want of an answer comes later for who answers alone and has more time', () => {
  const drill: DrillHead = {
    id: 'dr_x',
    scriptSlug: 'printer',
    scriptHash: '',
    script: fakeScript,
    mode: 'tabletop',
    createdById: 'fay',
    startsAtMs: 0,
  };
  const dueMs = (given: Readonly<Record<string, number>>): number | null | undefined => {
    const happenings: Happening[] = [
      { kind: 'role-given', personId: 'cara', role: 'commander' },
      { kind: 'inject-fired', inject: 2 },
    ];
    const { state } = stampEntries(newDrillState({ ...drill, extraPercent: given }), happenings, 'fay', 0);
    return state.injects.find(({ inject }) => inject.when?.unanswered === 2)?.dueMs;
  };
  expect(dueMs({})).toBe(4 * 60_000);
  expect(dueMs({ cara: 25 })).toBe(5 * 60_000);
});
