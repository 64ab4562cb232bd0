import type { Cohorts } from '../accounts/cohorts.ts';
import { nameFrom, type People } from '../accounts/people.ts';
import { AppError, notFound } from '../app-error.ts';
import type { LabCatalogue } from '../attempts/lab-catalogue.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { DAY_MS, toInstant, type Clock } from '../clock.ts';
import type { Grade } from '../contract/attempts.ts';
import type { Cohort } from '../contract/people.ts';
import {
  type Figures,
  type Grouping,
  type ImportPreview,
  type ImportRows,
  type ImportView,
  type Programme,
  type SaveProgramme,
} from '../contract/program.ts';
import type { PersonRef } from '../contract/roles.ts';
import { toCsv } from '../csv.ts';
import { newId } from '../ids.ts';
import type { PersonRow } from '../store/schema.ts';
import { parseImport, type ImportedRow } from './csv-import.ts';
import { chooseGroup, groupsOf, labelOf } from './program-groups.ts';
import { MARK_DAYS, programmeFigures, type ProgrammeFacts } from './programme-figures.ts';
import { programmeFacts, type StartedProgramme } from './program-facts.ts';
import type { ProgramRecords } from './program-records.ts';
import type { ReadinessRecords } from './readiness-records.ts';

const MAX_PROBLEMS = 50;
const SAMPLE_ROWS = 5;

export interface ProgramParts {
  readonly records: ProgramRecords;
  /** Who was put on which track; whoever was not is on their cohort's. */
  readonly placements: Pick<ReadinessRecords, 'tracks'>;
  readonly cohorts: Cohorts;
  readonly people: People;
  readonly catalogue: LabCatalogue;
  readonly audit: AuditLog;
  readonly clock: Clock;
  /** Of everybody's attempts that have ended. */
  readonly grades: () => Promise<readonly Grade[]>;
}

interface Chosen {
  readonly by?: Grouping | undefined;
  readonly name?: string | undefined;
}

interface GroupFacts {
  /** Whom they are of. */
  readonly of: string;
  readonly started: readonly StartedProgramme[];
  readonly chosen: readonly StartedProgramme[];
  readonly facts: readonly ProgrammeFacts[];
}

/** Programmes of ninety days and what they change. */
export class Program {
  readonly #parts: ProgramParts;

  constructor(parts: ProgramParts) {
    this.#parts = parts;
  }

