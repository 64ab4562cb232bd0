import type { Cohorts } from '../accounts/cohorts.ts';
import type { People } from '../accounts/people.ts';
import type { AttemptRecords } from '../attempts/attempt-records.ts';
import type { LabCatalogue } from '../attempts/lab-catalogue.ts';
import type { VerdictRecords } from '../attempts/verdict-records.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { FactFinder } from '../certification/fact-finder.ts';
import type { DrillFacts } from '../certification/facts.ts';
import { loadDefinitions, ownDefinitionsDir } from '../certification/load-definitions.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Program } from '../program/program.ts';
import type { Db } from '../store/schema.ts';
import { CohortManagers } from './cohort-managers.ts';
import { FigureInsight } from './figure-insight.ts';
import { GradingRecords } from './grading-records.ts';
import { ItemInsight } from './item-insight.ts';
import { loadRules, ownRulesDir } from './load-rules.ts';
import { PeopleInsight } from './people-insight.ts';
import { InsightSources } from './sources.ts';

export interface InsightParts {
  readonly db: Db;
  readonly attempts: AttemptRecords;
  readonly verdicts: VerdictRecords;
  readonly people: People;
  readonly cohorts: Cohorts;
  readonly drills: DrillFacts;
  readonly catalogue: LabCatalogue;
  readonly program: Program;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Insight {
  readonly items: ItemInsight;
  readonly people: PeopleInsight;
  readonly figures: FigureInsight;
  readonly managers: CohortManagers;
}

/** Everything about what verdicts say besides who passed, wired. */
export async function openInsight(parts: InsightParts): Promise<Insight> {
  const { db, catalogue, drills, clock, log } = parts;
  const { definitions } = await loadDefinitions(ownDefinitionsDir);
  const known = { labs: catalogue.labs.map(({ slug }) => slug), certificates: definitions.map(({ id }) => id) };
  const loaded = await loadRules(ownRulesDir, known);
  for (const problem of loaded.problems) log.warn({ ...problem }, 'a rule of who may be on call does not load');
  const labTitle = (slug: string): string => catalogue.find(slug)?.title ?? slug;
  const facts = new FactFinder({ db, drills, clock, labTitle, definitions });
  const sources = new InsightSources({ ...parts, gradings: new GradingRecords(db), facts, labTitle });
  const managers = new CohortManagers(parts);
  const people = new PeopleInsight({ ...parts, sources, managers, loaded, definitions, labTitle });
  return {
    items: new ItemInsight({ ...parts, sources, managers }),
    people,
    figures: new FigureInsight({ ...parts, sources, managers, people, labTitle }),
    managers,
  };
}
