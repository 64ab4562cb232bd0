import { describe, expect, it } from 'vitest';
import type { Recording, ResultCheck } from '../../../server/contract/attempts.ts';
import { dimensionLabel, findInRecordings, orderChecks } from './result-words.ts';

const check = (id: string, verdict: ResultCheck['verdict'], weight: number, critical = false): ResultCheck =>
  ({ id, verdict, weight, critical }) as ResultCheck;

describe('orderChecks', () => {
  it('puts first what must be mended first', () => {
    const checks = [
      check('ok', 'pass', 50),
      check('minor', 'fail', 5),
      check('untold', 'inconclusive', 90),
      check('fatal', 'fail', 1, true),
      check('major', 'fail', 30),
    ];
    expect(orderChecks(checks).map(({ id }) => id)).toEqual(['fatal', 'major', 'minor', 'untold', 'ok']);
  });
});

describe('dimensionLabel', () => {
  it('names what it knows and passes on what it does not', () => {
    expect(dimensionLabel('iac-cicd')).toBe('Infrastructure as code and CI/CD');
    expect(dimensionLabel('juggling')).toBe('juggling');
  });
});

describe('findInRecordings', () => {
  const recording = (id: string, startedAt: string, durationMs: number): Recording => ({
    id,
    terminalTitle: id,
    startedAt,
    durationMs,
    bytes: 1,
  });
  const recordings = [recording('a', '2026-11-21T10:00:00Z', 60_000), recording('b', '2026-11-21T10:00:30Z', 60_000)];

  it.each([
    ['2026-11-21T10:00:10Z', null, { recordingId: 'a', seconds: 10 }],
    ['2026-11-21T10:00:40Z', 'b', { recordingId: 'b', seconds: 10 }],
    ['2026-11-21T10:00:40Z', null, { recordingId: 'a', seconds: 40 }],
    ['2026-11-21T10:01:20Z', 'b', { recordingId: 'b', seconds: 50 }],
    ['2026-11-21T10:01:40Z', 'a', { recordingId: 'a', seconds: 57 }],
    ['2026-11-21T09:59:59Z', null, null],
    ['2026-11-21T10:03:31Z', 'b', null],
  ] as const)('%s, looking at %s', (at, preferred, expected) => expect(findInRecordings(recordings, at, preferred)).toEqual(expected));
});
