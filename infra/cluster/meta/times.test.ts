import { describe, expect, it } from 'vitest';
import { canonicalDuration, canonicalMicroTime, canonicalTime, humanDuration, microTimeText, parseDurationMs, timeText } from './times.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

describe('humanDuration', () => {
  it.each([
    [-5 * second, '<invalid>'],
    [-1 * second, '0s'],
    [0, '0s'],
    [16.9 * second, '16s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [2 * minute + 5 * second, '2m5s'],
    [9 * minute + 59 * second, '9m59s'],
    [10 * minute + 5 * second, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [3 * hour + 20 * minute, '3h20m'],
    [8 * hour + 20 * minute, '8h'],
    [47 * hour, '47h'],
    [2 * day, '2d'],
    [2 * day + 3 * hour, '2d3h'],
    [8 * day + 3 * hour, '8d'],
    [500 * day, '500d'],
    [2 * 365 * day, '2y'],
    [(2 * 365 + 10) * day, '2y10d'],
    [9 * 365 * day + 20 * day, '9y'],
  ])('%d ms is %s', (ms, text) => {
    expect(humanDuration(ms)).toBe(text);
  });
});

describe('times', () => {
  it('come back in UTC and whole seconds', () => {
    expect(canonicalTime('2026-11-21T05:00:12.9+02:00')).toBe('2026-11-21T03:00:12Z');
    expect(canonicalTime('')).toBeNull();
    expect(canonicalMicroTime('2026-11-21T03:00:03.0456017Z')).toBe('2026-11-21T03:00:03.045601Z');
    expect(timeText(Date.UTC(2026, 10, 21, 3, 0, 12, 345))).toBe('2026-11-21T03:00:12Z');
    expect(microTimeText(Date.UTC(2026, 10, 21, 3, 0, 12, 345))).toBe('2026-11-21T03:00:12.345000Z');
  });

  it.each([
    ['abc', 'parsing time "abc" as "2006-01-02T15:04:05Z07:00": cannot parse "abc" as "2006"'],
    ['2026-11-21', 'parsing time "2026-11-21" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'],
    ['2026-13-01T00:00:00Z', 'parsing time "2026-13-01T00:00:00Z": month out of range'],
  ])('%s is refused as Go does', (text, message) => {
    expect(() => canonicalTime(text)).toThrow(message);
  });
});

describe('durations', () => {
  it.each([
    ['90s', '1m30s', 90_000],
    ['1h', '1h0m0s', 3_600_000],
    ['1.5s', '1.5s', 1500],
    ['250ms', '250ms', 250],
    ['0', '0s', 0],
    ['-1m', '-1m0s', -60_000],
  ])('%s is %s', (text, canonical, ms) => {
    expect(canonicalDuration(text)).toBe(canonical);
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each([
    ['', 'time: invalid duration ""'],
    ['10', 'time: missing unit in duration "10"'],
    ['1x', 'time: unknown unit "x" in duration "1x"'],
  ])('%j is refused', (text, message) => {
    expect(() => parseDurationMs(text)).toThrow(message);
  });
});
