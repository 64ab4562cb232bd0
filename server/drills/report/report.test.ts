import { describe, expect, it } from 'vitest';
import { contentOf } from '../../pdf/testing/pdf-content.ts';
import { fakeScript } from '../../testing/fake-script.ts';
import { stampEntries } from '../drill-actor.ts';
import type { DrillHead, Happening } from '../drill-entry.ts';
import { reviewDrill } from '../drill-review.ts';
import { newDrillState } from '../drill-state.ts';
import { planReport, type AfterAction } from './after-action.ts';
import { ticksOf } from './report-charts.ts';
import { reportMarkdown } from './report-markdown.ts';
import { reportPdf } from './report-pdf.ts';

const START_MS = Date.UTC(2026, 10, 21, 9);
const head: DrillHead = {
  id: 'dr_x',
  scriptSlug: 'printer',
  scriptHash: 'abcdef0123456789',
  script: fakeScript,
  mode: 'tabletop',
  createdById: 'fay',
  startsAtMs: START_MS,
};
const nameOf = (id: string) => ({ id, name: { cara: 'Cara Šťastná', eve: 'Ева' }[id] ?? id });

/** So many hypotheses among it, so that it fills pages. */
function makeReport(more: number): AfterAction {
  const steps: readonly (readonly [number, string | null, Happening])[] = [
    [0, 'fay', { kind: 'role-given', personId: 'cara', role: 'commander' }],
    [0, 'fay', { kind: 'started' }],
    [2, null, { kind: 'inject-fired', inject: 2 }],
    [2, 'fay', { kind: 'service', state: 'down', seen: 'Nobody can print.', failing: ['Printing'] }],
    [3, 'eve', { kind: 'acknowledged', inject: 2 }],
    ...Array.from({ length: more }, (_, index): readonly [number, string, Happening] => [
      4,
      'eve',
      { kind: 'supposed', text: `Toner | number ${index}\n${'and so on '.repeat(8)}`, inject: null },
    ]),
    [9, 'fay', { kind: 'service', state: 'up', seen: 'People print.', failing: [] }],
    [10, 'fay', { kind: 'ended' }],
    [11, 'cara', { kind: 'hot-wash', about: 'action', text: 'Buy a detector.', owner: 'Facilities' }],
    [11, 'vera', { kind: 'objective-rated', objective: 'notice', rating: 'some-challenges', comment: 'Late, but calm.' }],
    [11, 'vera', { kind: 'communication-rated', scores: { clarity: 3, audience: 2, rationale: 1, blamelessness: 3 }, comment: '' }],
  ];
  let state = newDrillState(head);
  const entries = steps.flatMap(([minute, actorId, what]) => {
    const stamped = stampEntries(state, [what], actorId, START_MS + minute * 60_000);
    state = stamped.state;
    return stamped.entries;
  });
  const review = reviewDrill({ state, entries, nowMs: START_MS + 3_600_000, nameOf }, 'all');
  return planReport(head, state, review, nameOf, '2026-11-21T10:00:00.000Z');
}

describe('the after-action report', () => {
  const report = makeReport(3);

  it('as Markdown has facts, times, rules, objectives, actions and the timeline', () => {
    const text = reportMarkdown(report);
    expect(text).toContain('# After-action report: The printer is on fire');
    expect(text).toContain('- Cara Šťastná, incident commander');
    expect(text).toContain('| Time to detect | 1 min | Somebody acknowledged a message. |');
    expect(text).toContain('| Time to diagnose | not reached |');
    expect(text).toContain('| Notices it | performed with some challenges | 1 | Late, but calm. |');
    expect(text).toContain('| Reasons given | 1 |');
    expect(text).toContain('- Buy a detector. (owner: Facilities)');
    expect(text).toMatch(/\| 4:00 \| 09:04:00 \| Ева \| Hypothesis: Toner \\\| number 0 and so on/);
    for (const line of text.split('\n').filter((row) => row.startsWith('| 4:00')))
      expect(line.replaceAll('\\|', '').split('|')).toHaveLength(6);
  });

  it('draws the service over time, and marks', () => {
    expect(report.service).toEqual([
      { fromMs: 120_000, toMs: 540_000, isUp: false },
      { fromMs: 540_000, toMs: 600_000, isUp: true },
    ]);
    expect(report.marks.filter(({ kind }) => kind === 'hypothesis')).toHaveLength(3);
    expect(report.lengthMs).toBe(600_000);
  });

  it('as PDF is a document with its charts, on as many pages as it needs', async () => {
    const short = contentOf(await reportPdf(report));
    const long = contentOf(await reportPdf(makeReport(150)));
    expect(short.pages).toBeGreaterThanOrEqual(1);
    expect(long.pages).toBeGreaterThan(short.pages);
    // Filled rectangles are bars and stretches of the service; circles are marks, drawn as four curves each.
    const bars = [...short.drawing.matchAll(/ re\n/g)].length;
    expect(bars).toBeGreaterThanOrEqual(2 + 4 + 1 + 4 + 4);
    expect([...short.drawing.matchAll(/ c\n/g)].length).toBeGreaterThanOrEqual(4 * report.marks.length);
  });

  it('has an axis of round minutes', () => {
    expect(ticksOf(600_000)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(ticksOf(45 * 60_000)).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45]);
    expect(ticksOf(30_000)).toEqual([0]);
  });
});
