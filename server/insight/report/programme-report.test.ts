import { describe, expect, it } from 'vitest';
import { programmeFigures } from '../../program/programme-figures.ts';
import type { OnCallPerson } from '../../contract/insight.ts';
import type { Figures } from '../../contract/program.ts';
import { DAY_MS } from '../../clock.ts';
import { programmeReport } from './programme-report.ts';
import { programmeReportPdf } from './programme-report-pdf.ts';
import { contentOf } from '../../pdf/testing/pdf-content.ts';

const startsAtMs = Date.UTC(2026, 8, 1);
const nowMs = startsAtMs + 61 * DAY_MS;

function makeFigures(): Figures {
  const people = ['a', 'b', 'c', 'd', 'e'];
  const facts = people.flatMap((personId, index) =>
    [-10, 15, 45].map((day, period) => ({ atMs: startsAtMs + day * DAY_MS, personId, value: index < period + 2 ? 1 : 0 })),
  );
  const programme = {
    startsAtMs,
    baselines: { completion: 55 },
    targets: {},
    facts: { completion: [], passed: facts, recovery: [], cost: [], 'change-failures': [], tickets: [] },
  };
  return { of: 'Jesień 2026', people: 5, day: 61, figures: programmeFigures([programme], nowMs), groups: [] };
}

const row = (id: string, state: OnCallPerson['state']): OnCallPerson => ({
  person: { id, name: 'Ann' },
  state,
  until: null,
  met: [],
  missing: [],
});

const report = programmeReport({
  figures: makeFigures(),
  onCall: {
    problems: [],
    services: [
      {
        id: 'x',
        title: 'Inference',
        summary: '',
        asks: [],
        counts: { ready: 3, nearly: 1, lapsed: 0, 'not yet': 4 },
        people: [row('pr_a', 'ready'), row('pr_b', 'ready'), row('pr_c', 'nearly'), row('pr_of_another_cohort', 'ready')],
      },
    ],
  },
  due: [],
  among: new Set(['pr_a', 'pr_b', 'pr_c']),
  nowMs,
});

describe('the manager’s report', () => {
  it('has the six numbers with their marks, in one row each', () => {
    expect(report.rows).toHaveLength(6);
    expect(report.rows[1]).toEqual(['Labs passed', '40%', '60%', '80%', '–', '80%', '80%']);
    expect(report.rows[0]?.[1]).toBe('55%');
    expect(report.facts).toContainEqual(['Made on', '2026-11-01 00:00 UTC']);
  });

  it('says each in a sentence, with where it stands, what it is and where it comes from', () => {
    const passed = report.figures.find(({ title }) => title === 'Labs passed');
    expect(passed).toMatchObject({ sentence: '80% of attempts pass; it was 40%; the aim is 80%.', standing: 'Aim reached' });
    expect(report.figures[0]?.definition).toMatch(/Source: Drillhouse.* entered by hand\.$/);
  });

  it('names nobody', () => {
    expect(JSON.stringify(report)).not.toMatch(/pr_|Ann/);
    expect(report.onCall).toEqual([['Inference', '2', '1', '0']]);
  });

  it('as PDF has the trend drawn, a point for each week that is known', async () => {
    const { pages, drawing } = contentOf(await programmeReportPdf(report));
    expect(pages).toBeGreaterThanOrEqual(2);
    const known = report.figures.flatMap(({ points }) => points).filter(({ value }) => value !== null).length;
    expect(known).toBeGreaterThan(5);
    // A point is a circle, drawn as four curves.
    expect([...drawing.matchAll(/ c\n/g)].length).toBe(4 * known);
  });
});
