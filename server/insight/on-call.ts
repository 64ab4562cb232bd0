import { DAY_MS } from '../clock.ts';
import { stateOf } from '../certification/validity.ts';
import type { DrillFact } from '../certification/facts.ts';
import { howToShow, type NextStep, type Titles } from './how-to-show.ts';
import type { JudgedAttempt } from './judged-attempt.ts';
import type { InsightRules, Requirement, ServiceRules, Way } from './rules.ts';
import { isAtLeast, skillsAt, type SkillState } from './skills.ts';
import { dayOf, dimensionWords } from './words.ts';

/** What is known of one person that being on call may ask for. */
export interface OnCallFacts {
  readonly attempts: readonly JudgedAttempt[];
  readonly certificates: readonly HeldCertificate[];
  readonly drills: readonly DrillFact[];
}

export interface HeldCertificate {
  readonly id: string;
  readonly definitionId: string;
  readonly issuedAtMs: number;
  readonly validUntilMs: number | null;
  readonly revokedAtMs: number | null;
}

export interface OnCallState {
  readonly state: 'ready' | 'nearly' | 'lapsed' | 'not yet';
  /** Ready: until when, null without an end. Lapsed: since when. Else null. */
  readonly untilMs: number | null;
  readonly met: readonly string[];
  readonly missing: readonly Missing[];
  /** Ready with an end: how to renew what ends first. */
  readonly renew: NextStep | null;
}

interface Missing extends NextStep {
  readonly title: string;
  readonly why: string;
}

/** A dated fact can have made somebody ready; so many of the newest are asked. */
const MAX_MOMENTS = 100;

interface Met {
  readonly met: boolean;
  /** Met: until when it holds by itself, Infinity without an end. Not met: unused. */
  readonly untilMs: number;
}

/** Where a person stands with a service family at `nowMs`. Pure. */
export function onCallAt(service: ServiceRules, facts: OnCallFacts, rules: InsightRules, titles: Titles, nowMs: number): OnCallState {
  const judge = judgeAt(facts, rules, nowMs);
  const judged = service.requires.map((requirement) => ({ requirement, ...judge(requirement) }));
  const missing = judged.filter(({ met }) => !met).map(({ requirement }) => missingOf(requirement, facts, rules, titles, nowMs));
  const met = judged.filter((one) => one.met).map(({ requirement }) => requirement.title);
  if (missing.length === 0) {
    const first = judged.reduce((a, b) => (b.untilMs < a.untilMs ? b : a));
    if (first.untilMs === Infinity) return { state: 'ready', untilMs: null, met, missing, renew: null };
    // By the way in which it is met now: who has the skills need not earn the certificate to stay ready.
    const lasting = { ...first.requirement, anyOf: first.by };
    return { state: 'ready', untilMs: first.untilMs, met, missing, renew: missingOf(lasting, facts, rules, titles, nowMs) };
  }
  const lapsedMs = lapsedAt(service, facts, rules, nowMs);
  if (lapsedMs !== undefined) return { state: 'lapsed', untilMs: lapsedMs, met, missing, renew: null };
  return { state: missing.length === 1 && met.length > 0 ? 'nearly' : 'not yet', untilMs: null, met, missing, renew: null };
}

/** When somebody who was ready ceased to be; undefined for who never was. Readiness can only begin when something happened. */
function lapsedAt(service: ServiceRules, facts: OnCallFacts, rules: InsightRules, nowMs: number): number | undefined {
  const moments = [
    ...facts.attempts.map(({ endedAtMs }) => endedAtMs),
    ...facts.certificates.map(({ issuedAtMs }) => issuedAtMs),
    ...facts.drills.map(({ endedAtMs }) => endedAtMs),
  ];
  const past = [...new Set(moments)].filter((atMs) => atMs <= nowMs).sort((a, b) => b - a);
  for (const atMs of past.slice(0, MAX_MOMENTS)) {
    const judged = service.requires.map(judgeAt(facts, rules, atMs));
    if (judged.every(({ met }) => met)) return Math.min(nowMs, ...judged.map(({ untilMs }) => untilMs));
  }
  return undefined;
}

/** Judges requirements as they stood at a moment; the skills of that moment are made once. */
function judgeAt(facts: OnCallFacts, rules: InsightRules, atMs: number): (requirement: Requirement) => Met & { readonly by: Way[] } {
  let skills: readonly SkillState[] | undefined;
  const skillsThen = (): readonly SkillState[] => (skills ??= skillsAt(facts.attempts, rules.skills, atMs));
  return ({ anyOf }) => {
    const met = anyOf.map((way) => ({ way, ...judgeWay(way, facts, skillsThen, atMs) })).filter((one) => one.met);
    const untilMs = Math.max(Number.NEGATIVE_INFINITY, ...met.map((one) => one.untilMs));
    return { met: met.length > 0, untilMs, by: met.map(({ way }) => way) };
  };
}

function judgeWay(way: Way, facts: OnCallFacts, skillsThen: () => readonly SkillState[], atMs: number): Met {
  switch (way.kind) {
    case 'certificate-held': {
      const held = facts.certificates.filter(
        (one) => one.definitionId === way.certificate && one.issuedAtMs <= atMs && stateThen(one, atMs) === 'valid',
      );
      const ends = held.map(({ validUntilMs, revokedAtMs }) => Math.min(validUntilMs ?? Infinity, revokedAtMs ?? Infinity));
      return { met: held.length > 0, untilMs: Math.max(Number.NEGATIVE_INFINITY, ...ends) };
    }
    case 'skills-met': {
      const wanted = Object.entries(way.skills);
      const found = wanted.map(([dimension, level]) => skillsThen().find((one) => one.dimension === dimension && holds(one, level)));
      return { met: found.every((one) => one !== undefined), untilMs: Math.min(...found.map((one) => one?.dueAtMs ?? Infinity)) };
    }
    case 'lab-passed':
      return recent(passedOf(way.labs, facts), way.withinDays, atMs);
    case 'drill-led':
      return recent(
        facts.drills.filter(({ role }) => role === way.role).map(({ endedAtMs }) => endedAtMs),
        way.withinDays,
        atMs,
      );
  }
}

