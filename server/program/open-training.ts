import type { Cohorts } from '../accounts/cohorts.ts';
import type { People } from '../accounts/people.ts';
import type { LabCatalogue } from '../attempts/lab-catalogue.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { Db, PersonRow } from '../store/schema.ts';
import { Calendar } from './calendar.ts';
import { CurriculumRecords } from './curriculum-records.ts';
import { Curriculum } from './curriculum.ts';
import type { Mentors } from './mentors.ts';
import type { ProgramRecords } from './program-records.ts';
import { questionnaire } from './readiness-questions.ts';
import type { ReadinessRecords } from './readiness-records.ts';
import { Readiness } from './readiness.ts';
import { findAhead } from './reminder-facts.ts';
import type { Ahead } from './reminder-plan.ts';
import { Reminders } from './reminders.ts';

export interface TrainingParts {
  readonly db: Db;
  readonly programs: ProgramRecords;
  readonly placements: ReadinessRecords;
  readonly mentors: Mentors;
  readonly cohorts: Cohorts;
  readonly people: People;
  readonly catalogue: LabCatalogue;
  readonly drills: { listAhead(personId: string): Ahead['drills'] };
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly publicUrl: () => string;
}

export interface Training {
  readonly readiness: Readiness;
  readonly curriculum: Curriculum;
  readonly calendar: Calendar;
  readonly reminders: Reminders;
}

/** What a programme is for one person: placed on a track, told what is due, reminded of it. Wired. */
export function openTraining(parts: TrainingParts): Training {
  const { placements, drills } = parts;
  const records = new CurriculumRecords(parts.db);
  const curriculum = new Curriculum({ ...parts, records, readiness: placements });
  const ahead = (person: PersonRow): Promise<Ahead> =>
    findAhead(
      {
        ...parts,
        curriculum,
        records,
        drills: (personId) => drills.listAhead(personId),
      },
      person,
    );
  return {
    readiness: new Readiness({ ...parts, records: placements, questionnaire }),
    curriculum,
    calendar: new Calendar({ ...parts, ahead }),
    reminders: new Reminders({ ...parts, ahead }),
  };
}
