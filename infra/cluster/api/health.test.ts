import { describe, expect, it } from 'vitest';
import { answerHealth } from './health.ts';

const checks = { ping: () => true, sync: () => false };
const well = { ping: () => true, sync: () => true };
const ask = (given: typeof checks, only?: string, query = ''): unknown => answerHealth('readyz', given, only, new URLSearchParams(query));

describe('answerHealth', () => {
  it.each([
    ['all is well', well, undefined, '', { code: 200, text: 'ok' }],
    ['the lines are asked for', well, undefined, 'verbose', { code: 200, text: '[+]ping ok\n[+]sync ok\nreadyz check passed\n' }],
    ['something is not', checks, undefined, '', { code: 500, text: '[+]ping ok\n[-]sync failed: reason withheld\nreadyz check failed\n' }],
    ['what is not is left out', checks, undefined, 'exclude=sync', { code: 200, text: 'ok' }],
    [
      'what is left out is shown',
      checks,
      undefined,
      'exclude=sync&verbose=true',
      { code: 200, text: '[+]ping ok\n[+]sync excluded: ok\nreadyz check passed\n' },
    ],
    ['one is asked', checks, 'ping', '', { code: 200, text: 'ok' }],
    ['one that is not well is asked', checks, 'sync', '', { code: 500, text: '[-]sync failed: reason withheld\nreadyz check failed\n' }],
    ['one that is not there is asked', checks, 'nothing', '', { code: 404, text: '404 page not found\n' }],
  ])('says so where %s', (_when, given, only, query, answer) => {
    expect(ask(given, only, query)).toEqual(answer);
  });
});
