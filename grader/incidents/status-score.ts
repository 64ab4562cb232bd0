import { findLeaks } from '../leaks.ts';
import { workedMs, type EngineSample, type IncidentRecord, type StatusUpdate } from './status-update.ts';

export const statusRules = ['first-notice', 'scope', 'cadence', 'fields', 'promise', 'claims', 'safe'] as const;
export type StatusRule = (typeof statusRules)[number];

/** `open`: can still become either; at the end it counts as met, because its time never came. */
export interface StatusFinding {
  readonly rule: StatusRule;
  readonly kind: 'met' | 'missed' | 'open';
  /** Why, in a sentence that helps the next time. */
  readonly words: string;
  /** Numbers of the updates that it is about. */
  readonly about: readonly number[];
}

/** GRADING.md, Drills: how soon, how often, and how late a promised word may be. Scope: 5 minutes more than the first notice. */
const statusLimits: {
  readonly firstNoticeMs: number;
  readonly scopeMs: number;
  readonly everyMs: number;
  readonly promiseGraceMs: number;
  /** A look at the service so soon after a claim tells whether it was true. */
  readonly claimLookMs: number;
} = {
  firstNoticeMs: 5 * 60_000,
  scopeMs: 10 * 60_000,
  everyMs: 20 * 60_000,
  promiseGraceMs: 60_000,
  claimLookMs: 30_000,
};

const MIN_SCOPE_WORDS = 3;
const MIN_IMPACT_WORDS = 3;

interface Case extends IncidentRecord {
  readonly secrets: readonly string[];
  /** On the incident's clock, now or at its end. */
  readonly nowMs: number;
  readonly limits: typeof statusLimits;
}

/** The limits of somebody who has extra time. How true a word is, and whether a promise of one's own is kept, does not stretch. */
function limitsFor({ limitFactor: factor = 1 }: IncidentRecord): typeof statusLimits {
  const { firstNoticeMs, scopeMs, everyMs } = statusLimits;
  return { ...statusLimits, firstNoticeMs: firstNoticeMs * factor, scopeMs: scopeMs * factor, everyMs: everyMs * factor };
}

/**
 * Status updates judged by machine: one finding a rule, in the order of {@link statusRules}. Times are those of the incident's clock; updates from before
 * its start do not count. `secrets` are credentials that must stand nowhere. Pure.
 */
export function scoreStatus(record: IncidentRecord, secrets: readonly string[] = []): readonly StatusFinding[] {
  const updates = record.updates.filter(({ atMs }) => atMs >= record.clock.startedAtMs);
  const told: Case = { ...record, updates, secrets, nowMs: workedMs(record.clock, record.clock.untilMs), limits: limitsFor(record) };
  if (updates.length === 0) return statusRules.map((rule) => silence(rule, told));
  return statusRules.map((rule) => RULES[rule](told));
}

/** How many rules were kept, of how many. Pure. */
export function countMet(findings: readonly StatusFinding[]): { readonly met: number; readonly of: number } {
  return { met: findings.filter(({ kind }) => kind !== 'missed').length, of: findings.length };
}

const RULES: Readonly<Record<StatusRule, (told: Case) => StatusFinding>> = {
  'first-notice': judgeFirstNotice,
  scope: judgeScope,
  cadence: judgeCadence,
  fields: judgeFields,
  promise: judgePromises,
  claims: judgeClaims,
  safe: judgeSafety,
};

/** Nobody was told anything. That keeps no rule, or silence would be the best status page. */
function silence(rule: StatusRule, { clock, nowMs, limits }: Case): StatusFinding {
  const limitMs = limits.firstNoticeMs;
  if (clock.isOver || (rule === 'first-notice' && nowMs > limitMs)) return missed(rule, 'Nobody was told anything.');
  return open(rule, `Nothing was told yet. The first notice is due ${minutes(limitMs)} after the start.`);
}

