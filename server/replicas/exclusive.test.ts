import { expect, it } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { FakeNetwork } from '../testing/fake-replicas.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Exclusive } from './exclusive.ts';
import { aloneReplicas } from './replicas.ts';

interface Step {
  readonly done: Promise<string>;
  readonly finish: () => void;
}

function setUp() {
  const network = new FakeNetwork();
  const clock = new ManualClock();
  const [a, b] = ['a', 'b'].map((id) => new Exclusive({ leases: network.join(id).leases, clock })) as [Exclusive, Exclusive];
  const begun: string[] = [];
  const begin = (where: Exclusive, name: string, word: string): Step => {
    let finish: () => void = () => undefined;
    const until = new Promise<void>((resolve) => (finish = resolve));
    const done = where.run(name, async () => {
      begun.push(word);
      await until;
      return word;
    });
    return { done, finish: () => finish() };
  };
  return { network, clock, a, b, begun, begin };
}

it('does work of one name one after the other, in one server and over servers, and other names beside it', async () => {
  const { a, b, begun, begin } = setUp();
  const first = begin(a, 'x', 'first');
  await eventually('the first', () => begun.length === 1);
  const [second, third, other] = [begin(a, 'x', 'second'), begin(b, 'x', 'third'), begin(b, 'y', 'other')];
  await eventually('the other', () => begun.includes('other'));
  expect(begun).toEqual(['first', 'other']);
  for (const step of [first, second, third, other]) step.finish();
  expect(await Promise.all([first, second, third, other].map(({ done }) => done))).toEqual(['first', 'second', 'third', 'other']);
  expect(new Set(begun.slice(2))).toEqual(new Set(['second', 'third']));
});

it('goes on after work that failed, and after a server that died in the middle', async () => {
  const { network, a, b, begun, begin } = setUp();
  await expect(a.run('x', async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  void begin(a, 'x', 'never finished').done;
  await eventually('its begin', () => begun.length === 1);
  const next = begin(b, 'x', 'next');
  next.finish();
  network.kill('a');
  expect(await next.done).toBe('next');
});

it('gives up with a word when the other does not let go, without having begun', async () => {
  const { clock, a, b, begun, begin } = setUp();
  const stuck = begin(a, 'x', 'stuck');
  await eventually('its begin', () => begun.length === 1);
  const refused = begin(b, 'x', 'refused').done.catch((error: unknown) => error);
  let over = false;
  void refused.then(() => (over = true));
  await eventually('the end of its patience', () => {
    clock.advance(1_000);
    return over;
  });
  expect(await refused).toMatchObject({ code: 'Unavailable', remedy: 'Nothing was changed. Try again in a moment.' });
  expect(begun).toEqual(['stuck']);
  stuck.finish();
});

it('is a turn in one server where that is alone', async () => {
  const alone = new Exclusive({ leases: aloneReplicas().leases, clock: new ManualClock() });
  const order: number[] = [];
  await Promise.all([1, 2, 3].map((each) => alone.run('x', async () => Promise.resolve(order.push(each)))));
  expect(order).toEqual([1, 2, 3]);
});
