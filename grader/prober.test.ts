import { describe, expect, it } from 'vitest';
import { ManualClock } from '../infra/cluster/meta/manual-clock.ts';
import type { LoadOrder } from '../infra/images/prober/load-protocol.ts';
import type { ProbeRequest } from '../infra/images/prober/protocol.ts';
import { PlatformError } from './platform-error.ts';
import type { PodCommand, PodProgram, RunInPod } from './pod-exec.ts';
import type { OpenInPod, PodSessionEvents } from './pod-session.ts';
import { PodProber } from './prober.ts';
import { emptyReport } from './testing/sandbox-fixtures.ts';

const pod = { namespace: 'system', pod: 'prober', container: 'prober' };
const ask = (name: string): ProbeRequest => ({ name, url: `http://${name}.svc/` });

const noRun: RunInPod = () => Promise.reject(new Error('nothing to run'));
const noOpen: OpenInPod = () => Promise.reject(new Error('nothing to open'));

interface Order {
  readonly id: number;
  readonly requests: readonly ProbeRequest[];
}

/** What a prober says to an order, a line or none; the default answers each request with its name. */
type Says = (order: Order, events: PodSessionEvents) => string | undefined;

const results = (names: readonly string[]): unknown[] =>
  names.map((name) => ({ kind: 'unanswered', name, phase: 'connect', code: 'ECONNREFUSED', message: '', totalMs: 1 }));
const report: Says = ({ id, requests }) =>
  JSON.stringify({ id, report: { startedAt: '2026-01-01T00:00:00.000Z', results: results(requests.map(({ name }) => name)) } });

function start(says: Says = report): {
  prober: PodProber;
  clock: ManualClock;
  opened: PodProgram[];
  orders: Order[];
  closed: () => number;
} {
  const opened: PodProgram[] = [];
  const orders: Order[] = [];
  let closed = 0;
  const open: OpenInPod = async (program, events) => {
    opened.push(program);
    return {
      send: (line) => {
        const order = JSON.parse(line) as Order;
        orders.push(order);
        const said = says(order, events);
        if (said !== undefined) queueMicrotask(() => events.onLine(said));
      },
      close: () => void (closed += 1),
    };
  };
  const clock = new ManualClock();
  return { prober: new PodProber(open, noRun, pod, clock), clock, opened, orders, closed: () => closed };
}

