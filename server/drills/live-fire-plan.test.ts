import { expect, it } from 'vitest';
import { incidentAttempt, provisioningAttempt } from '../testing/attempts.ts';
import { fakeScript } from '../testing/fake-script.ts';
import type { Attempt } from '../attempts/attempt.ts';
import { stampEntries } from './drill-actor.ts';
import type { DrillHead, Happening } from './drill-entry.ts';
import { newDrillState } from './drill-state.ts';
import { planLiveFire } from './live-fire-plan.ts';

const head: DrillHead = {
  id: 'dr_x',
  scriptSlug: 'printer',
  scriptHash: '',
  script: fakeScript,
  mode: 'live-fire',
  createdById: 'fay',
  startsAtMs: 0,
};
const sandbox = (state: 'preparing' | 'ready' | 'busy' | 'failed' | 'gone', attemptId: string | null = 'at_1'): Happening => ({
  kind: 'sandbox',
  state,
  attemptId,
  words: '',
});
const started: Happening = { kind: 'started' };
const fault: Happening = { kind: 'inject-fired', inject: 3 };
const checkpoint: Happening = { kind: 'checkpoint', id: 1, label: 'x' };
const rewound: Happening = { kind: 'rewound', checkpoint: 1 };
const service = (state: 'up' | 'down'): Happening => ({ kind: 'service', state, seen: '', failing: state === 'up' ? [] : ['x'] });

const quiet: Attempt = { ...incidentAttempt('incident'), injection: { fault: 'nothing-wrong', injectedAt: '', data: null } };
const live = incidentAttempt('incident');

it.each<[string, readonly Happening[], Attempt | undefined, object]>([
  ['nothing before the start', [], undefined, { kind: 'wait' }],
  ['a sandbox at the start', [started], undefined, { kind: 'begin' }],
  ['again what a restart cut off', [started, sandbox('preparing', null)], undefined, { kind: 'begin' }],
  ['nothing where none can be had', [started, sandbox('failed', null)], undefined, { kind: 'wait' }],
  ['nothing while it is made', [started, sandbox('preparing')], provisioningAttempt('incident'), { kind: 'wait' }],
  ['word that it is ready', [started, sandbox('preparing')], quiet, { kind: 'settle', fault: 'nothing-wrong' }],
  ['the fault of an inject', [started, sandbox('preparing'), sandbox('ready'), fault], quiet, { kind: 'inject', fault: 'bad-image' }],
  ['a fault that came while it was made', [started, sandbox('preparing'), fault], quiet, { kind: 'inject', fault: 'bad-image' }],
  ['no fault twice', [started, sandbox('ready'), fault, sandbox('busy')], live, { kind: 'settle', fault: 'bad-image' }],
  ['nothing for injects without a fault', [started, sandbox('ready'), { kind: 'inject-fired', inject: 2 }], quiet, { kind: 'wait' }],
  [
    'nothing while something is under way',
    [started, sandbox('ready'), fault],
    { ...quiet, operation: { kind: 'incident', fault: 'x' } },
    { kind: 'wait' },
  ],
  [
    'the quiet before the fault',
    [started, sandbox('ready'), checkpoint, fault, sandbox('busy'), sandbox('ready'), rewound],
    live,
    { kind: 'rewind', fault: 'nothing-wrong' },
  ],
  [
    'the fault that was live',
    [started, sandbox('ready'), fault, sandbox('ready'), service('down'), checkpoint, service('up'), rewound],
    live,
    { kind: 'rewind', fault: 'bad-image' },
  ],
  [
    'no fault that was mended',
    [started, sandbox('ready'), fault, sandbox('ready'), service('down'), service('up'), checkpoint, rewound],
    live,
    { kind: 'rewind', fault: 'nothing-wrong' },
  ],
  [
    'the fault again after the rewind',
    [started, sandbox('ready'), checkpoint, rewound, sandbox('busy'), sandbox('ready'), { kind: 'resumed' }, fault],
    quiet,
    { kind: 'inject', fault: 'bad-image' },
  ],
  [
    'word of what was given up',
    [started, sandbox('ready'), fault, sandbox('busy')],
    { ...quiet, state: 'ready', trouble: 'No.' },
    { kind: 'stuck', reason: 'No.' },
  ],
  ['the verdict at the end', [started, sandbox('ready'), { kind: 'ended' }], live, { kind: 'finish' }],
  ['word that it is gone', [started, sandbox('ready')], { ...live, state: 'passed' }, { kind: 'lost' }],
  ['nothing after that', [started, sandbox('ready'), sandbox('gone')], { ...live, state: 'passed' }, { kind: 'wait' }],
])('live fire asks for %s', (_, happenings, attempt, expected) => {
  const { state, entries } = stampEntries(newDrillState(head), happenings, null, 0);
  expect(planLiveFire(state, entries, attempt)).toEqual(expected);
});
