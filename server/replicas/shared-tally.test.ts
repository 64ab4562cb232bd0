import { expect, it } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { FakeNetwork } from '../testing/fake-replicas.ts';
import { aloneReplicas } from './replicas.ts';
import { SharedTally } from './shared-tally.ts';

const tallyOf = (network: FakeNetwork, id: string): SharedTally => new SharedTally(network.join(id).bus, 'pages');

it('counts what all replicas have, also for who comes later, and tells the first and the last only', async () => {
  const network = new FakeNetwork();
  const a = tallyOf(network, 'a');
  const b = tallyOf(network, 'b');
  const news: string[] = [];
  b.subscribe((key) => news.push(`${key} ${b.total(key)}`));
  const first = a.add('ana');
  a.add('bo');
  const second = b.add('ana');
  await eventually('both', () => b.total('ana') === 2 && b.total('bo') === 1);
  const c = tallyOf(network, 'c');
  await eventually('the late one', () => c.total('ana') === 2 && c.keys.length === 2);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  await eventually('one less', () => b.total('ana') === 1);
  second[Symbol.dispose]();
  expect(b.keys).toEqual(['bo']);
  expect(news).toEqual(['ana 1', 'bo 1', 'ana 0']);
});

it('forgets what a dead replica had, and makes good what was missed while one was cut off', async () => {
  const network = new FakeNetwork();
  const a = tallyOf(network, 'a');
  const b = tallyOf(network, 'b');
  const c = tallyOf(network, 'c');
  a.add('ana');
  c.add('cy');
  await eventually('both', () => b.keys.length === 2);
  network.kill('a');
  expect(b.keys).toEqual(['cy']);
  network.cut('c');
  expect(b.keys).toEqual([]);
  c.add('di');
  b.add('bo');
  network.heal('c');
  await eventually('all of it', () => b.keys.join() === 'bo,cy,di' && c.total('bo') === 1 && c.total('ana') === 0);
});

it('alone counts by itself', () => {
  const tally = new SharedTally(aloneReplicas().bus, 'pages');
  const one = tally.add('ana');
  expect(tally.total('ana')).toBe(1);
  one[Symbol.dispose]();
  expect(tally.keys).toEqual([]);
});
