import { expect, it } from 'vitest';
import type { LabSummary } from '../../labs/lab-stage.ts';
import { fakeLab } from '../testing/fake-lab.ts';
import { planFaultChoice, planOffer } from './lab-offer.ts';

const own = { ownCluster: true, chaos: true };
const shared = { ownCluster: false, chaos: false };
const lab = (faults: readonly string[], ownCluster?: string): LabSummary => ({
  ...fakeLab,
  demands: { faults: Object.fromEntries(faults.map((id) => [id, [id]])), ...(ownCluster === undefined ? {} : { ownCluster }) },
});

it.each([
  ['any, where all are carried', lab(['bad-image', 'node-lost']), own, undefined, undefined],
  ['those that are carried', lab(['bad-image', 'node-lost', 'missing-secret']), shared, undefined, ['bad-image', 'missing-secret']],
  ['the one that was asked for', lab(['bad-image', 'node-lost']), shared, 'bad-image', ['bad-image']],
  ['any of a lab that demands nothing', fakeLab, shared, undefined, undefined],
  ['the one that was asked for of such a lab', fakeLab, shared, 'bad-image', ['bad-image']],
])('chooses from %s', (_, summary, ground, wanted, choice) => {
  expect(planFaultChoice(summary, ground, wanted)).toEqual(choice);
});

it.each([
  ['a fault that is not carried', lab(['bad-image', 'node-lost']), 'node-lost', 'The fault node-lost cannot be had here'],
  [
    'a lab that needs a cluster of its own',
    lab(['bad-image'], 'it stands on nodes'),
    undefined,
    'This lab needs a cluster of its own, for it stands on nodes.',
  ],
  ['a lab none of whose faults is carried', lab(['node-lost']), undefined, 'node-lost'],
])('refuses %s, with the reason', (_, summary, wanted, words) => {
  expect(() => planFaultChoice(summary, shared, wanted)).toThrow(words);
});

it('offers only what can be had, and tells staff why the rest cannot', () => {
  const [carried, refused] = [lab(['bad-image']), { ...lab(['bad-image'], 'it stands on nodes'), slug: 'nodes' }];
  expect(planOffer([carried, refused], own)).toEqual({ offered: [carried, refused], withheld: [] });
  const { offered, withheld } = planOffer([carried, refused, fakeLab], shared);
  expect(offered).toEqual([carried, fakeLab]);
  expect(withheld).toMatchObject([{ file: 'nodes/lab.yaml', message: expect.stringContaining('it stands on nodes') as string }]);
});
