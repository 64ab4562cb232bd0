import { describeProblem } from '../../labs/describe-problem.ts';
import { notFound } from '../app-error.ts';
import { mayWatchOthers } from '../attempts/permissions.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Definition } from '../certification/definition.ts';
import { toInstant, toInstantOrNull, type Clock } from '../clock.ts';
import type { CohortSkills, DueItem, OnCall, OnCallPerson, OnCallService, PersonSkills, Skill } from '../contract/insight.ts';
import type { PersonRef } from '../contract/roles.ts';
import { toCsv } from '../csv.ts';
import { LEAST_PEOPLE } from '../program/metric-values.ts';
import type { PersonRow } from '../store/schema.ts';
import { mayLookInto } from './access.ts';
import type { CohortManagers } from './cohort-managers.ts';
import { dueItems } from './due.ts';
import { howToShow, type Titles } from './how-to-show.ts';
import type { LoadedRules } from './load-rules.ts';
import { asksOf, onCallAt, type OnCallFacts } from './on-call.ts';
import { dimensions, type ServiceRules } from './rules.ts';
import { rulesInWords, skillWords } from './skill-words.ts';
import { skillsAt, type SkillState } from './skills.ts';
import type { InsightSources } from './sources.ts';

const MAX_SHOWINGS = 10;

export interface PeopleInsightParts {
  readonly sources: InsightSources;
  readonly managers: CohortManagers;
  readonly loaded: LoadedRules;
  readonly definitions: readonly Definition[];
  readonly labTitle: (slug: string) => string;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

/** What people can do, who may be on call for what, and what is due again. */
export class PeopleInsight {
  readonly #parts: PeopleInsightParts;
  readonly #titles: Titles;

  constructor(parts: PeopleInsightParts) {
    this.#parts = parts;
    this.#titles = {
      lab: parts.labTitle,
      certificate: (id) => parts.definitions.find((definition) => definition.id === id)?.title ?? id,
    };
  }

  /** Whom the caller may look into, the caller first. */
  async people(actor: PersonRow): Promise<PersonRef[]> {
    const looker = await this.#parts.managers.lookerOf(actor);
    const people = await this.#parts.sources.people();
    const others = people.filter(({ id }) => id !== actor.id && mayLookInto(looker, id));
    return [{ id: actor.id, name: actor.name }, ...others];
  }

