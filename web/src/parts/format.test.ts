import { describe, expect, it } from 'vitest';
import { countOf, formatAgo, formatBytes, formatCountdown, formatDuration, formatInstant, formatNumber } from './format.ts';

describe('formatDuration', () => {
  it.each([
    [-5, '0.00 s'],
    [40, '0.04 s'],
    [3_160, '3.2 s'],
    [9_949, '9.9 s'],
    [9_951, '10 s'],
    [45_400, '45 s'],
    [59_600, '1 min'],
    [245_000, '4 min 05 s'],
    [3_599_600, '1 h'],
    [7_800_000, '2 h 10 min'],
    [273_600_000, '3 d 4 h'],
  ])('%d ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('formatCountdown', () => {
  it.each([
    [-1, '0:00'],
    [0, '0:00'],
    [1, '0:01'],
    [245_000, '4:05'],
    [3_729_000, '1:02:09'],
  ])('%d ms left is %s', (ms, text) => expect(formatCountdown(ms)).toBe(text));
});

describe('formatAgo', () => {
  it.each([
    [-3_000, 'just now'],
    [9_999, 'just now'],
    [40_000, '40 s ago'],
    [300_000, '5 min ago'],
    [10_800_000, '3 h ago'],
    [172_800_000, '2 d ago'],
  ])('%d ms ago is %s', (ms, text) => expect(formatAgo(ms)).toBe(text));
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [512, '512 B'],
    [1536, '1.50 KiB'],
    [805_306_368, '768 MiB'],
    [1_610_612_736, '1.50 GiB'],
  ])('%d is %s', (bytes, text) => expect(formatBytes(bytes, 'en-GB')).toBe(text));
});

describe('formatInstant', () => {
  it('gives the reader their zone and keeps UTC for the hover', () => {
    expect(formatInstant('2026-11-21T09:30:05.120Z', 'time', 'en-GB', 'Europe/Berlin')).toEqual({
      local: '10:30:05',
      utc: '2026-11-21 09:30:05 UTC',
    });
    expect(formatInstant('2026-11-21T23:30:05Z', 'full', 'en-GB', 'Europe/Berlin').local).toContain('22 Nov 2026');
  });
});

describe('numbers', () => {
  it('separates thousands and counts in words', () => {
    expect(formatNumber(1234567.891, 1, 'en-GB')).toBe('1,234,567.9');
    expect(countOf(1, 'check')).toBe('1 check');
    expect(countOf(1200, 'check', 'checks', 'en-GB')).toBe('1,200 checks');
    expect(countOf(0, 'person', 'people')).toBe('0 people');
  });
});
