import { describe, expect, it } from 'vitest';
import { FASTEST_POLL_MS, planMemoryPoll, planPidLimit, SLOWEST_POLL_MS } from './limits.ts';
import { ProcessTable, parseStat, readProcess, type ProcessEntry } from './process-table.ts';

const MiB = 1 << 20;
const old = 60_000;

describe('how often memory is looked at', () => {
  it.each([
    ['a young container', { usedBytes: MiB, limitBytes: 1000 * MiB, ageMs: 100, quietMs: 100 }, FASTEST_POLL_MS],
    ['an old one with much headroom', { usedBytes: MiB, limitBytes: 1000 * MiB, ageMs: old, quietMs: 0 }, SLOWEST_POLL_MS],
    ['an old one near its limit', { usedBytes: 990 * MiB, limitBytes: 1000 * MiB, ageMs: old, quietMs: 0 }, FASTEST_POLL_MS],
    ['one over its limit', { usedBytes: 1100 * MiB, limitBytes: 1000 * MiB, ageMs: old, quietMs: 0 }, FASTEST_POLL_MS],
    [
      'one that grows by 1 MiB/ms with 100 MiB to go',
      { usedBytes: 900 * MiB, limitBytes: 1000 * MiB, ageMs: old, quietMs: 0, previous: { usedBytes: 800 * MiB, agoMs: 100 } },
      50,
    ],
    [
      'one that grows slowly and nears its limit',
      { usedBytes: 950 * MiB, limitBytes: 1000 * MiB, ageMs: old, quietMs: 0, previous: { usedBytes: 949 * MiB, agoMs: 100 } },
      SLOWEST_POLL_MS,
    ],
    ['one at rest, however near its limit', { usedBytes: 990 * MiB, limitBytes: 1000 * MiB, ageMs: old, quietMs: 5_000 }, SLOWEST_POLL_MS],
  ])('%s', (_, sample, delayMs) => expect(planMemoryPoll(sample)).toBe(delayMs));
});

describe('too many processes', () => {
  const entry = (pid: number, startTicks: number): ProcessEntry => ({ pid, parentPid: 1, session: 1, startTicks, cpuTicks: 0 });

  it('ends the youngest, never the first', () => {
    const processes = [entry(10, 900), entry(11, 100), entry(12, 300), entry(13, 200)];
    expect(planPidLimit(processes, 2, 10)).toEqual([12, 13]);
    expect(planPidLimit(processes, 4, 10)).toEqual([]);
  });
});

describe('the process table', () => {
  it('reads names that try to deceive', () => {
    const text = '7 (a) R 1 (x) S 3 7 6 0 -1 4194560 1 0 0 0 4 5 6 7 20 0 1 0 4242 1000 2 18446744073709551615';
    expect(parseStat(7, text)).toEqual({ pid: 7, parentPid: 3, session: 6, startTicks: 4242, cpuTicks: 22 });
  });

  it('leaves the dead out', () => {
    expect(parseStat(7, '7 (a) Z 3 7 6 0 -1 4194560 1 0 0 0 4 5 6 7 20 0 1 0 4242 1000 2 184')).toBeUndefined();
  });

  it('knows this very process', () => expect(readProcess(process.pid)?.parentPid).toBe(process.ppid));

  it('finds descendants through generations', () => {
    const table = new Map(
      [
        [1, 0],
        [2, 1],
        [3, 2],
        [4, 3],
        [9, 1],
      ].map(([pid = 0, parentPid = 0]) => [pid, { pid, parentPid, session: 1, startTicks: 0, cpuTicks: 0 }]),
    );
    expect(new ProcessTable(table).descendants([2]).map(({ pid }) => pid)).toEqual([2, 3, 4]);
  });
});
