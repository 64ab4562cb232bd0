import { workedMs, type EngineSample, type IncidentClock } from '../incidents/status-update.ts';

/** What people did that shows how far they were. */
export interface DrillSign {
  /** `supposed`: a hypothesis; `verified`: the team says that it is over. */
  readonly kind: 'acknowledged' | 'declared' | 'told' | 'supposed' | 'verified';
  readonly atMs: number;
  /** Of a hypothesis: somebody who knows confirmed it. */
  readonly confirmed: boolean;
}

export interface DrillCourse {
  /** Null: the incident never began. Its start is when something was wrong, or seemed to be. */
  readonly clock: IncidentClock | null;
  /** In the order of their times. */
  readonly signs: readonly DrillSign[];
  /** From outside: by the probe in live fire, as the facilitator said in a tabletop. */
  readonly samples: readonly EngineSample[];
  /** Nothing was wrong, and doing nothing was right. */
  readonly quiet: boolean;
}

export const timeIds = ['detect', 'diagnose', 'mitigate', 'verify'] as const;
export type TimeId = (typeof timeIds)[number];

export interface TimeFinding {
  readonly id: TimeId;
  /** On the incident's clock; null: it did not come to that. */
  readonly ms: number | null;
  readonly words: string;
}

/**
 * Time to detect, diagnose, mitigate and verify, each from the start of the incident, pauses left out. Detected: the first acknowledgement, declaration or word
 * to people outside. Diagnosed: when the hypothesis was stated that turned out to be right. Mitigated: the first healthy sample after the last that was not (the
 * engine's word, never the team's). Verified: when the team said so after that. Pure.
 */
export function scoreTimes(course: DrillCourse): readonly TimeFinding[] {
  const { clock } = course;
  if (clock === null) return timeIds.map((id) => ({ id, ms: null, words: 'The incident never began.' }));
  const signs = course.signs.filter(({ atMs }) => atMs >= clock.startedAtMs);
  const samples = course.samples.filter(({ atMs }) => atMs <= clock.untilMs);
  const timed = (id: TimeId, atMs: number | undefined, came: string, never: string): TimeFinding =>
    atMs === undefined ? { id, ms: null, words: never } : { id, ms: workedMs(clock, atMs), words: came };
  const detected = signs.find(({ kind }) => kind === 'acknowledged' || kind === 'declared' || kind === 'told');
  const diagnosed = signs.find(({ kind, confirmed }) => kind === 'supposed' && confirmed);
  const mended = mendedAt(samples, clock.startedAtMs);
  return [
    timed('detect', detected?.atMs, DETECTED[detected?.kind ?? 'acknowledged'], 'Nobody acknowledged it, declared it or told anybody.'),
    timed('diagnose', diagnosed?.atMs, 'A hypothesis was stated that turned out to be right.', 'No hypothesis was confirmed.'),
    course.quiet
      ? { id: 'mitigate', ms: null, words: 'Nothing was wrong, so nothing was to be mended.' }
      : timed('mitigate', mended.atMs, 'The service was seen well from outside, and stayed so.', mended.never),
    verified(course, signs, mended.atMs, timed),
  ];
}

const DETECTED: Readonly<Record<DrillSign['kind'], string>> = {
  acknowledged: 'Somebody acknowledged a message.',
  declared: 'Somebody declared an incident.',
  told: 'A status update was sent.',
  supposed: '',
  verified: '',
};

function mendedAt(samples: readonly EngineSample[], startedAtMs: number): { readonly atMs?: number; readonly never: string } {
  const lastBad = samples.findLastIndex(({ failing }) => failing.length > 0);
  if (lastBad < 0) return { never: 'The service was never seen to fail.' };
  const good = samples[lastBad + 1];
  if (good === undefined) return { never: 'The service failed until the end.' };
  return { atMs: Math.max(good.atMs, startedAtMs), never: '' };
}

function verified(
  { quiet, samples }: DrillCourse,
  signs: readonly DrillSign[],
  mendedAtMs: number | undefined,
  timed: (id: TimeId, atMs: number | undefined, came: string, never: string) => TimeFinding,
): TimeFinding {
  const said = signs.filter(({ kind }) => kind === 'verified');
  if (quiet)
    return timed('verify', said[0]?.atMs, 'The team showed that nothing was wrong, and said so.', 'Nobody said that it was verified.');
  const after = said.find(({ atMs }) => mendedAtMs !== undefined && atMs >= mendedAtMs && isWell(samples, atMs));
  const early = said.length > 0 ? 'It was said to be verified while the service still failed.' : 'Nobody said that it was verified.';
  return timed('verify', after?.atMs, 'The team said so, and the service was well.', early);
}

/** As the last sample before it says. */
function isWell(samples: readonly EngineSample[], atMs: number): boolean {
  return samples.findLast((sample) => sample.atMs <= atMs)?.failing.length === 0;
}
