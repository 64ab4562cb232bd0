import type { Track } from '../contract/labs.ts';
import { TRACK_LABELS } from '../contract/program.ts';
import { DIMENSION_LABELS, type Placement, type ReadinessAnswers, type ReadinessDimension } from '../contract/readiness.ts';
import type { ScoredQuestion, Questionnaire } from './readiness-questions.ts';

/** What a track asks for, in percent. The first is open to everybody; a later one asks for more. */
const ASKED: readonly { readonly track: Track; readonly percent: Readonly<Partial<Record<ReadinessDimension, number>>> }[] = [
  { track: 'administrator', percent: {} },
  { track: 'platform-engineer', percent: { scripting: 50, cloud: 50 } },
  { track: 'technical-lead', percent: { incident: 60, cloud: 50 } },
];

export type Scores = Placement['scores'];
export type PlacedByCheck = Pick<Placement, 'track' | 'reasons' | 'scores'>;

/** Questions that have no answer yet, in their order. */
export function findOpen({ questions }: Questionnaire, answers: ReadinessAnswers): readonly ScoredQuestion[] {
  return questions.filter(({ id }) => (answers[id] ?? []).length === 0);
}

/** Whether these options can be an answer: of the question, each once, and one only where one is asked for. */
export function isAnswer({ kind, options }: ScoredQuestion, chosen: readonly string[]): boolean {
  const known = new Set(options.map(({ id }) => id));
  return chosen.every((id) => known.has(id)) && new Set(chosen).size === chosen.length && (kind === 'several' || chosen.length <= 1);
}

/**
 * Places somebody who has answered everything: of the tracks whose demands are met the one that the answers lean to, and the one that
 * asks for less when they lean to several alike. Says why, and what a track that was wished for still asks for. Pure.
 */
export function placeByAnswers(questionnaire: Questionnaire, answers: ReadinessAnswers): PlacedByCheck {
  const scores = scoresOf(questionnaire, answers);
  const percentOf = (dimension: ReadinessDimension): number => scores.find((score) => score.dimension === dimension)?.percent ?? 0;
  const leanings = leaningsOf(questionnaire, answers);
  const tracks = ASKED.map(({ track, percent }) => {
    const demands = Object.entries(percent).map(([dimension, least]) => ({ dimension: dimension as ReadinessDimension, least }));
    const missing = demands.filter(({ dimension, least }) => percentOf(dimension) < least);
    return { track, demands, missing, leans: leanings.get(track) ?? 0 };
  });
  // Sorting is stable, so of equals the one that asks for less stays first.
  const [chosen] = tracks.filter(({ missing }) => missing.length === 0).toSorted((a, b) => b.leans - a.leans);
  const [wished] = tracks.toSorted((a, b) => b.leans - a.leans);
  if (chosen === undefined || wished === undefined) throw new Error('One track must be open to everybody.');
  const asked = [...leanings.values()].reduce((sum, count) => sum + count, 0);
  const reasons = [
    `${chosen.leans} of your ${asked} answers about what you like lean to the track ${quoted(chosen.track)}.`,
    ...chosen.demands.map(
      ({ dimension, least }) => `${DIMENSION_LABELS[dimension]} is at ${percentOf(dimension)}%, and this track asks for ${least}%.`,
    ),
    ...(wished.leans > chosen.leans
      ? wished.missing.map(
          ({ dimension, least }) =>
            `You lean more to ${quoted(wished.track)}, which asks for ${least}% in ${DIMENSION_LABELS[dimension].toLowerCase()}; yours is at ${percentOf(dimension)}%.`,
        )
      : []),
  ];
  return { track: chosen.track, reasons, scores };
}

/** In percent of what can be had, for every dimension but appetite, which has no right answers. */
function scoresOf({ questions }: Questionnaire, answers: ReadinessAnswers): Scores {
  return (['linux', 'cloud', 'scripting', 'incident'] as const).map((dimension) => {
    const shares = questions.filter((question) => question.dimension === dimension).map((question) => shareOf(question, answers));
    return { dimension, percent: shares.length === 0 ? 0 : Math.round((100 * shares.reduce((a, b) => a + b, 0)) / shares.length) };
  });
}

/** 0 to 1: every question counts alike, whatever its points are. */
function shareOf({ id, kind, options }: ScoredQuestion, answers: ReadinessAnswers): number {
  const chosen = answers[id] ?? [];
  const points = options.map((option) => option.points ?? 0);
  const best = kind === 'several' ? points.reduce((sum, worth) => sum + Math.max(0, worth), 0) : Math.max(...points);
  const got = options.reduce((sum, option) => sum + (chosen.includes(option.id) ? (option.points ?? 0) : 0), 0);
  return best === 0 ? 0 : Math.max(0, got) / best;
}

function leaningsOf({ questions }: Questionnaire, answers: ReadinessAnswers): ReadonlyMap<Track, number> {
  const counts = new Map<Track, number>();
  for (const { id, options } of questions)
    for (const { id: option, leans } of options)
      if (leans !== undefined && (answers[id] ?? []).includes(option)) counts.set(leans, (counts.get(leans) ?? 0) + 1);
  return counts;
}

function quoted(track: Track): string {
  return `“${TRACK_LABELS[track]}”`;
}