describe('PodProber', () => {
  it('asks one program, started when it is first needed, and gives everyone their own results', async () => {
    const { prober, opened } = start();
    const [first, second, none] = await Promise.all([prober.probe([ask('a'), ask('b')]), prober.probe([ask('c')]), prober.probe([])]);
    const third = await prober.probe([ask('d')]);
    expect(opened).toEqual([{ ...pod, command: ['node', '/app/prober.mjs', 'run'] }]);
    expect([first, second, third].map((each) => each.map(({ name }) => name))).toEqual([['a', 'b'], ['c'], ['d']]);
    expect(none).toEqual([]);
  });

  it('tells answers apart whatever their order', async () => {
    const held: (() => void)[] = [];
    const { prober } = start((order, events) => {
      held.unshift(() => events.onLine(report(order, events)!));
      if (held.length === 2) for (const answer of held) answer();
      return undefined;
    });
    const [a, b] = await Promise.all([prober.probe([ask('a')]), prober.probe([ask('b')])]);
    expect([a[0]?.name, b[0]?.name]).toEqual(['a', 'b']);
  });

  it('ends a program that nobody asks any more, and starts another', async () => {
    const { prober, clock, opened, closed } = start();
    await prober.probe([ask('a')]);
    await clock.advance(59_999);
    expect(closed()).toBe(0);
    await clock.advance(1);
    expect(closed()).toBe(1);
    await prober.probe([ask('b')]);
    expect(opened).toHaveLength(2);
  });

  it('says so when the program is lost, and asks a new one the next time', async () => {
    let isFirst = true;
    const { prober, opened } = start((order, events) => {
      if (!isFirst) return report(order, events);
      isFirst = false;
      queueMicrotask(() => events.onEnd('out of memory'));
      return undefined;
    });
    await expect(prober.probe([ask('a')])).rejects.toMatchObject({ code: 'ProberFailed', message: 'The prober was lost: out of memory' });
    expect(await prober.probe([ask('b')])).toHaveLength(1);
    expect(opened).toHaveLength(2);
  });

  it('tries to start it again after a start that failed', async () => {
    let tries = 0;
    const open: OpenInPod = () => Promise.reject(new PlatformError('ExecFailed', `no pod ${(tries += 1)}`));
    const prober = new PodProber(open, noRun, pod, new ManualClock());
    await expect(prober.probe([ask('a')])).rejects.toThrow('no pod 1');
    await expect(prober.probe([ask('a')])).rejects.toThrow('no pod 2');
  });

  it('gives the requests the time they may take, and no more', async () => {
    const { prober, clock, closed } = start(() => undefined);
    const asked = prober.probe(Array.from({ length: 9 }, (_, index) => ({ ...ask(`r${index}`), timeoutMs: 4000 })));
    const outcome = expect(asked).rejects.toMatchObject({ code: 'TimedOut', message: 'The prober did not answer within 18 s.' });
    await clock.advance(10_000 + 2 * 4000);
    await outcome;
    expect(closed()).toBe(1);
  });

  it('leaves the program to others when one of those who ask gives up', async () => {
    const gaveUp = new AbortController();
    const { prober, opened } = start((order, events) => (order.requests[0]?.name === 'a' ? undefined : report(order, events)));
    const asked = prober.probe([ask('a')], gaveUp.signal);
    const outcome = expect(asked).rejects.toThrow('enough');
    await prober.probe([ask('b')]);
    gaveUp.abort(new Error('enough'));
    await outcome;
    await prober.probe([ask('c')]);
    expect(opened).toHaveLength(1);
  });

  it.each<[string, Says, RegExp]>([
    ['says that it could not', ({ id }) => JSON.stringify({ id, error: 'no such thing' }), /could not carry out its order: no such thing/],
    ['says nothing that can be read', () => '', /could not be read/],
    ['says something else', () => '{"results":"fine"}', /could not be read/],
    ['answers too few', ({ id }, events) => report({ id, requests: [] }, events), /answered 0 of 1/],
  ])('throws PlatformError when the prober %s', async (_, says, message) => {
    await expect(start(says).prober.probe([ask('a')])).rejects.toMatchObject({
      name: 'PlatformError',
      code: 'ProberFailed',
      message: expect.stringMatching(message) as string,
    });
  });

  it('refuses an order that is far too large', async () => {
    await expect(start().prober.probe(Array.from({ length: 201 }, () => ask('a')))).rejects.toThrow('too many');
  });
});

describe('PodProber’s traffic', () => {
  const order = {
    seed: 1,
    url: 'http://a.svc',
    model: 'm',
    arrivals: { kind: 'constant', perSecond: 1 },
    durationMs: 5_000,
    classes: [],
  } as unknown as LoadOrder;
  const sending = (outcome: object): { prober: PodProber; commands: PodCommand[] } => {
    const commands: PodCommand[] = [];
    const run: RunInPod = async (command) => {
      commands.push(command);
      return { exitCode: 0, stdout: '', stderr: '', ...outcome };
    };
    return { prober: new PodProber(noOpen, run, pod, new ManualClock()), commands };
  };

  it('is a program of its own, with the time that it may take', async () => {
    const { prober, commands } = sending({
      stdout: `{"kind":"started","planned":1}\n${JSON.stringify({ kind: 'report', report: emptyReport })}\n`,
    });
    expect(await prober.load(order)).toEqual(emptyReport);
    expect(commands).toMatchObject([
      { command: ['node', '/app/prober.mjs', 'load'], stdin: `${JSON.stringify(order)}\n`, timeoutMs: 45_000 },
    ]);
  });

  it.each([
    ['ends with an error', { exitCode: 1, stderr: '2 runs are under way already' }, /ended with 1: 2 runs/],
    ['ends without a report', { stdout: '{"kind":"started","planned":1}\n' }, /could not be read/],
  ])('is our failure when the program %s', async (_, outcome, message) => {
    await expect(sending(outcome).prober.load(order)).rejects.toMatchObject({
      code: 'ProberFailed',
      message: expect.stringMatching(message) as string,
    });
  });
});
