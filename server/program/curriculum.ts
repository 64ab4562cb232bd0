import type { Cohorts } from '../accounts/cohorts.ts';
import type { People } from '../accounts/people.ts';
import { notFound } from '../app-error.ts';
import type { LabCatalogue } from '../attempts/lab-catalogue.ts';
import { mayWatchOthers } from '../attempts/permissions.ts';
import { DAY_MS, toInstant, type Clock } from '../clock.ts';
import type { CohortCurriculum, PersonCurriculum } from '../contract/curriculum.ts';
import type { Track } from '../contract/labs.ts';
import type { SaveProgramme } from '../contract/program.ts';
import type { PersonRef } from '../contract/roles.ts';
import type { PersonRow } from '../store/schema.ts';
import { planCurriculum, type TraineeFacts } from './curriculum-plan.ts';
import type { CurriculumRecords } from './curriculum-records.ts';
import type { Mentors } from './mentors.ts';
import type { ProgramRecords } from './program-records.ts';
import type { ReadinessRecords } from './readiness-records.ts';

/** Attempts whose artefacts are shown of one person. */
const MAX_WORK = 100;

export interface CurriculumCommandParts {
  readonly programs: ProgramRecords;
  readonly records: CurriculumRecords;
  readonly readiness: ReadinessRecords;
  readonly mentors: Mentors;
  readonly cohorts: Cohorts;
  readonly people: People;
  readonly catalogue: LabCatalogue;
  readonly clock: Clock;
}

interface Facts {
  readonly tracks: ReadonlyMap<string, Track>;
  readonly of: (personId: string, track: Track | null) => TraineeFacts;
}

/** What each person has to do by when: the cohort's programme, as the person's track has it. */
export class Curriculum {
  readonly #parts: CurriculumCommandParts;

  constructor(parts: CurriculumCommandParts) {
    this.#parts = parts;
  }

  /** Of oneself, of those one mentors, and for staff of everybody; for others there is nobody. */
  async read(actor: PersonRow, personId: string): Promise<PersonCurriculum> {
    const isOwn = actor.id === personId;
    if (!isOwn && !mayWatchOthers(actor) && !(await this.#parts.mentors.isMentorOf(actor.id, [personId]))) throw notFound('person');
    const { id, name } = await this.#parts.people.require(personId);
    return this.of({ id, name });
  }

  async of(person: PersonRef): Promise<PersonCurriculum> {
    const { cohorts, programs } = this.#parts;
    const [all, documents, facts] = await Promise.all([cohorts.list(), programs.programmes(), this.#facts([person.id])]);
    const own = all.filter(({ members }) => members.some(({ id }) => id === person.id));
    const started = own.flatMap((cohort) => {
      const document = documents.get(cohort.id);
      return document === undefined ? [] : [{ cohort, document }];
    });
    // A person in several cohorts without a placement is on the track of the first that names one.
    const fallback = started.find(({ document }) => document.track !== null)?.document.track ?? null;
    return {
      person,
      ...trackOf(facts, person.id, fallback),
      programmes: started.map(({ cohort, document }) => ({
        cohort: { id: cohort.id, name: cohort.name },
        startsAt: document.startsAt,
        day: this.#dayOf(document),
        items: this.#plan(document, facts.of(person.id, trackOf(facts, person.id, document.track).track)),
      })),
      work: workOf(facts.of(person.id, null), (lab) => this.#parts.catalogue.find(lab)?.title ?? lab),
    };
  }

  /** For staff: everybody of a cohort beside each other. */
  async cohort(cohortId: string): Promise<CohortCurriculum> {
    const { cohorts, programs, mentors, catalogue } = this.#parts;
    const cohort = await cohorts.require(cohortId);
    const [documents, facts, mentorsOf] = await Promise.all([
      programs.programmes(),
      this.#facts(cohort.members.map(({ id }) => id)),
      mentors.mentorsByTrainee(),
    ]);
    const document = documents.get(cohortId);
    const empty = { track: null, attempts: [], placedAtMs: [], certifiedAtMs: [] };
    return {
      cohort: { id: cohort.id, name: cohort.name },
      startsAt: document?.startsAt ?? null,
      day: document === undefined ? null : this.#dayOf(document),
      columns:
        document === undefined
          ? []
          : planCurriculum(empty, this.#planParts(document, catalogue)).map(({ id, title, dueDay }) => ({ id, title, dueDay })),
      people: cohort.members.map((person) => {
        const held = trackOf(facts, person.id, document?.track ?? null);
        return {
          person,
          ...held,
          mentors: [...(mentorsOf.get(person.id) ?? [])],
          items: document === undefined ? [] : this.#plan(document, facts.of(person.id, held.track)),
        };
      }),
    };
  }

  #plan(document: SaveProgramme, facts: TraineeFacts): ReturnType<typeof planCurriculum> {
    return planCurriculum(facts, this.#planParts(document, this.#parts.catalogue));
  }

  #planParts({ startsAt, curriculum }: SaveProgramme, catalogue: LabCatalogue): Parameters<typeof planCurriculum>[1] {
    return {
      startsAtMs: Date.parse(startsAt),
      curriculum,
      titleOf: (lab) => catalogue.find(lab)?.title ?? lab,
      nowMs: this.#parts.clock.now(),
    };
  }

  #dayOf({ startsAt }: SaveProgramme): number {
    return Math.floor((this.#parts.clock.now() - Date.parse(startsAt)) / DAY_MS);
  }

  async #facts(personIds: readonly string[]): Promise<Facts> {
    const { records, readiness } = this.#parts;
    const [attempts, placed, certified, tracks] = await Promise.all([
      records.attempts(personIds),
      records.placed(personIds),
      records.certified(personIds),
      readiness.tracks(),
    ]);
    return {
      tracks,
      of: (personId, track) => ({
        track,
        attempts: attempts.get(personId) ?? [],
        placedAtMs: placed.get(personId) ?? [],
        certifiedAtMs: certified.get(personId) ?? [],
      }),
    };
  }
}

function workOf({ attempts }: TraineeFacts, titleOf: (lab: string) => string): PersonCurriculum['work'] {
  return attempts
    .filter(({ artefacts }) => artefacts.some(({ state }) => state !== 'open'))
    .toSorted((a, b) => b.createdAtMs - a.createdAtMs)
    .slice(0, MAX_WORK)
    .map(({ attemptId, lab, createdAtMs, artefacts }) => ({
      attemptId,
      title: titleOf(lab),
      startedAt: toInstant(createdAtMs),
      artefacts: artefacts.map((artefact) => ({ ...artefact })),
    }));
}

function trackOf(facts: Facts, personId: string, ofCohort: Track | null): Pick<PersonCurriculum, 'track' | 'trackFrom'> {
  const placed = facts.tracks.get(personId);
  if (placed !== undefined) return { track: placed, trackFrom: 'placement' };
  return ofCohort === null ? { track: null, trackFrom: 'nothing' } : { track: ofCohort, trackFrom: 'cohort' };
}
