import { describe, expect, it } from 'vitest';
import type { Grade } from '../contract/attempts.ts';
import type { Figure, MetricId, SaveProgramme } from '../contract/program.ts';
import { programmeFigures, type ProgrammeFacts } from './programme-figures.ts';
import { programmeFacts, type ProgramSources } from './program-facts.ts';
import { DAY_MS } from '../clock.ts';

const start = Date.UTC(2026, 7, 1);
const none: ProgrammeFacts['facts'] = { completion: [], passed: [], recovery: [], cost: [], 'change-failures': [], tickets: [] };
const people = ['pr_a', 'pr_b', 'pr_c'];
const day = (n: number): number => start + n * DAY_MS;

function figureFor(metric: MetricId, programmes: readonly ProgrammeFacts[], nowMs: number): Figure {
  return programmeFigures(programmes, nowMs).find((one) => one.metric === metric)!;
}
const programme = (facts: Partial<ProgrammeFacts['facts']>, more: Partial<ProgrammeFacts> = {}): ProgrammeFacts => ({
  startsAtMs: start,
  baselines: {},
  targets: {},
  facts: { ...none, ...facts },
  ...more,
});

describe('programmeFigures', () => {
  it('takes the baseline from the thirty days before, the marks from the thirty days up to them, and leaves days to come empty', () => {
    const recovery = [-10, 25, 55].flatMap((atDay, period) =>
      people.map((personId, index) => ({ atMs: day(atDay), personId, value: [90, 60, 40][period]! + index })),
    );
    const figure = figureFor('recovery', [programme({ recovery })], day(61));
    expect(figure.baseline).toEqual({ value: 91, of: 3, why: null });
    expect(figure.baselineEntered).toBe(false);
    expect(figure.marks).toEqual([
      { day: 30, figure: { value: 61, of: 3, why: null } },
      { day: 60, figure: { value: 41, of: 3, why: null } },
      { day: 90, figure: null },
    ]);
    expect(figure.now).toEqual({ value: 41, of: 3, why: null });
    expect(figure.target).toBe(60);
  });

  it('prefers a baseline and a target that somebody entered', () => {
    const figure = figureFor('tickets', [programme({}, { baselines: { tickets: 150 }, targets: { tickets: 80 } })], day(1));
    expect(figure).toMatchObject({ baseline: { value: 150 }, baselineEntered: true, target: 80 });
  });

  it('shows no number of fewer than three people', () => {
    const passed = people.slice(0, 2).map((personId) => ({ atMs: day(5), personId, value: 1 }));
    const { now } = figureFor('passed', [programme({ passed })], day(10));
    expect(now).toEqual({ value: null, of: 2, why: 'Only 2 people have taken part, too few to show without showing who.' });
  });

  it('counts no tickets as none where tickets are known, and as unknown where they are not', () => {
    const known = programme({ tickets: [{ atMs: day(-40), value: 1 }] });
    expect(figureFor('tickets', [known], day(10)).now).toEqual({ value: 0, of: 0, why: null });
    expect(figureFor('tickets', [programme({})], day(10)).now).toMatchObject({ value: null, why: 'Nothing was recorded in this time.' });
  });

  it('counts days in each programme from its own start', () => {
    const later = programme({ 'change-failures': [{ atMs: day(100 + 29), value: 1 }] }, { startsAtMs: day(100) });
    const first = programme({ 'change-failures': [{ atMs: day(29), value: 0 }] });
    const { marks } = figureFor('change-failures', [first, later], day(131));
    expect(marks.map(({ figure }) => figure?.value ?? null)).toEqual([50, null, null]);
  });

  it('draws a point a week and one for today, and none without a programme', () => {
    expect(figureFor('tickets', [programme({})], day(20)).trend.map(({ at }) => at.slice(0, 10))).toEqual([
      '2026-08-01',
      '2026-08-08',
      '2026-08-15',
      '2026-08-21',
    ]);
    expect(figureFor('tickets', [], day(20))).toMatchObject({ trend: [], now: { value: null } });
  });
});

describe('programmeFacts', () => {
  const document: SaveProgramme = {
    startsAt: new Date(start).toISOString(),
    track: null,
    team: 'ops',
    curriculum: [
      { lab: 'endpoint', dueDay: 10 },
      { lab: 'gateway', dueDay: 40 },
    ],
    baselines: {},
    targets: {},
  };
  const cohort = { id: 'co_1', name: 'Autumn', members: people.map((id) => ({ id, name: id })), createdAt: '' };
  const grade = (personId: string, lab: string, atDay: number, outcome: Grade['outcome'], minutes: number | null = null): Grade => ({
    attemptId: `at_${personId}_${lab}_${atDay}`,
    person: { id: personId, name: personId },
    teamRole: null,
    cohorts: [],
    lab: { slug: lab, title: lab },
    mode: 'incident',
    outcome,
    overridden: false,
    score: null,
    restoredAfterMs: minutes === null ? null : minutes * 60_000,
    hintsUsed: 0,
    aiPolicy: null,
    aiTools: null,
    startedAt: '',
    endedAt: new Date(day(atDay)).toISOString(),
  });
  const empty: ProgramSources = { grades: [], costs: [], ownersOf: () => [], tickets: [], changes: [] };

  it('holds each member to each lab by its day, in time or not', () => {
    const grades = [
      grade('pr_a', 'endpoint', 9, 'failed'),
      grade('pr_b', 'endpoint', 11, 'passed'),
      grade('pr_c', 'endpoint', -3, 'passed'),
      grade('pr_c', 'gateway', 20, 'abandoned'),
    ];
    const facts = programmeFacts([{ cohort, document }], { ...empty, grades });
    expect(figureFor('completion', facts, day(30)).now).toMatchObject({ value: (1 / 3) * 100, of: 3 });
    expect(figureFor('completion', facts, day(41)).now).toMatchObject({ value: (1 / 6) * 100, of: 6 });
  });

  it('counts verdicts of members only, and only those', () => {
    const grades = [
      grade('pr_a', 'endpoint', 5, 'passed', 30),
      grade('pr_b', 'endpoint', 5, 'failed'),
      grade('pr_c', 'endpoint', 6, 'passed', 60),
      grade('pr_c', 'endpoint', 7, 'broken'),
      grade('pr_stranger', 'endpoint', 7, 'failed', 500),
    ];
    const facts = programmeFacts([{ cohort, document }], { ...empty, grades });
    expect(figureFor('passed', facts, day(10)).now).toMatchObject({ value: (2 / 3) * 100, of: 3 });
    expect(facts[0]!.facts.recovery.map(({ value }) => value)).toEqual([30, 60]);
  });

  it('counts a team’s tickets once, whoever trains in it', () => {
    const tickets = ['ops', 'ops', 'sales', null].map((team, index) => ({ id: String(index), atMs: day(2), team, failed: null }));
    const second = { cohort: { ...cohort, id: 'co_2', name: 'Winter' }, document };
    const facts = programmeFacts([{ cohort, document }, second], { ...empty, tickets });
    expect(figureFor('tickets', facts, day(10)).now).toEqual({ value: 2, of: 2, why: null });
  });

  it('counts a cost for everybody whose attempt it was', () => {
    const costs = [{ attemptId: 'at_1', atMs: day(3), usd: 14 }];
    const facts = programmeFacts([{ cohort, document }], { ...empty, costs, ownersOf: () => [...people, 'pr_stranger'] });
    expect(figureFor('cost', facts, day(10)).now).toEqual({ value: 14, of: 3, why: null });
  });
});
