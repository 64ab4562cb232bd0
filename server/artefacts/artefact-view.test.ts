import { describe, expect, it } from 'vitest';
import { incidentAttempt } from '../testing/attempts.ts';
import { recordOf } from './artefact-view.ts';

describe('the record for a timeline', () => {
  const attempt = { ...incidentAttempt(), incidentStartedAtMs: 10_000 };
  const entry = (atMs: number, kind: string, text: string) => ({ atMs, kind, text, actorId: null });

  it('begins with the incident, names no fault, and ends with what was seen from outside', () => {
    const journal = [
      entry(1_000, 'hint', 'A hint while building.'),
      entry(9_000, 'fault-injected', 'The fault bad-image was injected.'),
      entry(10_000, 'fault-live', 'The fault is live. The clock runs.'),
      entry(20_000, 'incident-asked', 'An instructor chose the fault bad-image.'),
      entry(30_000, 'hint', 'Opened the hint "Look around".'),
      entry(40_000, 'status', 'Told the users (first notice): We look into it.'),
      entry(90_000, 'grading', 'Asked for the verdict.'),
    ];
    const typed = [5_000, 50_000].map((atMs) => ({ atMs, command: 'kubectl rollout undo deployment/inference' }));
    const record = recordOf({ attempt, journal, typed, restoredAfterMs: 60_000 });
    expect(record.map(({ what }) => what)).toEqual([
      'The incident began.',
      'Opened the hint "Look around".',
      'Told the users (first notice): We look into it.',
      'Typed: kubectl rollout undo deployment/inference',
      'The service was well again, as seen from outside.',
      'Asked for the verdict.',
    ]);
    expect(record[4]?.at).toBe('1970-01-01T00:01:10.000Z');
    expect(JSON.stringify(record)).not.toContain('bad-image');
  });

  it('is empty before there is an incident', () => {
    expect(
      recordOf({ attempt: { ...attempt, incidentStartedAtMs: null }, journal: [entry(1, 'hint', 'x')], typed: [], restoredAfterMs: null }),
    ).toEqual([]);
  });
});
