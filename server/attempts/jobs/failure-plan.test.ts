import { expect, it } from 'vitest';
import { StageError } from '../../../labs/lab-stage.ts';
import { AppError } from '../../app-error.ts';
import { SubstrateError } from '../../sandboxes/substrate.ts';
import { planFailure } from './failure-plan.ts';

const full = new SubstrateError('CapacityExhausted', 'All clusters are full: east 1 of 1.');
const away = new SubstrateError('Unavailable', 'The cluster east: nothing answers.');
const gone = new SubstrateError('UnknownSandbox', 'gone');
const failed = new StageError('PlatformFailed', 'The prober pod does not start.');

it.each([
  [
    'waits for room for as long as it takes, and says so',
    'provision',
    full,
    99,
    true,
    { kind: 'retry', counts: false, waitsFor: 'No cluster has room. It is tried again by itself. (All clusters are full: east 1 of 1.)' },
  ],
  ['waits for the platform', 'provision', away, 99, true, { kind: 'wait', reason: expect.stringContaining('nothing answers') as string }],
  ['waits while nothing is healthy, whatever was said', 'grade', failed, 99, false, { kind: 'wait' }],
  ['tries again', 'provision', failed, 1, true, { kind: 'retry', counts: true }],
  [
    'gives up in words for people',
    'provision',
    failed,
    3,
    true,
    { kind: 'give-up', reason: 'The sandbox could not be made. The prober pod does not start.' },
  ],
  ['calls a sandbox lost that is gone', 'grade', gone, 1, true, { kind: 'lost' }],
  ['never gives a release up', 'release', failed, 99, true, { kind: 'retry', counts: false }],
  ['waits for storage', 'grade', new AppError('StorageFull', 'full'), 99, true, { kind: 'retry', counts: false }],
] as const)('%s', (_, kind, error, tries, isHealthy, plan) => {
  expect(planFailure(kind, error, tries, isHealthy)).toMatchObject(plan);
});
