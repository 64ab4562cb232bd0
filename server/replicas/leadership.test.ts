import { expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { eventually } from '../testing/eventually.ts';
import { FakeNetwork } from '../testing/fake-replicas.ts';
import { Leadership } from './leadership.ts';
import { aloneReplicas } from './replicas.ts';

/** What is under way: the names of those that do the work now. */
async function begin(network: FakeNetwork, id: string, working: Set<string>): Promise<Leadership> {
  const leadership = await Leadership.start(network.join(id).leases, systemClock);
  leadership.whileLeader(() => {
    working.add(id);
    return { [Symbol.dispose]: () => void working.delete(id) };
  });
  return leadership;
}

it('is one server’s at a time, and another’s when that one stops, dies or is cut off', async () => {
  const network = new FakeNetwork();
  const working = new Set<string>();
  const a = await begin(network, 'a', working);
  const b = await begin(network, 'b', working);
  expect([a.leads, b.leads, ...working]).toEqual([true, false, 'a']);
  await a[Symbol.asyncDispose]();
  await eventually('b to lead', () => b.leads);
  expect([...working]).toEqual(['b']);
  const c = await begin(network, 'c', working);
  network.cut('b');
  await eventually('c to lead', () => c.leads);
  expect([b.leads, ...working]).toEqual([false, 'c']);
});

it('begins work that comes later, and ends it when it is taken back', async () => {
  const leadership = await Leadership.start(aloneReplicas().leases, systemClock);
  let working = 0;
  const work = leadership.whileLeader(() => {
    working += 1;
    return { [Symbol.dispose]: () => void (working -= 1) };
  });
  expect([leadership.leads, working]).toEqual([true, 1]);
  work[Symbol.dispose]();
  expect(working).toBe(0);
});
