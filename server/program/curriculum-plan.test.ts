import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../clock.ts';
import { planCurriculum, type AttemptFact, type CurriculumParts, type TraineeFacts } from './curriculum-plan.ts';

const startsAtMs = Date.UTC(2026, 8, 1);
const nobody: TraineeFacts = { track: null, attempts: [], placedAtMs: [], certifiedAtMs: [] };
const parts = (day: number, more: Partial<CurriculumParts> = {}): CurriculumParts => ({
  startsAtMs,
  curriculum: [{ lab: 'endpoint', dueDay: 35 }],
  titleOf: (lab) => `Lab ${lab}`,
  nowMs: startsAtMs + day * DAY_MS,
  ...more,
});
const attempt = (id: string, day: number, outcome: AttemptFact['outcome'], more: Partial<AttemptFact> = {}): AttemptFact => ({
  attemptId: id,
  lab: 'endpoint',
  createdAtMs: startsAtMs + day * DAY_MS - 1,
  endedAtMs: startsAtMs + day * DAY_MS,
  outcome,
  artefacts: [],
  ...more,
});
const lab = (facts: Partial<TraineeFacts>, day: number) =>
  planCurriculum({ ...nobody, ...facts }, parts(day)).find(({ kind }) => kind === 'lab')!;

describe('the curriculum of one person', () => {
  it('begins with the readiness check, ends with a certificate, and counts days from the start', () => {
    expect(planCurriculum(nobody, parts(0)).map(({ id, dueAt, phase }) => [id, dueAt.slice(0, 10), phase])).toEqual([
      ['readiness', '2026-09-08', 'baseline'],
      ['lab:endpoint', '2026-10-06', 'labs'],
      ['certificate', '2026-11-30', 'certify'],
    ]);
  });

  it.each<[string, number, AttemptFact[], string]>([
    ['far away', 10, [], 'upcoming'],
    ['three days before', 32, [], 'due-soon'],
    ['at the very moment', 35, [], 'due-soon'],
    ['a moment later', 35.001, [], 'overdue'],
    ['passed in time', 40, [attempt('a', 34, 'passed')], 'done'],
    ['failed in time: it was taken to a verdict', 40, [attempt('a', 34, 'failed')], 'done'],
    ['passed too late', 40, [attempt('a', 36, 'passed')], 'done-late'],
    ['failed in time and passed later', 40, [attempt('a', 30, 'failed'), attempt('b', 38, 'passed')], 'done'],
    ['given up', 40, [attempt('a', 30, null)], 'overdue'],
    ['passed before the programme began', 40, [attempt('a', -5, 'passed')], 'overdue'],
    ['still running', 40, [attempt('a', 30, null, { endedAtMs: null })], 'overdue'],
    ['another lab', 40, [attempt('a', 30, 'passed', { lab: 'gateway' })], 'overdue'],
  ])('%s', (_, day, attempts, state) => {
    expect(lab({ attempts }, day).state).toBe(state);
  });

  it('shows the passed attempt and what is to be written in it, else the newest', () => {
    const written = [{ id: 'runbook', title: 'Runbook', state: 'returned' as const }];
    const attempts = [attempt('passed', 20, 'passed', { artefacts: written }), attempt('newer', 25, 'failed')];
    expect(lab({ attempts }, 30)).toMatchObject({ attemptId: 'passed', outcome: 'passed', artefacts: written });
    expect(lab({ attempts: [attempt('old', 5, null), attempt('new', 6, null, { endedAtMs: null })] }, 30)).toMatchObject({
      attemptId: 'new',
      outcome: null,
    });
  });

  it('asks of a track what it asks of that track, and of nobody’s track everything', () => {
    const curriculum = [
      { lab: 'endpoint', dueDay: 35 },
      { lab: 'cost', dueDay: 42, tracks: ['technical-lead' as const] },
    ];
    const asked = (track: TraineeFacts['track']): number =>
      planCurriculum({ ...nobody, track }, parts(0, { curriculum })).filter(({ kind }) => kind === 'lab').length;
    expect([asked('technical-lead'), asked('administrator'), asked(null)]).toEqual([2, 1, 2]);
  });

  it('counts a placement from before, but no certificate from before', () => {
    const before = startsAtMs - DAY_MS;
    const items = planCurriculum({ ...nobody, placedAtMs: [before], certifiedAtMs: [before] }, parts(10));
    expect(items.map(({ state }) => state)).toEqual(['done', 'upcoming', 'upcoming']);
    expect(planCurriculum({ ...nobody, certifiedAtMs: [before, startsAtMs + 80 * DAY_MS] }, parts(85)).at(-1)?.state).toBe('done');
  });
});
