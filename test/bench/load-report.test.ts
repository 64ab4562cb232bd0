import { describe, expect, it } from 'vitest';
import { readArguments } from './load-command.ts';
import { formatLoad, summariseActions, summariseUsage, type Resource } from './load-report.ts';
import type { UsageSample } from './load-usage.ts';

const GB = 1e9;

/** One a second; each second the thread, the machine's two processors and its memory are used as far as told, from 0 to 1. */
function usageOf(seconds: readonly (readonly [thread: number, processors: number, memory: number])[]): UsageSample[] {
  let [thread, machine] = [100, 1000];
  const sample = (atMs: number, memory: number): UsageSample => ({
    atMs,
    serverCpuSeconds: thread * 1.5,
    // The other server does nothing: the busier one counts.
    serverThreadSeconds: [100, thread],
    partCpuSeconds: { Redis: thread / 10 },
    serverMemoryBytes: GB / 10,
    machineCpuSeconds: machine,
    machineMemoryBytes: memory * 20 * GB,
    machineMemoryTotalBytes: 20 * GB,
    cores: 2,
  });
  const first = sample(5_000, 0.1);
  return [
    first,
    ...seconds.map(([threadShare, processors, memory], index) => {
      thread += threadShare;
      machine += processors * 2;
      return sample(6_000 + index * 1_000, memory);
    }),
  ];
}

const repeat = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('what a load is reported as', () => {
  it('counts what failed apart, and times only what went well', () => {
    const rows = summariseActions([
      { action: 'sign in', tookMs: 10 },
      { action: 'sign in', tookMs: 30 },
      { action: 'sign in', tookMs: 9_000, failure: 'POST /api/session: 500' },
    ]);
    expect(rows[0]).toEqual({ action: 'sign in', count: 3, failures: 1, p50Ms: 10, p95Ms: 30, p99Ms: 30 });
    expect(rows.find(({ action }) => action === 'verdict')).toMatchObject({ count: 0, p50Ms: Number.NaN });
  });

  it('divides what was spent by the trainees', () => {
    const usage = summariseUsage(usageOf(repeat(20, [0.2, 0.5, 0.3])), 4);
    expect(usage).toMatchObject({ trainees: 4, tookSeconds: 20, serverMemoryBytesEach: 0, saturated: undefined });
    expect(usage.serverCpuSecondsEach).toBeCloseTo(1.5);
    expect(usage.machineCpuSecondsEach).toBeCloseTo(5);
    expect(usage.partCpuSecondsEach['Redis']).toBeCloseTo(0.1);
    expect(usage.machineMemoryBytesEach).toBeCloseTo(GB);
  });

  it.each<[string, UsageSample[], Resource | undefined, number]>([
    [
      'the thread, before the processors',
      usageOf([...repeat(5, [0.2, 0.2, 0.2] as const), ...repeat(20, [1, 0.95, 0.2] as const)]),
      'a server’s thread',
      14,
    ],
    ['memory', usageOf([...repeat(12, [0.1, 0.1, 0.5] as const), ...repeat(3, [0.1, 0.1, 0.97] as const)]), 'the machine’s memory', 13],
    [
      'nothing by a burst that a queue takes',
      usageOf([...repeat(12, [0.1, 0.1, 0.1] as const), [1, 1, 0.1], ...repeat(8, [0.1, 0.1, 0.1] as const)]),
      undefined,
      0,
    ],
    ['the processors in a run shorter than the window', usageOf(repeat(3, [0.1, 1, 0.1])), 'the machine’s processors', 3],
  ])('names what saturates first: %s', (_name, samples, resource, afterSeconds) => {
    expect(summariseUsage(samples, 1).saturated).toEqual(resource === undefined ? undefined : { resource, afterSeconds });
  });

  it('tells all of it in a table', () => {
    const text = formatLoad(
      summariseActions([{ action: 'verdict', tookMs: 11_000 }]),
      summariseUsage(usageOf(repeat(12, [0.95, 0.5, 0.2])), 1),
    );
    expect(text).toMatch(/^verdict +11\.0 s +11\.0 s +11\.0 s +1 +0$/m);
    expect(text).toMatch(/^sign in +- +- +- +0 +0$/m);
    expect(text).toContain('What saturates first: a server’s thread, after 10 s.');
  });
});

describe('what the bench is asked for', () => {
  it('is three trainees, one second apart, unless told otherwise', () => {
    expect(readArguments([])).toMatchObject({
      trainees: 3,
      rampSeconds: 3,
      ground: { substrate: 'embedded', runtime: 'process', database: 'sqlite' },
    });
    expect(readArguments(['--trainees', '50', '--ramp', '10', '--database', 'postgres'])).toMatchObject({ trainees: 50, rampSeconds: 10 });
    expect(readArguments(['--servers', '2'])).toMatchObject({ ground: { substrate: 'kubernetes', servers: 2 } });
    expect(readArguments(['--substrate', 'kubernetes'])).toMatchObject({ ground: { substrate: 'kubernetes', servers: 1 } });
  });

  it.each([
    [['--trainees', 'many'], /--trainees is a whole number/],
    [['--trainees', '0'], /--trainees is a whole number/],
    [['--servers', '0'], /--servers is a whole number/],
    [['--servers', '2', '--substrate', 'embedded'], /embedded sandboxes are within one server's reach/],
    [['--servers', '2', '--database', 'sqlite'], /several servers share PostgreSQL/],
    [['--servers', '2', '--runtime', 'docker'], /--runtime is for embedded sandboxes/],
    [['--runtime', 'vm'], /process or docker/],
    [['--trainee', '3'], /Unknown option/],
  ])('%j is refused with the reason', (args, words) => {
    expect(readArguments(args)).toMatch(words);
  });
});