function judgeFirstNotice({ updates, clock, limits }: Case): StatusFinding {
  const first = updates[0];
  const tookMs = first === undefined ? Infinity : workedMs(clock, first.atMs);
  const words = `The first notice came ${minutes(tookMs)} after the start`;
  if (tookMs <= limits.firstNoticeMs) return met('first-notice', `${words}.`, [first]);
  return missed('first-notice', `${words}; people should hear within ${minutes(limits.firstNoticeMs)} that somebody knows.`, [first]);
}

function judgeScope({ updates, clock, nowMs, limits }: Case): StatusFinding {
  const named = updates.find((update) => countWords(update.scope) >= MIN_SCOPE_WORDS);
  const limit = minutes(limits.scopeMs);
  if (named === undefined) {
    return nowMs > limits.scopeMs
      ? missed('scope', `No update says who is affected and who is not; that is due within ${limit}.`)
      : open('scope', `Who is affected is to be said within ${limit} of the start.`);
  }
  const tookMs = workedMs(clock, named.atMs);
  const words = `Who is affected was said ${minutes(tookMs)} after the start`;
  return tookMs <= limits.scopeMs ? met('scope', `${words}.`, [named]) : missed('scope', `${words}; ${limit} are allowed.`, [named]);
}

/** From each word to the next, and from the last one to the end unless it said that all is well again. */
function judgeCadence({ updates, clock, nowMs, limits }: Case): StatusFinding {
  const times = updates.map(({ atMs }) => workedMs(clock, atMs));
  const limit = minutes(limits.everyMs);
  const gap = updates.findIndex((update, index) => {
    const nextMs = times[index + 1] ?? (update.kind === 'resolved' ? 0 : nowMs);
    return nextMs - (times[index] ?? 0) > limits.everyMs;
  });
  if (gap < 0) return met('cadence', `There was never more than ${limit} of silence.`, updates);
  const silentMs = (times[gap + 1] ?? nowMs) - (times[gap] ?? 0);
  return missed('cadence', `After update ${updates[gap]?.seq ?? 0} there was silence for ${minutes(silentMs)}; ${limit} are allowed.`, [
    updates[gap],
  ]);
}

/** Each names the impact and when the next word comes; the last word needs no next. What was corrected is judged by its correction. */
function judgeFields({ updates }: Case): StatusFinding {
  const lacking = uncorrected(updates).flatMap((update) => {
    const lacks = [
      ...(countWords(update.impact) < MIN_IMPACT_WORDS ? ['the impact'] : []),
      ...(update.nextAtMs === null && update.kind !== 'resolved' ? ['when the next word comes'] : []),
      ...(update.nextAtMs !== null && update.nextAtMs <= update.atMs ? ['a time of the next word that is still to come'] : []),
    ];
    return lacks.length === 0 ? [] : [{ update, lacks: lacks.join(' and ') }];
  });
  const [first] = lacking;
  if (first === undefined) return met('fields', 'Each update names the impact and when the next word comes.', updates);
  const others = lacking.length === 1 ? '' : ` So do ${lacking.length - 1} more.`;
  return missed(
    'fields',
    `Update ${first.update.seq} lacks ${first.lacks}.${others}`,
    lacking.map(({ update }) => update),
  );
}

