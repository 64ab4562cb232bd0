import { describe, expect, it } from 'vitest';
import { cpuLimitMilli, cpuSlowdown } from './cpu-limit.ts';
import { findTimeFault } from './peer-certificate.ts';
import { clockSkewMs } from './wall-clock.ts';

const files =
  (content: Readonly<Record<string, string>>) =>
  (file: string): string | undefined =>
    content[file.replace('/sys/fs/cgroup/', '')];

describe('the CPU limit', () => {
  it.each<[string, Record<string, string>, Record<string, string>, number | undefined]>([
    ['what the runtime says', { DRILLHOUSE_CPU_LIMIT_MILLI: '250' }, { 'cpu.max': '100000 100000' }, 250],
    ['cgroup v2', {}, { 'cpu.max': '20000 100000\n' }, 200],
    ['cgroup v2 without a limit', {}, { 'cpu.max': 'max 100000\n' }, undefined],
    ['cgroup v1', {}, { 'cpu/cpu.cfs_quota_us': '150000\n', 'cpu/cpu.cfs_period_us': '100000\n' }, 1_500],
    ['cgroup v1 without a limit', {}, { 'cpu/cpu.cfs_quota_us': '-1\n', 'cpu/cpu.cfs_period_us': '100000\n' }, undefined],
    ['nothing', {}, {}, undefined],
  ])('%s', (_, env, content, milli) => {
    expect(cpuLimitMilli(env, files(content))).toBe(milli);
  });

  it('slows below one core and speeds nothing up above', () => {
    expect([undefined, 100, 500, 1_000, 4_000].map(cpuSlowdown)).toEqual([1, 10, 2, 1, 1]);
  });
});

describe('a clock that is off', () => {
  it.each([
    ['-400d', -400 * 86_400_000],
    ['+1.5h', 5_400_000],
    ['-90', -90_000],
    ['2026-01-01 00:00:00', 0],
    ['', 0],
  ])('%s', (FAKETIME, skewMs) => expect(clockSkewMs({ FAKETIME })).toBe(skewMs));

  it('sees certificates as not yet valid or as expired', () => {
    const certificate = { valid_from: 'Jun 15 00:00:00 2026 GMT', valid_to: 'Jun 17 00:00:00 2026 GMT' };
    const at = (day: number): string | undefined => findTimeFault(certificate, Date.UTC(2026, 5, day));
    expect([at(14), at(16), at(18)]).toEqual(['certificate is not yet valid', undefined, 'certificate has expired']);
  });
});
