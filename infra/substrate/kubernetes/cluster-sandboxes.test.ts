import { expect, it } from 'vitest';
import type { NamespaceObject } from './cluster-link.ts';
import { planSweep } from './cluster-sandboxes.ts';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const minutesAgo = (minutes: number): string => new Date(nowMs - minutes * 60_000).toISOString();

interface Space {
  readonly sandbox: string;
  readonly ageMinutes?: number;
  readonly installation?: string;
  readonly part?: 'trainee' | 'hidden';
  readonly ready?: boolean;
  readonly isEnding?: boolean;
  readonly owner?: string;
}

function space(
  name: string,
  { sandbox, ageMinutes = 60, installation = 'one', part = 'trainee', ready = false, isEnding = false, owner }: Space,
): NamespaceObject {
  const labels = {
    'drillhouse.dev/installation': installation,
    'drillhouse.dev/sandbox': sandbox,
    'drillhouse.dev/part': part,
    ...(ready ? { 'drillhouse.dev/ready': 'true' } : {}),
    ...(owner === undefined ? {} : { 'drillhouse.dev/owner': owner }),
  };
  const ending = isEnding ? { deletionTimestamp: minutesAgo(1) } : {};
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels, creationTimestamp: minutesAgo(ageMinutes), ...ending } };
}

it.each([
  ['what no attempt knows and is old', [space('a', { sandbox: 'sb_1' })], ['a']],
  ['nothing that an attempt has', [space('a', { sandbox: 'sb_kept' })], []],
  ['nothing that may have been made by another server a moment ago', [space('a', { sandbox: 'sb_1', ageMinutes: 9 })], []],
  ['nothing of another installation', [space('a', { sandbox: 'sb_1', installation: 'two' })], []],
  ['nothing of another database under the same name', [space('a', { sandbox: 'sb_1', owner: 'theirs' })], []],
  ['what our own database has forgotten', [space('a', { sandbox: 'sb_1', owner: 'ours' })], ['a']],
  ['nothing that is going already', [space('a', { sandbox: 'sb_1', isEnding: true })], []],
  ['nothing of the pool', [space('a', { sandbox: 'warm-1', ready: true }), space('a-hidden', { sandbox: 'warm-1', part: 'hidden' })], []],
  [
    'what was meant for the pool and never finished',
    [space('a', { sandbox: 'warm-1' }), space('a-hidden', { sandbox: 'warm-1', part: 'hidden' })],
    ['a', 'a-hidden'],
  ],
  ['half of one of the pool, whose claim was interrupted', [space('a-hidden', { sandbox: 'warm-1', part: 'hidden' })], ['a-hidden']],
])('sweeps %s', (_, spaces, swept) => {
  expect(planSweep(spaces, { keep: new Set(['sb_kept']), installation: 'one', owner: 'ours', nowMs })).toEqual(swept);
});
