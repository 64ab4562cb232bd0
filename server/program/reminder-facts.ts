import { nameFrom, type People } from '../accounts/people.ts';
import type { IssuedDocument } from '../certification/certificate-records.ts';
import type { Db, PersonRow } from '../store/schema.ts';
import type { Curriculum } from './curriculum.ts';
import type { ArtefactFact, CurriculumRecords } from './curriculum-records.ts';
import type { Mentors } from './mentors.ts';
import type { Ahead } from './reminder-plan.ts';

export interface AheadParts {
  readonly db: Db;
  readonly people: People;
  readonly curriculum: Curriculum;
  readonly records: CurriculumRecords;
  readonly mentors: Mentors;
  /** Those that are not over and in which the person has a part. */
  readonly drills: (personId: string) => Ahead['drills'];
}

/** What is ahead of one person, gathered from everywhere. */
export async function findAhead(parts: AheadParts, person: PersonRow): Promise<Ahead> {
  const { curriculum, drills, mentors } = parts;
  const [{ programmes }, certificates, trainees] = await Promise.all([
    curriculum.of({ id: person.id, name: person.name }),
    findCertificates(parts, person.id),
    mentors.traineesOf(person.id),
  ]);
  return {
    due: programmes.flatMap(({ cohort, items }) =>
      items
        .filter(({ doneAt }) => doneAt === null)
        .map(({ id, kind, title, dueAt, state }) => ({
          id: `${cohort.id}:${id}`,
          title,
          dueAtMs: Date.parse(dueAt),
          state,
          path: kind === 'readiness' ? '/readiness' : '/training',
        })),
    ),
    drills: drills(person.id),
    certificates,
    ...(await findReviews(parts, person.id, trainees)),
  };
}

/** A renewed certificate counts by its newest. */
async function findCertificates({ db }: AheadParts, personId: string): Promise<Ahead['certificates']> {
  const rows = await db
    .selectFrom('certificates')
    .select(['id', 'definition_id', 'valid_until_ms', 'document'])
    .where('person_id', '=', personId)
    .where('revoked_at_ms', 'is', null)
    .orderBy('issued_at_ms')
    .execute();
  const newest = new Map(rows.map((row) => [row.definition_id, row]));
  return [...newest.values()].flatMap(({ id, document, valid_until_ms: validUntilMs }) =>
    validUntilMs === null ? [] : [{ id, title: (JSON.parse(document) as IssuedDocument).definition.title, validUntilMs }],
  );
}

async function findReviews(
  { people, records }: AheadParts,
  personId: string,
  trainees: readonly string[],
): Promise<Pick<Ahead, 'returned' | 'toReview'>> {
  const [attempts, names] = await Promise.all([records.attempts([personId, ...trainees]), people.names()]);
  const nameOf = nameFrom(names);
  const owners = new Map<string, string>();
  for (const owner of trainees) for (const { attemptId } of attempts.get(owner) ?? []) owners.set(attemptId, owner);
  const own = new Set((attempts.get(personId) ?? []).map(({ attemptId }) => attemptId));
  const artefacts = await records.artefacts([...new Set([...owners.keys(), ...own])]);
  return {
    returned: artefacts
      .filter(({ attemptId, state }) => own.has(attemptId) && state === 'returned')
      .map((one) => factOf(one, one.ratedAtMs)),
    toReview: artefacts.flatMap((one) => {
      const owner = owners.get(one.attemptId);
      // Nobody reviews what they wrote themselves, in a team with the person they mentor.
      if (owner === undefined || own.has(one.attemptId) || one.state !== 'handed-in') return [];
      return [{ ...factOf(one, one.submittedAtMs), person: nameOf(owner).name }];
    }),
  };
}

function factOf({ attemptId, artefactId, title, submittedVersion }: ArtefactFact, atMs: number | null): Ahead['returned'][number] {
  return { attemptId, artefactId, title, version: submittedVersion ?? 0, atMs: atMs ?? 0 };
}
