import { describe, expect, it } from 'vitest';
import type { IncidentRecord, StatusUpdate } from '../incidents/status-update.ts';
import { checkOf, goodKey, testContext } from '../testing/sandbox-fixtures.ts';
import { runStatusCheck, type StatusCheck } from './status-check.ts';

const start = { startedAtMs: 0, untilMs: 240_000, isOver: true, pauses: [] };
const notice: StatusUpdate = {
  seq: 1,
  atMs: 60_000,
  kind: 'first-notice',
  audience: 'users',
  text: 'We have taken the case.',
  impact: 'Nobody gets answers.',
  scope: 'Everybody who asks it.',
  nextAtMs: 660_000,
  corrects: null,
};

async function judge(record: IncidentRecord | undefined, spec: object = {}): Promise<[string, string]> {
  const check = checkOf('s', { kind: 'status', ...spec }) as StatusCheck;
  const verdict = await runStatusCheck(check, { ...testContext(), fetchIncident: async () => record });
  return [verdict.kind, verdict.kind === 'pass' ? '' : verdict.reason];
}

describe('a check of status updates', () => {
  it('passes what keeps its rules, and says in its evidence how each came out', async () => {
    const check = checkOf('s', { kind: 'status', rules: ['first-notice', 'safe'] }) as StatusCheck;
    const record = { updates: [notice], samples: [], clock: start };
    const verdict = await runStatusCheck(check, { ...testContext(), fetchIncident: async () => record });
    expect(verdict.kind).toBe('pass');
    expect(verdict.evidence.map(({ summary }) => summary)).toEqual([
      'First notice: met. The first notice came 1 min after the start.',
      'No secrets, no personal data: met. No update holds secrets or personal data.',
      '1 status update, as told.',
    ]);
  });

  it('looks at its own rules only', async () => {
    const late = { updates: [{ ...notice, atMs: 400_000, nextAtMs: null }], samples: [], clock: { ...start, untilMs: 500_000 } };
    expect(await judge(late, { rules: ['claims'] })).toEqual(['pass', '']);
    expect(await judge(late, { rules: ['first-notice', 'fields'] })).toEqual([
      'fail',
      expect.stringMatching(/came 6 min 40 s after.*Update 1 lacks when the next word comes/),
    ]);
  });

  it('knows the sandbox’s own key', async () => {
    const record = { updates: [{ ...notice, text: `The key is ${goodKey}` }], samples: [], clock: start };
    expect(await judge(record, { rules: ['safe'] })).toEqual(['fail', expect.stringContaining('a credential of this sandbox')]);
  });

  it('is not passed by silence, whenever it looks', async () => {
    expect(await judge(undefined)).toEqual(['fail', expect.stringContaining('has not begun')]);
    const silent = (isOver: boolean): IncidentRecord => ({ updates: [], samples: [], clock: { ...start, isOver } });
    expect(await judge(silent(false), { rules: ['claims'] })).toEqual(['fail', expect.stringContaining('Nothing was told yet')]);
    expect(await judge(silent(true), { rules: ['claims', 'safe'] })).toEqual(['fail', expect.stringContaining('Nobody was told anything')]);
  });
});