  /** One for each cohort, whether it has been planned or not. */
  async list(): Promise<Programme[]> {
    const [cohorts, documents] = await Promise.all([this.#parts.cohorts.list(), this.#parts.records.programmes()]);
    return cohorts.map((cohort) => view(cohort, documents.get(cohort.id)));
  }

  /** Throws InvalidRequest for labs that do not exist. */
  async save(actor: PersonRow, cohortId: string, programme: SaveProgramme, address: string): Promise<Programme> {
    const cohort = await this.#parts.cohorts.require(cohortId);
    const unknown = programme.curriculum.filter(({ lab }) => !this.#parts.catalogue.labs.some(({ slug }) => slug === lab));
    if (unknown.length > 0)
      throw new AppError('InvalidRequest', `There is no lab ${unknown.map(({ lab }) => lab).join(', ')}.`, {
        remedy: 'Choose labs of the catalogue.',
        issues: [{ path: 'curriculum', message: 'Has a lab that does not exist.' }],
      });
    await this.#parts.records.save(cohortId, programme);
    await this.#parts.audit.record({
      actor,
      action: 'programme.saved',
      subject: cohortId,
      detail: { startsAt: programme.startsAt, team: programme.team, labs: programme.curriculum.length },
      address,
    });
    return view(cohort, programme);
  }

  /** Throws NotFound for a group that does not exist or has no programme yet. */
  async figures(which: Chosen): Promise<Figures> {
    const { of, started, chosen, facts } = await this.facts(which);
    const nowMs = this.#parts.clock.now();
    const days = facts.map(({ startsAtMs }) => Math.floor((nowMs - startsAtMs) / DAY_MS));
    return {
      of,
      people: new Set(chosen.flatMap(({ cohort }) => cohort.members.map(({ id }) => id))).size,
      day: days.length === 0 ? null : Math.min(...days),
      figures: programmeFigures(facts, nowMs),
      groups: groupsOf(started),
    };
  }

  /** What the figures of a group stand on. Throws NotFound as {@link Program.figures}. */
  async facts({ by, name }: Chosen): Promise<GroupFacts> {
    const { records } = this.#parts;
    const started = await this.#started();
    const chosen = by === undefined ? started : chooseGroup(started, by, name);
    if (by !== undefined && chosen.length === 0) throw notFound(`${by} with a programme`);
    const [grades, costs, tickets, changes] = await Promise.all([
      this.#parts.grades(),
      records.costs(),
      records.rows('tickets'),
      records.rows('changes'),
    ]);
    const owners = new Map<string, string[]>();
    for (const grade of grades) owners.set(grade.attemptId, [...(owners.get(grade.attemptId) ?? []), grade.person.id]);
    return {
      of: by === undefined || name === undefined ? 'Everybody' : labelOf(by, name),
      started,
      chosen,
      facts: programmeFacts(chosen, { grades, costs, tickets, changes, ownersOf: (id) => owners.get(id) ?? [] }),
    };
  }

  async figuresCsv(chosen: Chosen): Promise<string> {
    const { of, figures } = await this.figures(chosen);
    const round = (value: number | null | undefined): number | null =>
      value === null || value === undefined ? null : Math.round(value * 100) / 100;
    return toCsv(
      [
        ['Of', () => of],
        ['Metric', ({ title }) => title],
        ['Unit', ({ unit }) => unit],
        ['Baseline', ({ baseline }) => round(baseline.value)],
        ...MARK_DAYS.map(
          (day) =>
            [`Day ${day}`, ({ marks }: (typeof figures)[number]) => round(marks.find((mark) => mark.day === day)?.figure?.value)] as const,
        ),
        ['Now', ({ now }) => round(now.value)],
        ['Target', ({ target }) => target],
        ['Source', ({ source }) => source],
      ],
      figures,
    );
  }

  async preview({ kind, source, csv }: ImportRows): Promise<ImportPreview> {
    const { rows, problems } = parseImport(kind, csv);
    const fresh = await this.#fresh(kind, source, rows);
    return {
      rows: rows.length,
      known: rows.length - fresh.length,
      problems: problems.slice(0, MAX_PROBLEMS),
      problemCount: problems.length,
      sample: rows.slice(0, SAMPLE_ROWS).map(({ id, atMs, team, failed }) => ({ id, at: toInstant(atMs), team, failed })),
    };
  }

  /** Throws InvalidRequest, with the lines, when any line is wrong: half an import would be half a figure. */
  async import(actor: PersonRow, { kind, source, csv }: ImportRows, address: string): Promise<ImportView> {
    const { records, audit, clock } = this.#parts;
    const { rows, problems } = parseImport(kind, csv);
    if (problems.length > 0)
      throw new AppError(
        'InvalidRequest',
        `${problems.length === 1 ? 'One line is' : `${problems.length} lines are`} wrong; nothing was imported.`,
        {
          remedy: 'Mend the lines that are named and send the file again.',
          issues: problems
            .slice(0, MAX_PROBLEMS)
            .map(({ line, message, remedy }) => ({ path: `line ${line}`, message: `${message} ${remedy}` })),
        },
      );
    const fresh = await this.#fresh(kind, source, rows);
    const entry = {
      id: newId('import'),
      kind,
      source,
      row_count: fresh.length,
      known: rows.length - fresh.length,
      by_id: actor.id,
      at_ms: clock.now(),
    };
    await records.keep(entry, fresh);
    await audit.record({ actor, action: 'import.made', subject: entry.id, detail: { kind, source, rows: fresh.length }, address });
    return {
      id: entry.id,
      kind,
      source,
      rows: fresh.length,
      known: entry.known,
      by: { id: actor.id, name: actor.name },
      at: toInstant(entry.at_ms),
    };
  }

  async imports(): Promise<ImportView[]> {
    const [rows, names] = await Promise.all([this.#parts.records.imports(), this.#parts.people.names()]);
    const person: (id: string) => PersonRef = nameFrom(names);
    return rows.map((row) => ({
      id: row.id,
      kind: row.kind,
      source: row.source,
      rows: row.row_count,
      known: row.known,
      by: person(row.by_id),
      at: toInstant(row.at_ms),
    }));
  }

  async undoImport(actor: PersonRow, importId: string, address: string): Promise<void> {
    if (!(await this.#parts.records.remove(importId))) throw notFound('import');
    await this.#parts.audit.record({ actor, action: 'import.undone', subject: importId, address });
  }

  /** What is not known yet, each id once. */
  async #fresh(kind: ImportRows['kind'], source: string, rows: readonly ImportedRow[]): Promise<ImportedRow[]> {
    const byId = new Map(rows.map((row) => [row.id, row]));
    const known = await this.#parts.records.known(kind, source, [...byId.keys()]);
    return [...byId.values()].filter(({ id }) => !known.has(id));
  }

  async #started(): Promise<StartedProgramme[]> {
    const { cohorts: groups, records, placements } = this.#parts;
    const [cohorts, documents, placed] = await Promise.all([groups.list(), records.programmes(), placements.tracks()]);
    const nowMs = this.#parts.clock.now();
    return cohorts.flatMap((cohort) => {
      const document = documents.get(cohort.id);
      return document === undefined || Date.parse(document.startsAt) > nowMs ? [] : [{ cohort, document, placed }];
    });
  }
}

function view({ id, name, members }: Cohort, document: SaveProgramme | undefined): Programme {
  const empty = { startsAt: null, track: null, team: null, curriculum: [], baselines: {}, targets: {} };
  return { cohort: { id, name, members: members.length }, ...(document ?? empty) };
}
