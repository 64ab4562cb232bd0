import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../clock.ts';
import { planReminders, type Ahead } from './reminder-plan.ts';

const nowMs = Date.UTC(2026, 10, 21, 9);
const nothing: Ahead = { due: [], drills: [], certificates: [], returned: [], toReview: [] };
const due = (state: string): Ahead => ({
  ...nothing,
  due: [{ id: 'co_1:lab:endpoint', title: 'Endpoint', dueAtMs: nowMs, path: '/training', state }],
});
const drill = (hours: number): Ahead => ({
  ...nothing,
  drills: [{ id: 'dr_1', title: 'Leaked key', role: 'commander', minutes: 60, startsAtMs: nowMs + hours * 3_600_000 }],
});
const certificate = (days: number): Ahead => ({
  ...nothing,
  certificates: [{ id: 'ct_1', title: 'AI Platform Operator', validUntilMs: nowMs + days * DAY_MS }],
});
const artefact = { attemptId: 'at_1', artefactId: 'runbook', title: 'Runbook', version: 2, atMs: nowMs - DAY_MS };
const ids = (ahead: Ahead, dismissed: string[] = []): string[] => planReminders(ahead, new Set(dismissed), nowMs).map(({ id }) => id);

describe('reminders', () => {
  it.each<[string, Ahead, string[]]>([
    ['nothing ahead', nothing, []],
    ['far away', due('upcoming'), []],
    ['due soon', due('due-soon'), ['due-soon:co_1:lab:endpoint']],
    ['overdue', due('overdue'), ['overdue:co_1:lab:endpoint']],
    ['a drill in two days', drill(48), []],
    ['a drill today', drill(6), [`drill:dr_1:${nowMs + 6 * 3_600_000}`]],
    ['a drill that has begun', drill(-1), [`drill:dr_1:${nowMs - 3_600_000}`]],
    ['a drill that nobody ended yesterday', drill(-24), []],
    ['a certificate for long', certificate(31), []],
    ['a certificate that expires', certificate(30), ['certificate-expiring:ct_1']],
    ['a certificate that has expired', certificate(0), ['certificate-expired:ct_1']],
    ['one that expired long ago', certificate(-31), []],
    ['an artefact that came back', { ...nothing, returned: [artefact] }, ['returned:at_1:runbook:2']],
    ['one to review', { ...nothing, toReview: [{ ...artefact, person: 'Tess' }] }, ['review:at_1:runbook:2']],
  ])('%s', (_, ahead, expected) => {
    expect(ids(ahead)).toEqual(expected);
  });

  it('put the most pressing first', () => {
    const all = {
      due: [...due('due-soon').due, ...due('overdue').due],
      drills: drill(1).drills,
      certificates: certificate(5).certificates,
      returned: [artefact],
      toReview: [{ ...artefact, person: 'Tess' }],
    };
    expect(planReminders(all, new Set(), nowMs).map(({ kind }) => kind)).toEqual([
      'overdue',
      'returned',
      'drill',
      'due-soon',
      'certificate',
      'review',
    ]);
  });

  it('leave out what was dismissed, and come back when it is another thing', () => {
    const dismissed = ids({ ...nothing, returned: [artefact], drills: drill(6).drills });
    expect(ids({ ...nothing, returned: [artefact] }, dismissed)).toEqual([]);
    expect(ids({ ...nothing, returned: [{ ...artefact, version: 3 }] }, dismissed)).toHaveLength(1);
    expect(ids(drill(7), dismissed)).toHaveLength(1);
    expect(ids(due('overdue'), ids(due('due-soon')))).toHaveLength(1);
  });
});
