import type { AuditLog } from '../audit/audit-log.ts';
import { toInstant, type Clock } from '../clock.ts';
import type { FigureEvidence, FigureEvidenceQuery } from '../contract/insight.ts';
import { metricDefinitions } from '../program/metric-definitions.ts';
import { pointOf } from '../program/programme-figures.ts';
import type { Program } from '../program/program.ts';
import type { PersonRow } from '../store/schema.ts';
import { AppError } from '../app-error.ts';
import type { CohortManagers } from './cohort-managers.ts';
import type { PeopleInsight } from './people-insight.ts';
import { programmeReport, type ProgrammeReport } from './report/programme-report.ts';
import { openPoint } from './figure-evidence.ts';
import type { InsightSources } from './sources.ts';

type GroupQuery = Pick<FigureEvidenceQuery, 'by' | 'name'>;

export interface FigureInsightParts {
  readonly program: Program;
  readonly sources: InsightSources;
  readonly managers: CohortManagers;
  readonly people: PeopleInsight;
  readonly labTitle: (slug: string) => string;
  readonly audit: AuditLog;
  readonly clock: Clock;
}

/** What a point of the six numbers stands on. */
export class FigureInsight {
  readonly #parts: FigureInsightParts;

  constructor(parts: FigureInsightParts) {
    this.#parts = parts;
  }

  /** What is printed for a manager. On call and due are counted among whom the manager may look into. */
  async report(actor: PersonRow, { by, name }: GroupQuery, address: string): Promise<ProgrammeReport> {
    const { program, people, audit, clock } = this.#parts;
    const [figures, { chosen }, onCall, due] = await Promise.all([
      program.figures({ by, name }),
      program.facts({ by, name }),
      people.onCall(actor),
      people.dueOfEverybody(actor),
    ]);
    const among = new Set(chosen.flatMap(({ cohort }) => cohort.members.map(({ id }) => id)));
    await audit.record({ actor, action: 'figures.exported', detail: { by, name, as: 'report' }, address });
    return programmeReport({ figures, onCall, due, among, nowMs: clock.now() });
  }

  /** Throws NotFound for a group without a programme. Each look is in the audit log, with the point and how much was shown. */
  async evidence(actor: PersonRow, query: FigureEvidenceQuery, address: string): Promise<FigureEvidence> {
    const { program, sources, managers, labTitle, audit, clock } = this.#parts;
    const definition = metricDefinitions.find(({ id }) => id === query.metric);
    if (definition === undefined) throw new AppError('InvalidRequest', 'There is no such number.', { remedy: 'Choose one of the six.' });
    const atMs = query.at === undefined ? clock.now() : Date.parse(query.at);
    const [group, looker, nameOf, labs] = await Promise.all([
      program.facts(query),
      managers.lookerOf(actor),
      sources.nameOf(),
      sources.labsOfAttempts(),
    ]);
    const { figure, facts } = pointOf(definition, group.facts, query.day === undefined ? { atMs } : { day: query.day });
    const opened = openPoint({ definition, figure, facts }, looker, {
      person: nameOf,
      lab: labTitle,
      attempt: (id) => labs.get(id) ?? '',
    });
    await audit.record({
      actor,
      action: 'evidence.opened',
      ...(query.name === undefined ? {} : { subject: query.name }),
      detail: { ...query, shown: opened.rows.length, withheld: opened.withheld },
      address,
    });
    const { title, definition: words, unit } = definition;
    return { title, definition: words, unit, of: group.of, at: toInstant(atMs), day: query.day ?? null, figure, ...opened };
  }
}
