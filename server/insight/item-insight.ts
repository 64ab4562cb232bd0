import type { AuditLog } from '../audit/audit-log.ts';
import type { Item, ItemEvidence, ItemEvidenceQuery, ItemNumber, Items, ItemsQuery } from '../contract/insight.ts';
import { toCsv } from '../csv.ts';
import { groupBy } from '../grouping.ts';
import type { PersonRow } from '../store/schema.ts';
import { mayLookInto } from './access.ts';
import type { CohortManagers } from './cohort-managers.ts';
import { evidenceRow } from './item-evidence.ts';
import { itemDefinitions, itemsOf, LEAST_OF, LEAST_OF_DISCRIMINATION, observationsOf, versionOf } from './item-quality.ts';
import type { JudgedAttempt } from './judged-attempt.ts';
import type { InsightSources } from './sources.ts';

const MAX_ROWS = 200;

export interface ItemInsightParts {
  readonly sources: InsightSources;
  readonly managers: CohortManagers;
  readonly audit: AuditLog;
}

/** How good labs, faults and checks are, and what shows it. */
export class ItemInsight {
  readonly #parts: ItemInsightParts;

  constructor(parts: ItemInsightParts) {
    this.#parts = parts;
  }

  async items(query: ItemsQuery): Promise<Items> {
    const attempts = await this.#parts.sources.judged();
    return {
      items: itemsOf(attempts, query),
      leastOf: LEAST_OF,
      leastOfDiscrimination: LEAST_OF_DISCRIMINATION,
      definitions: itemDefinitions,
      labs: choicesOf(attempts),
    };
  }

  async csv(actor: PersonRow, query: ItemsQuery, address: string): Promise<string> {
    const { items } = await this.items(query);
    await this.#parts.audit.record({ actor, action: 'items.exported', detail: { ...query }, address });
    return itemsCsv(items);
  }

  /** The attempts behind a number of an item, with the people whom the caller may look into. Each look is in the audit log. */
  async evidence(actor: PersonRow, query: ItemEvidenceQuery, address: string): Promise<ItemEvidence> {
    const { sources, managers, audit } = this.#parts;
    const [attempts, looker, nameOf] = await Promise.all([sources.judged(), managers.lookerOf(actor), sources.nameOf()]);
    const observed = observationsOf(attempts, query)
      .filter(({ check }) => query.level !== 'check' || check?.id === query.check)
      .flatMap((observation) => {
        const row = evidenceRow(query.number, observation, nameOf);
        return row === undefined ? [] : [row];
      });
    const allowed = observed.filter(({ people }) => people.every(({ id }) => mayLookInto(looker, id)));
    await audit.record({ actor, action: 'evidence.opened', detail: { ...query, attempts: allowed.length }, address });
    const newest = allowed.toSorted((a, b) => b.at.localeCompare(a.at)).slice(0, MAX_ROWS);
    return { definition: itemDefinitions[query.number], rows: newest, withheld: observed.length - newest.length };
  }
}

function choicesOf(attempts: readonly JudgedAttempt[]): Items['labs'] {
  return [...groupBy(attempts, ({ lab }) => lab.slug)]
    .map(([slug, of]) => ({
      slug,
      title: of[0]?.lab.title ?? slug,
      versions: [...new Set(of.map(versionOf))],
      faults: [...new Set(of.map(({ fault }) => fault))].sort(),
    }))
    .sort((a, b) => a.title.localeCompare(b.title));
}

function itemsCsv(items: readonly Item[]): string {
  const number = (title: string, name: ItemNumber, scale = 1) =>
    [
      [title, ({ numbers }: Item) => rounded(numbers[name].value, scale)],
      [`${title}, of`, ({ numbers }: Item) => numbers[name].of],
    ] as const;
  return toCsv(
    [
      ['Lab', ({ lab }) => lab.title],
      ['Version', ({ version }) => version],
      ['Fault', ({ fault }) => fault],
      ['Check', ({ check }) => check?.title ?? null],
      ['Attempts', ({ attempts }) => attempts],
      ['People', ({ people }) => people],
      ...number('Pass rate %', 'passRate', 100),
      ...number('Median min', 'medianMs', 1 / 60_000),
      ...number('Hints', 'hints'),
      ...number('False fails %', 'falseFail', 100),
      ...number('False passes %', 'falsePass', 100),
      ...number('Inconclusive %', 'inconclusive', 100),
      ...number('Flaky %', 'flaky', 100),
      ...number('Discrimination', 'discrimination'),
    ],
    items,
  );
}

function rounded(value: number | null, scale: number): number | null {
  return value === null ? null : Math.round(value * scale * 100) / 100;
}
