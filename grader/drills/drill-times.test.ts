import { describe, expect, it } from 'vitest';
import type { EngineSample } from '../incidents/status-update.ts';
import { joinRatings, meanScore } from './drill-ratings.ts';
import { scoreTimes, type DrillCourse, type DrillSign } from './drill-times.ts';

const MINUTE_MS = 60_000;
const at = (minute: number): number => Date.UTC(2026, 10, 21, 9) + minute * MINUTE_MS;
const sign = (kind: DrillSign['kind'], minute: number, confirmed = false): DrillSign => ({ kind, atMs: at(minute), confirmed });
const well = (minute: number): EngineSample => ({ atMs: at(minute), failing: [] });
const bad = (minute: number): EngineSample => ({ atMs: at(minute), failing: ['Answers'] });

const course: DrillCourse = {
  clock: { startedAtMs: at(0), untilMs: at(40), isOver: true, pauses: [] },
  signs: [sign('acknowledged', 2), sign('supposed', 5), sign('supposed', 9, true), sign('verified', 25)],
  samples: [well(-1), bad(1), bad(19), well(20), well(30)],
  quiet: false,
};

/** Minutes by name, and `-` for what did not come. */
function minutes(changes: Partial<DrillCourse> = {}): string {
  return scoreTimes({ ...course, ...changes })
    .map(({ id, ms }) => `${id} ${ms === null ? '-' : ms / MINUTE_MS}`)
    .join(', ');
}

describe('the four times', () => {
  it('are counted from the start of the incident', () => {
    expect(minutes()).toBe('detect 2, diagnose 9, mitigate 20, verify 25');
  });

  it.each<[string, Partial<DrillCourse>, string]>([
    ['nobody does anything', { signs: [], samples: [bad(1), bad(39)] }, 'detect -, diagnose -, mitigate -, verify -'],
    ['a word to people outside shows that it was noticed', { signs: [sign('told', 4)] }, 'detect 4, diagnose -, mitigate 20, verify -'],
    [
      'signs from before the start say nothing',
      { signs: [sign('acknowledged', -2), sign('declared', 3)] },
      'detect 3, diagnose -, mitigate 20, verify -',
    ],
    [
      'it fails again',
      { samples: [bad(1), well(8), bad(9), well(33)], signs: [sign('verified', 8.5), sign('verified', 34)] },
      'detect -, diagnose -, mitigate 33, verify 34',
    ],
    ['it is called verified while it fails', { signs: [sign('verified', 15)] }, 'detect -, diagnose -, mitigate 20, verify -'],
    ['the service never failed', { samples: [well(1)] }, 'detect 2, diagnose 9, mitigate -, verify -'],
    ['nothing was wrong', { quiet: true, samples: [] }, 'detect 2, diagnose 9, mitigate -, verify 25'],
    ['it never began', { clock: null }, 'detect -, diagnose -, mitigate -, verify -'],
  ])('when %s', (_, changes, expected) => {
    expect(minutes(changes)).toBe(expected);
  });

  it('leave pauses out', () => {
    const pauses = [{ fromMs: at(3), toMs: at(7) }];
    expect(minutes({ clock: { startedAtMs: at(0), untilMs: at(40), isOver: true, pauses } })).toBe(
      'detect 2, diagnose 5, mitigate 16, verify 21',
    );
  });

  it('say in words why one is missing', () => {
    const words = scoreTimes({ ...course, signs: [sign('verified', 15)], samples: [bad(1), bad(30)] }).map((finding) => finding.words);
    expect(words).toEqual([
      'Nobody acknowledged it, declared it or told anybody.',
      'No hypothesis was confirmed.',
      'The service failed until the end.',
      'It was said to be verified while the service still failed.',
    ]);
  });
});

describe('ratings', () => {
  it('of several evaluators meet in the middle, of two at the worse', () => {
    expect(joinRatings([])).toBeUndefined();
    expect(joinRatings(['performed'])).toBe('performed');
    expect(joinRatings(['performed', 'major-challenges'])).toBe('major-challenges');
    expect(joinRatings(['performed', 'unable', 'some-challenges'])).toBe('some-challenges');
  });

  it('have a mean with one decimal', () => {
    expect(meanScore([])).toBeUndefined();
    expect(meanScore([3, 2, 2])).toBe(2.3);
  });
});
