import { describe, expect, it } from 'vitest';
import type { Track } from '../contract/labs.ts';
import type { ReadinessAnswers, ReadinessDimension } from '../contract/readiness.ts';
import { questionnaire, type ScoredQuestion } from './readiness-questions.ts';
import { findOpen, isAnswer, placeByAnswers } from './readiness-scoring.ts';

const best = ({ kind, options }: ScoredQuestion): string[] =>
  kind === 'several'
    ? options.filter(({ points = 0 }) => points > 0).map(({ id }) => id)
    : options
        .toSorted((a, b) => (b.points ?? 0) - (a.points ?? 0))
        .slice(0, 1)
        .map(({ id }) => id);
const worst = ({ options }: ScoredQuestion): string[] =>
  options
    .toSorted((a, b) => (a.points ?? 0) - (b.points ?? 0))
    .slice(0, 1)
    .map(({ id }) => id);

/** Answers of somebody who is good at some things and would like one track. */
function answersOf(goodAt: readonly ReadinessDimension[], likes: Track): ReadinessAnswers {
  return Object.fromEntries(
    questionnaire.questions.map((question) => [
      question.id,
      question.dimension === 'appetite'
        ? question.options.filter(({ leans }) => leans === likes).map(({ id }) => id)
        : goodAt.includes(question.dimension)
          ? best(question)
          : worst(question),
    ]),
  );
}

describe('the questions', () => {
  it('have ids of their own, four to a dimension, and options of their own', () => {
    expect(new Set(questionnaire.questions.map(({ id }) => id)).size).toBe(questionnaire.questions.length);
    for (const dimension of ['linux', 'cloud', 'scripting', 'incident', 'appetite'])
      expect(questionnaire.questions.filter((question) => question.dimension === dimension)).toHaveLength(4);
    for (const { options } of questionnaire.questions) expect(new Set(options.map(({ id }) => id)).size).toBe(options.length);
  });

  it.each(questionnaire.questions.filter(({ dimension }) => dimension !== 'appetite'))(
    '$id has something right and something wrong, and one best answer where one is asked for',
    ({ kind, options }) => {
      const points = options.map(({ points: worth = 0 }) => worth);
      const most = Math.max(...points);
      expect(most).toBeGreaterThan(0);
      expect(Math.min(...points)).toBeLessThanOrEqual(0);
      if (kind === 'one') expect(points.filter((worth) => worth === most)).toHaveLength(1);
      else expect(points.some((worth) => worth < 0)).toBe(true);
      expect(options.every(({ leans }) => leans === undefined)).toBe(true);
    },
  );

  it.each(questionnaire.questions.filter(({ dimension }) => dimension === 'appetite'))('$id speaks for each track once', ({ options }) => {
    expect(options.map(({ leans }) => leans).toSorted()).toEqual(['administrator', 'platform-engineer', 'technical-lead']);
  });

  it('cannot be passed by choosing the same place each time', () => {
    for (const place of [0, 1, 2, 3]) {
      const answers = Object.fromEntries(
        questionnaire.questions.map(({ id, options }) => [id, [options[Math.min(place, options.length - 1)]!.id]]),
      );
      for (const { percent } of placeByAnswers(questionnaire, answers).scores) expect(percent).toBeLessThan(75);
    }
  });

  it('cannot be passed by ticking everything', () => {
    const answers = Object.fromEntries(
      questionnaire.questions.map((question) => [
        question.id,
        question.kind === 'several' ? question.options.map(({ id }) => id) : best(question),
      ]),
    );
    const all = placeByAnswers(questionnaire, answers).scores;
    const right = placeByAnswers(questionnaire, answersOf(['linux', 'cloud', 'scripting', 'incident'], 'administrator')).scores;
    for (const [index, { percent }] of all.entries()) expect(percent).toBeLessThan(right[index]!.percent);
  });
});

describe('placing', () => {
  it.each<[string, ReadinessDimension[], Track, Track]>([
    ['good at everything and likes to run things', ['linux', 'cloud', 'scripting', 'incident'], 'administrator', 'administrator'],
    ['good at everything and likes to build', ['linux', 'cloud', 'scripting', 'incident'], 'platform-engineer', 'platform-engineer'],
    ['good at everything and likes to decide', ['linux', 'cloud', 'scripting', 'incident'], 'technical-lead', 'technical-lead'],
    ['likes to build and cannot script', ['linux', 'cloud', 'incident'], 'platform-engineer', 'administrator'],
    ['likes to build and knows no Kubernetes', ['linux', 'scripting', 'incident'], 'platform-engineer', 'administrator'],
    ['likes to decide and has led no incident', ['linux', 'cloud', 'scripting'], 'technical-lead', 'administrator'],
    ['likes to decide and knows incidents and clouds', ['cloud', 'incident'], 'technical-lead', 'technical-lead'],
    ['knows nothing yet', [], 'technical-lead', 'administrator'],
  ])('%s', (_, goodAt, likes, track) => {
    expect(placeByAnswers(questionnaire, answersOf(goodAt, likes)).track).toBe(track);
  });

  it('says why, and what the wished track still asks for', () => {
    const placed = placeByAnswers(questionnaire, answersOf(['linux', 'cloud', 'incident'], 'platform-engineer'));
    expect(placed.reasons).toEqual([
      '0 of your 4 answers about what you like lean to the track “System administrators”.',
      'You lean more to “Platform engineers”, which asks for 50% in scripting; yours is at 0%.',
    ]);
    expect(placed.scores).toContainEqual({ dimension: 'linux', percent: 100 });
    const met = placeByAnswers(questionnaire, answersOf(['cloud', 'scripting'], 'platform-engineer'));
    expect(met.reasons.slice(1)).toEqual([
      'Scripting is at 100%, and this track asks for 50%.',
      'Cloud and Kubernetes is at 100%, and this track asks for 50%.',
    ]);
  });

  it('gives the same place to the same answers, and counts no question twice', () => {
    const answers = answersOf(['linux'], 'administrator');
    expect(placeByAnswers(questionnaire, answers)).toEqual(placeByAnswers(questionnaire, { ...answers, stranger: ['x'] }));
  });
});

describe('an answer', () => {
  const [one, , several] = questionnaire.questions;
  it.each([
    [one!, ['inodes'], true],
    [one!, [], true],
    [one!, ['inodes', 'cache'], false],
    [one!, ['stranger'], false],
    [several!, ['loopback', 'reject'], true],
    [several!, ['loopback', 'loopback'], false],
  ])('to $id: %j is %s', (question, chosen, expected) => {
    expect(isAnswer(question, chosen)).toBe(expected);
  });

  it('that is empty leaves its question open', () => {
    const answers = { ...answersOf([], 'administrator'), killed: [] };
    expect(findOpen(questionnaire, answers).map(({ id }) => id)).toEqual(['killed']);
  });
});
