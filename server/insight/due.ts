import { evaluate } from '../certification/requirements.ts';
import type { Definition } from '../certification/definition.ts';
import type { PersonFacts } from '../certification/facts.ts';
import { DAY_MS, toInstant } from '../clock.ts';
import type { DueItem, Start } from '../contract/insight.ts';
import type { PersonRef } from '../contract/roles.ts';
import { howToShow, type Titles } from './how-to-show.ts';
import type { HeldCertificate, OnCallState } from './on-call.ts';
import type { InsightRules, ServiceRules } from './rules.ts';
import type { SkillState } from './skills.ts';
import { dimensionWords } from './words.ts';

/** Further ahead than this nothing is due yet. */
const HORIZON_DAYS = 90;
/** What lapsed longer ago than this is history, not something due. */
const FORGOTTEN_DAYS = 365;

export interface DueFacts {
  readonly person: PersonRef;
  readonly certificates: readonly HeldCertificate[];
  readonly definitions: readonly Definition[];
  readonly facts: PersonFacts;
  readonly skills: readonly SkillState[];
  readonly onCall: readonly { readonly service: ServiceRules; readonly state: OnCallState }[];
}

interface Wanted {
  readonly key: string;
  readonly kind: DueItem['kind'];
  readonly title: string;
  readonly dueMs: number;
  readonly next: string;
  readonly start: Start | null;
}

/** What a person has to show or renew in the next ninety days, and what has lapsed; the most urgent first. Pure. */
export function dueItems(of: DueFacts, rules: InsightRules, titles: Titles, nowMs: number): DueItem[] {
  return [...certificatesDue(of, titles), ...skillsDue(of, rules, titles), ...onCallDue(of)]
    .flatMap(({ dueMs, key, ...wanted }) => {
      const within = listOf(dueMs, nowMs);
      return within === undefined ? [] : [{ ...wanted, key: `${of.person.id} ${key}`, person: of.person, dueAt: toInstant(dueMs), within }];
    })
    .sort((a, b) => a.dueAt.localeCompare(b.dueAt));
}

function listOf(dueMs: number, nowMs: number): DueItem['within'] | undefined {
  const days = (dueMs - nowMs) / DAY_MS;
  if (days <= 0) return days < -FORGOTTEN_DAYS ? undefined : 'overdue';
  if (days > HORIZON_DAYS) return undefined;
  return days <= 30 ? '30 days' : days <= 60 ? '60 days' : '90 days';
}

/** The newest of each kind that was not taken back; renewed ones are followed by a newer. */
function certificatesDue({ certificates, definitions, facts }: DueFacts, titles: Titles): Wanted[] {
  return definitions.flatMap((definition) => {
    const held = certificates
      .filter(({ definitionId }) => definitionId === definition.id)
      .toSorted((a, b) => b.issuedAtMs - a.issuedAtMs)[0];
    if (held?.validUntilMs === undefined || held.validUntilMs === null || held.revokedAtMs !== null) return [];
    const { requirements } = evaluate(definition, facts, held.issuedAtMs);
    const missing = requirements.find(({ met }) => !met);
    const asked = definition.requirements.find(({ id }) => id === missing?.id);
    return [
      {
        key: `certificate ${definition.id}`,
        kind: 'certificate',
        title: definition.title,
        dueMs: held.validUntilMs,
        next: missing?.next ?? 'Everything is met for its renewal: an instructor or a manager renews it.',
        start:
          asked?.kind === 'lab-passed'
            ? { kind: 'lab', slug: asked.lab, title: titles.lab(asked.lab) }
            : { kind: 'certificate', id: definition.id },
      },
    ];
  });
}

function skillsDue({ skills }: DueFacts, rules: InsightRules, titles: Titles): Wanted[] {
  return skills.flatMap(({ dimension, dueAtMs }) => {
    if (dueAtMs === null) return [];
    const { next, start } = howToShow(dimension, rules, titles);
    return [{ key: `skill ${dimension}`, kind: 'skill', title: capital(dimensionWords(dimension)), dueMs: dueAtMs, next, start }];
  });
}

function onCallDue({ onCall }: DueFacts): Wanted[] {
  return onCall.flatMap(({ service, state: { untilMs, missing, renew } }) => {
    const first = missing[0] ?? renew;
    if (untilMs === null || first === null) return [];
    return [
      {
        key: `on-call ${service.id}`,
        kind: 'on-call',
        title: `On call for ${service.title}`,
        dueMs: untilMs,
        next: first.next,
        start: first.start,
      },
    ];
  });
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
