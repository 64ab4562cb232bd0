import { describe, expect, it } from 'vitest';
import { scoreStatus } from '../grader/incidents/status-score.ts';
import { ownLabsDir, parseLab } from './catalogue.ts';
import { readLabFiles } from './lab-files.ts';
import { parseStatusSeries } from './status-series.ts';

describe('a series of status updates', () => {
  it('is put on a clock that ends at the time given', () => {
    const text = `
end: 10m
looks: [{ at: 0s, failing: [It answers] }, { at: 8m, failing: [] }]
pauses: [{ from: 1m, to: 2m }]
updates:
  - { at: 3m, kind: first-notice, text: We know., impact: No answers today., next: 5m }
  - { at: 9m, kind: resolved, audience: internal, text: Well., corrects: 1 }
`;
    expect(parseStatusSeries(text, 600_000)).toMatchObject({
      updates: [
        { seq: 1, atMs: 180_000, audience: 'users', nextAtMs: 480_000, corrects: null },
        { seq: 2, atMs: 540_000, audience: 'internal', nextAtMs: null, corrects: 1 },
      ],
      samples: [{ atMs: 0 }, { atMs: 480_000, failing: [] }],
      clock: { startedAtMs: 0, untilMs: 600_000, isOver: true, pauses: [{ fromMs: 60_000, toMs: 120_000 }] },
    });
  });

  it('of lab 4 shows what it is there to show, and a lab whose series does not is refused', async () => {
    const files = await readLabFiles(`${ownLabsDir}/incident`);
    const missed = (file: string): string[] =>
      scoreStatus(parseStatusSeries(files.get(file)!, 0)).flatMap(({ rule, kind }) => (kind === 'missed' ? [rule] : []));
    expect(missed('status/good.yaml')).toEqual([]);
    expect(missed('status/poor.yaml')).toEqual(['first-notice', 'scope', 'fields', 'promise', 'claims', 'safe']);
    const told = (changes: Readonly<Record<string, string>>): string =>
      parseLab('incident', new Map([...files, ...Object.entries(changes)]))
        .problems.map(({ message, line }) => `${line ?? '?'}: ${message}`)
        .join('\n');
    expect(told({})).toBe('');
    expect(told({ 'status/good.yaml': files.get('status/poor.yaml')! })).toMatch(
      /^\d+: The good series does not pass the check told-in-time: The first notice came 8 min/m,
    );
    expect(told({ 'status/poor.yaml': files.get('status/good.yaml')! })).toMatch(
      /^\d+: The series passes the check told-in-time, which should catch it/m,
    );
    expect(told({ 'status/poor.yaml': 'end: soon' })).toMatch(/cannot be read/);
  });
});
