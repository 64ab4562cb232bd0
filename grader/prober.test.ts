import { describe, expect, it } from 'vitest';
import type { CommandOutcome, PodCommand } from './pod-exec.ts';
import { PodProber } from './prober.ts';
import type { ProbeRequest } from '../infra/images/prober/protocol.ts';

const pod = { namespace: 'system', pod: 'prober', container: 'prober' };
const ask = (name: string): ProbeRequest => ({ name, url: `http://${name}.svc/` });

/** A prober that answers each request with its name, or whatever `outcome` makes of the order. */
function prober(outcome: (names: readonly string[]) => Partial<CommandOutcome>): { prober: PodProber; orders: PodCommand[] } {
  const orders: PodCommand[] = [];
  const run = async (command: PodCommand): Promise<CommandOutcome> => {
    orders.push(command);
    const { requests } = JSON.parse(command.stdin ?? '') as { requests: ProbeRequest[] };
    return { exitCode: 0, stdout: '', stderr: '', ...outcome(requests.map(({ name }) => name)) };
  };
  return { prober: new PodProber(run, pod), orders };
}

const report = (names: readonly string[]): Partial<CommandOutcome> => ({
  stdout: JSON.stringify({
    startedAt: '2026-01-01T00:00:00.000Z',
    results: names.map((name) => ({ kind: 'unanswered', name, phase: 'connect', code: 'ECONNREFUSED', message: '', totalMs: 1 })),
  }),
});

describe('PodProber', () => {
  it('sends what is asked for at the same time as one order, and gives everyone their own results', async () => {
    const { prober: probes, orders } = prober(report);
    const [first, second, none] = await Promise.all([probes.probe([ask('a'), ask('b')]), probes.probe([ask('c')]), probes.probe([])]);
    expect(orders).toHaveLength(1);
    expect(orders[0]).toMatchObject({ ...pod, command: ['node', '/app/prober.mjs', 'run'] });
    expect(first.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(second.map(({ name }) => name)).toEqual(['c']);
    expect(none).toEqual([]);
  });

  it('begins a new order for what is asked for later', async () => {
    const { prober: probes, orders } = prober(report);
    await probes.probe([ask('a')]);
    await probes.probe([ask('b')]);
    expect(orders).toHaveLength(2);
  });

  it.each<[string, (names: readonly string[]) => Partial<CommandOutcome>, RegExp]>([
    ['ends with an error', () => ({ exitCode: 1, stderr: 'out of memory' }), /ended with 1: out of memory/],
    ['says nothing', () => ({ stdout: '' }), /could not be read/],
    ['says something else', () => ({ stdout: '{"results":"fine"}' }), /could not be read/],
    ['answers too few', () => report([]), /answered 0 of 1/],
  ])('throws PlatformError when the prober %s', async (_, outcome, message) => {
    await expect(prober(outcome).prober.probe([ask('a')])).rejects.toMatchObject({
      name: 'PlatformError',
      code: 'ProberFailed',
      message: expect.stringMatching(message) as string,
    });
  });

  it('gives the requests the time they may take', async () => {
    const { prober: probes, orders } = prober(report);
    await probes.probe(Array.from({ length: 9 }, (_, index) => ({ ...ask(`r${index}`), timeoutMs: 4000 })));
    expect(orders[0]?.timeoutMs).toBe(10_000 + 2 * 4000);
  });

  it('refuses an order that is far too large', async () => {
    await expect(prober(report).prober.probe(Array.from({ length: 201 }, () => ask('a')))).rejects.toThrow('too many');
  });
});