function holds({ level, standing }: SkillState, wanted: 'meets' | 'exceeds'): boolean {
  return standing === 'current' && isAtLeast(level, wanted);
}

/** A revocation takes effect when it is made, so before that the certificate was valid. */
function stateThen({ validUntilMs, revokedAtMs }: HeldCertificate, atMs: number): ReturnType<typeof stateOf> {
  return stateOf({ validUntilMs, revokedAtMs: revokedAtMs !== null && revokedAtMs <= atMs ? revokedAtMs : null }, atMs);
}

function passedOf(labs: readonly string[], { attempts }: OnCallFacts): number[] {
  return attempts.filter(({ lab, outcome }) => outcome === 'passed' && labs.includes(lab.slug)).map(({ endedAtMs }) => endedAtMs);
}

function recent(times: readonly number[], withinDays: number | undefined, atMs: number): Met {
  const past = times.filter((time) => time <= atMs);
  if (past.length === 0) return { met: false, untilMs: 0 };
  const untilMs = withinDays === undefined ? Infinity : Math.max(...past) + withinDays * DAY_MS;
  return { met: untilMs > atMs, untilMs };
}

/** Told by its first way: rules name the usual one first. */
function missingOf(requirement: Requirement, facts: OnCallFacts, rules: InsightRules, titles: Titles, nowMs: number): Missing {
  const ways = requirement.anyOf.map((way) => describeMissing(way, facts, rules, titles, nowMs));
  const starts = ways.flatMap(({ start }) => start ?? []);
  return {
    title: requirement.title,
    why: ways.map(({ why }) => why).join(' '),
    next: ways.map(({ next }) => next).join(' Or: '),
    start: starts[0] ?? null,
  };
}

function describeMissing(
  way: Way,
  facts: OnCallFacts,
  rules: InsightRules,
  titles: Titles,
  nowMs: number,
): NextStep & { readonly why: string } {
  switch (way.kind) {
    case 'certificate-held': {
      const title = titles.certificate(way.certificate);
      const held = facts.certificates.filter(({ definitionId }) => definitionId === way.certificate);
      return {
        why: held.length === 0 ? `${title} was not issued yet.` : `${title} is not valid any more.`,
        next: held.length === 0 ? `Earn the certificate ${title}.` : `Renew the certificate ${title}.`,
        start: { kind: 'certificate', id: way.certificate },
      };
    }
    case 'skills-met': {
      const skills = skillsAt(facts.attempts, rules.skills, nowMs);
      const wanted = Object.entries(way.skills);
      const lacking = skills.filter((one) => wanted.some(([dimension, level]) => one.dimension === dimension && !holds(one, level)));
      // Where nothing lacks yet it is about renewing: what ends first.
      const ending = skills
        .filter(({ dimension }) => way.skills[dimension] !== undefined)
        .sort((a, b) => (a.dueAtMs ?? 0) - (b.dueAtMs ?? 0));
      const [first] = lacking.length > 0 ? lacking : ending;
      const why = `Not shown lately enough: ${lacking.map(({ dimension }) => dimensionWords(dimension)).join(', ')}.`;
      return first === undefined ? { why, next: '', start: null } : { why, ...howToShow(first.dimension, rules, titles) };
    }
    case 'lab-passed': {
      const passed = passedOf(way.labs, facts);
      const names = way.labs.map((slug) => `“${titles.lab(slug)}”`).join(' or ');
      const slug = way.labs[0] ?? '';
      return {
        why:
          passed.length === 0
            ? `None of these labs was passed: ${names}.`
            : `Last passed on ${dayOf(Math.max(...passed))}, which is more than ${way.withinDays ?? 0} days ago.`,
        next: `Restore the incident of ${names}.`,
        start: { kind: 'lab', slug, title: titles.lab(slug) },
      };
    }
    case 'drill-led': {
      const led = facts.drills.filter(({ role }) => role === way.role).map(({ endedAtMs }) => endedAtMs);
      return {
        why:
          led.length === 0 ? `No drill as ${way.role} has ended yet.` : `The last drill as ${way.role} was on ${dayOf(Math.max(...led))}.`,
        next: `Ask an instructor for a drill as ${way.role}.`,
        start: null,
      };
    }
  }
}

/** Every requirement in a sentence. */
export function asksOf({ requires }: ServiceRules, titles: Titles): string[] {
  return requires.map(({ title, anyOf }) => `${title}: ${anyOf.map((way) => askOf(way, titles)).join(', or ')}.`);
}

function askOf(way: Way, titles: Titles): string {
  const within = 'withinDays' in way && way.withinDays !== undefined ? ` in the last ${way.withinDays} days` : '';
  switch (way.kind) {
    case 'certificate-held':
      return `the certificate ${titles.certificate(way.certificate)}`;
    case 'skills-met':
      return Object.entries(way.skills)
        .map(([dimension, level]) => `${dimensionWords(dimension)} (${level})`)
        .join(' and ');
    case 'lab-passed':
      return `${way.labs.map((slug) => `“${titles.lab(slug)}”`).join(' or ')} passed${within}`;
    case 'drill-led':
      return `a drill as ${way.role}${within}`;
  }
}