/** A promise is kept by any later word in time. One that falls past the end was never due. */
function judgePromises({ updates, clock, nowMs }: Case): StatusFinding {
  const promises = uncorrected(updates).flatMap((update) => {
    if (update.nextAtMs === null || update.nextAtMs <= update.atMs) return [];
    const dueMs = workedMs(clock, update.atMs) + update.nextAtMs - update.atMs;
    const next = updates.find(({ seq }) => seq > update.seq);
    return [{ update, dueMs, cameMs: next === undefined ? undefined : workedMs(clock, next.atMs) }];
  });
  const broken = promises.find(({ dueMs, cameMs }) => (cameMs ?? nowMs) > dueMs + statusLimits.promiseGraceMs);
  if (broken !== undefined) {
    const lateMs = (broken.cameMs ?? nowMs) - broken.dueMs;
    const how = broken.cameMs === undefined ? `it has not come, ${minutes(lateMs)} later` : `it came ${minutes(lateMs)} late`;
    return missed('promise', `Update ${broken.update.seq} promised a time for the next word, and ${how}.`, [broken.update]);
  }
  if (promises.length === 0 && updates.some(({ kind }) => kind !== 'resolved'))
    return missed('promise', 'No update promises when the next word comes.');
  if (promises.some(({ cameMs }) => cameMs === undefined)) return open('promise', 'Kept so far; the next word is promised.');
  return met('promise', 'Each promised word came in time.', updates);
}

/** `resolved` while the probe fails. What nobody looked at is not held against anybody. */
function judgeClaims({ updates, samples }: Case): StatusFinding {
  const claims = updates.filter(({ kind }) => kind === 'resolved');
  const seen = claims.map((update) => ({ update, sample: stateAt(samples, update.atMs) }));
  const wrong = seen.find(({ sample }) => sample !== undefined && sample.failing.length > 0);
  if (wrong !== undefined) {
    const failing = wrong.sample?.failing.join('; ') ?? '';
    return missed('claims', `Update ${wrong.update.seq} says that it is resolved, and from outside this did not hold: ${failing}.`, [
      wrong.update,
    ]);
  }
  if (claims.length === 0) return met('claims', 'Nothing was claimed that the service contradicts.', updates);
  const unseen = seen.every(({ sample }) => sample === undefined);
  return met(
    'claims',
    unseen ? 'Nobody looked at the service when it was called resolved.' : 'It was well when it was called resolved.',
    claims,
  );
}

function judgeSafety({ updates, secrets }: Case): StatusFinding {
  for (const update of updates) {
    const [leak] = findLeaks([update.text, update.impact, update.scope].join('\n'), secrets);
    if (leak !== undefined) {
      const kind = leak.kind === 'secret' ? 'secrets' : 'personal data';
      return missed('safe', `Update ${update.seq} holds what looks like ${leak.what}. What is told to others holds no ${kind}.`, [update]);
    }
  }
  return met('safe', 'No update holds secrets or personal data.', updates);
}

/** The first look soon after, which was made because of the claim; else the last one before. */
function stateAt(samples: readonly EngineSample[], atMs: number): EngineSample | undefined {
  const soonAfter = samples.find((sample) => sample.atMs >= atMs && sample.atMs - atMs <= statusLimits.claimLookMs);
  return soonAfter ?? samples.filter((sample) => sample.atMs < atMs).at(-1);
}

function uncorrected(updates: readonly StatusUpdate[]): readonly StatusUpdate[] {
  const corrected = new Set(updates.map(({ corrects }) => corrects));
  return updates.filter(({ seq }) => !corrected.has(seq));
}

function countWords(text: string): number {
  return text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0;
}

function minutes(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  const whole = Math.floor(seconds / 60);
  const rest = seconds % 60;
  if (whole === 0) return `${rest} s`;
  return rest === 0 ? `${whole} min` : `${whole} min ${rest} s`;
}

function met(rule: StatusRule, words: string, about: readonly (StatusUpdate | undefined)[] = []): StatusFinding {
  return finding(rule, 'met', words, about);
}

function missed(rule: StatusRule, words: string, about: readonly (StatusUpdate | undefined)[] = []): StatusFinding {
  return finding(rule, 'missed', words, about);
}

function open(rule: StatusRule, words: string): StatusFinding {
  return finding(rule, 'open', words, []);
}

function finding(
  rule: StatusRule,
  kind: StatusFinding['kind'],
  words: string,
  about: readonly (StatusUpdate | undefined)[],
): StatusFinding {
  return { rule, kind, words, about: about.flatMap((update) => update?.seq ?? []) };
}