  /** Throws NotFound for whom the caller may not look into, as for nobody. A look at somebody else is in the audit log. */
  async skills(actor: PersonRow, personId: string, address: string): Promise<PersonSkills> {
    const person = await this.#lookInto(actor, personId, 'skills', address);
    const { rules } = this.#parts.loaded;
    const skills = skillsAt(await this.#parts.sources.judged(personId), rules.skills, this.#parts.clock.now());
    return { person, skills: skills.map((skill) => this.#viewSkill(skill)), rules: rulesInWords(rules.skills) };
  }

  /** How many stand where; nothing of fewer people than could be told apart. */
  async cohortSkills(cohortId: string): Promise<CohortSkills> {
    const { sources, loaded, clock } = this.#parts;
    const cohort = await sources.cohort(cohortId);
    const attempts = await sources.judged();
    const ofEach = cohort.members.map(({ id }) => attempts.filter(({ personIds }) => personIds.includes(id)));
    const head = { cohort: { id: cohort.id, name: cohort.name, members: ofEach.length } };
    if (ofEach.filter((own) => own.length > 0).length < LEAST_PEOPLE)
      return {
        ...head,
        why: `Fewer than ${LEAST_PEOPLE} of its members have been judged, too few to show without showing who.`,
        dimensions: [],
      };
    const nowMs = clock.now();
    const skills = ofEach.map((own) => skillsAt(own, loaded.rules.skills, nowMs));
    return { ...head, why: null, dimensions: distributionOf(skills) };
  }

  /** The caller's own row; for staff of everybody they may look into, without those who are not near. */
  async onCall(actor: PersonRow): Promise<OnCall> {
    const { rules, problems } = this.#parts.loaded;
    const people = await this.#chosen(actor);
    const facts = await this.#parts.sources.known(people.map(({ id }) => id));
    const isStaff = mayWatchOthers(actor);
    return {
      services: rules.services.map((service) => this.#viewService(service, people, facts, isStaff)),
      problems: isStaff ? problems.map(describeProblem) : [],
    };
  }

  async onCallCsv(actor: PersonRow, address: string): Promise<string> {
    const { services } = await this.onCall(actor);
    await this.#parts.audit.record({ actor, action: 'on-call.exported', address });
    return toCsv(
      [
        ['Service', ({ service }) => service.title],
        ['Person', ({ row }) => row.person.name],
        ['State', ({ row }) => row.state],
        ['Until or since (UTC)', ({ row }) => row.until],
        ['Met', ({ row }) => row.met.join('; ')],
        ['Missing', ({ row }) => row.missing.map(({ title, why }) => `${title}: ${why}`).join('; ')],
      ],
      services.flatMap((service) => service.people.map((row) => ({ service, row }))),
    );
  }

  /** What somebody has to show or renew. */
  async due(actor: PersonRow, personId: string, address: string): Promise<DueItem[]> {
    return this.#due([await this.#lookInto(actor, personId, 'due', address)]);
  }

  /** Of everybody whom the caller may look into. */
  async dueOfEverybody(actor: PersonRow): Promise<DueItem[]> {
    const items = await this.#due(await this.#chosen(actor));
    return items.sort((a, b) => a.dueAt.localeCompare(b.dueAt));
  }

  async #due(people: readonly PersonRef[]): Promise<DueItem[]> {
    const { sources, loaded, definitions, clock } = this.#parts;
    const { rules } = loaded;
    const known = await sources.known(people.map(({ id }) => id));
    const nowMs = clock.now();
    return people.flatMap((person) => {
      const own = known.get(person.id);
      if (own === undefined) return [];
      const onCall = rules.services.map((service) => ({ service, state: onCallAt(service, own, rules, this.#titles, nowMs) }));
      const skills = skillsAt(own.attempts, rules.skills, nowMs);
      const { certificates, certification: facts } = own;
      return dueItems({ person, certificates, definitions, facts, skills, onCall }, rules, this.#titles, nowMs);
    });
  }

  async #chosen(actor: PersonRow): Promise<PersonRef[]> {
    return mayWatchOthers(actor) ? this.people(actor) : [{ id: actor.id, name: actor.name }];
  }

  async #lookInto(actor: PersonRow, personId: string, what: string, address: string): Promise<PersonRef> {
    if (personId === actor.id) return { id: actor.id, name: actor.name };
    const looker = await this.#parts.managers.lookerOf(actor);
    const person = (await this.#parts.sources.people()).find(({ id }) => id === personId);
    if (person === undefined || !mayLookInto(looker, personId)) throw notFound('person');
    await this.#parts.audit.record({ actor, action: 'evidence.opened', subject: personId, detail: { what }, address });
    return person;
  }

  #viewSkill(skill: SkillState): Skill {
    const { rules } = this.#parts.loaded;
    const { dimension, level, standing, checks, passed, share, lastShownAtMs, dueAtMs, showings } = skill;
    const isDone = standing === 'current' && level === 'exceeds';
    const step = isDone ? { next: null, start: null } : howToShow(dimension, rules, this.#titles);
    return {
      dimension,
      level,
      standing,
      checks,
      passed,
      share,
      lastShownAt: toInstantOrNull(lastShownAtMs),
      dueAt: toInstantOrNull(dueAtMs),
      why: skillWords(skill, rules.skills),
      ...step,
      evidence: showings
        .slice(0, MAX_SHOWINGS)
        .map(({ attemptId, labTitle, atMs, passed: held, of }) => ({ attemptId, lab: labTitle, at: toInstant(atMs), passed: held, of })),
    };
  }

  #viewService(
    service: ServiceRules,
    people: readonly PersonRef[],
    facts: ReadonlyMap<string, OnCallFacts>,
    isStaff: boolean,
  ): OnCallService {
    const { rules } = this.#parts.loaded;
    const nowMs = this.#parts.clock.now();
    const rows = people.flatMap((person): OnCallPerson[] => {
      const own = facts.get(person.id);
      if (own === undefined) return [];
      const { state, untilMs, met, missing } = onCallAt(service, own, rules, this.#titles, nowMs);
      return [{ person, state, until: toInstantOrNull(untilMs), met: [...met], missing: missing.map((one) => ({ ...one })) }];
    });
    const count = (state: OnCallPerson['state']): number => rows.filter((row) => row.state === state).length;
    return {
      id: service.id,
      title: service.title,
      summary: service.summary,
      asks: asksOf(service, this.#titles),
      counts: { ready: count('ready'), nearly: count('nearly'), lapsed: count('lapsed'), 'not yet': count('not yet') },
      people: isStaff ? rows.filter(({ state }) => state !== 'not yet') : rows,
    };
  }
}

function distributionOf(people: readonly (readonly SkillState[])[]): CohortSkills['dimensions'] {
  return dimensions.map((dimension) => {
    const states = people.flatMap((skills) => skills.filter((skill) => skill.dimension === dimension));
    const count = (holds: (skill: SkillState) => boolean): number => states.filter(holds).length;
    return {
      dimension,
      exceeds: count(({ standing, level }) => standing === 'current' && level === 'exceeds'),
      meets: count(({ standing, level }) => standing === 'current' && level === 'meets'),
      'not yet': count(({ standing }) => standing === 'not yet'),
      lapsed: count(({ standing }) => standing === 'lapsed'),
      unseen: count(({ standing }) => standing === 'unseen'),
    };
  });
}
