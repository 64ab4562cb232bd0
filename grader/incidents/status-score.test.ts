import { describe, expect, it } from 'vitest';
import { countMet, scoreStatus, statusRules, type StatusRule } from './status-score.ts';
import { workedMs, type EngineSample, type IncidentClock, type StatusUpdate } from './status-update.ts';

const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2026, 10, 21, 9, 0);

function clockOf(more: Partial<IncidentClock> = {}, untilMinute = 30): IncidentClock {
  return { startedAtMs: START_MS, untilMs: START_MS + untilMinute * MINUTE_MS, isOver: true, pauses: [], ...more };
}

/** `next`: minutes from the update itself. */
function update(seq: number, minute: number, more: Omit<Partial<StatusUpdate>, 'nextAtMs'> & { next?: number | null } = {}): StatusUpdate {
  const { next = 15, ...rest } = more;
  const atMs = START_MS + minute * MINUTE_MS;
  return {
    seq,
    atMs,
    kind: 'update',
    audience: 'users',
    text: 'We have taken the case.',
    impact: 'The assistant gives no answers.',
    scope: 'Everybody who asks it; mail and files work.',
    nextAtMs: next === null ? null : atMs + next * MINUTE_MS,
    corrects: null,
    ...rest,
  };
}

const good = [
  update(1, 2, { kind: 'first-notice', scope: '' }),
  update(2, 8, { kind: 'scope' }),
  update(3, 21, { next: 9 }),
  update(4, 26, { kind: 'resolved', next: null }),
];
const well: EngineSample = { atMs: START_MS + 24 * MINUTE_MS, failing: [] };
const broken: EngineSample = { atMs: START_MS, failing: ['The assistant answers'] };

function missedIn(updates: readonly StatusUpdate[], clock = clockOf(), samples: readonly EngineSample[] = [broken, well]): StatusRule[] {
  return scoreStatus({ updates, samples, clock }, ['sk-lab-0123456789abcdef']).flatMap(({ rule, kind }) =>
    kind === 'missed' ? [rule] : [],
  );
}

function kindOf(rule: StatusRule, updates: readonly StatusUpdate[], clock: IncidentClock): string | undefined {
  return scoreStatus({ updates, samples: [], clock }).find((finding) => finding.rule === rule)?.kind;
}

describe('status updates', () => {
  it('that keep every rule are found to', () => {
    const findings = scoreStatus({ updates: good, samples: [broken, well], clock: clockOf() });
    expect(findings.map(({ rule }) => rule)).toEqual(statusRules);
    expect(countMet(findings)).toEqual({ met: 7, of: 7 });
    expect(missedIn(good)).toEqual([]);
  });

  it('are held to longer limits of who has extra time, but not to longer promises', () => {
    const late = [update(1, 7, { kind: 'first-notice', scope: '', next: 8 }), update(2, 14, { kind: 'scope', next: 25 }), update(3, 42)];
    const missed = (limitFactor?: number): StatusRule[] =>
      scoreStatus({ updates: late, samples: [], clock: clockOf({}, 50), ...(limitFactor === undefined ? {} : { limitFactor }) }).flatMap(
        ({ rule, kind }) => (kind === 'missed' ? [rule] : []),
      );
    expect(missed()).toEqual(['first-notice', 'scope', 'cadence', 'promise']);
    expect(missed(1.5)).toEqual(['promise']);
  });

  it.each<[string, readonly StatusUpdate[], readonly StatusRule[]]>([
    ['a first notice after 6 minutes', [update(1, 6), ...good.slice(1)], ['first-notice']],
    ['nobody told who is affected', good.map((one) => ({ ...one, scope: 'all' })), ['scope']],
    ['the scope after 11 minutes', [good[0]!, update(2, 11), ...good.slice(2)], ['scope']],
    ['21 minutes of silence', [update(1, 2, { next: 25 }), update(2, 23.5, { kind: 'resolved', next: null })], ['cadence']],
    ['silence until the end', [update(1, 1, { next: 60 })], ['cadence']],
    ['no impact', [{ ...good[0]!, impact: 'down' }, ...good.slice(1)], ['fields']],
    ['no time of the next word', [update(1, 2, { next: null }), ...good.slice(1)], ['fields']],
    ['a next word in the past', [update(1, 2, { next: -5 }), ...good.slice(1)], ['fields']],
    ['a promise broken by 3 minutes', [good[0]!, update(2, 8, { next: 10 }), ...good.slice(2)], ['promise']],
    ['a promise of which nothing came', [update(1, 2), update(2, 14, { next: 5 })], ['promise']],
    ['no promise at all', [update(1, 4.9, { next: null }), update(2, 24.5, { kind: 'resolved', next: null })], ['fields', 'promise']],
    ['nothing, where all was well before anybody could ask', [update(1, 25, { kind: 'resolved', next: null })], ['first-notice', 'scope']],
    ['resolved while it fails', [...good.slice(0, 3), update(4, 22, { kind: 'resolved', next: null })], ['claims']],
    ['a key of the sandbox', [{ ...good[0]!, text: 'We rotate sk-lab-0123456789abcdef.' }, ...good.slice(1)], ['safe']],
    ['a person', [good[0]!, { ...good[1]!, scope: 'Only jane.roe@corp.com is affected.' }, ...good.slice(2)], ['safe']],
    ['nothing at all', [], statusRules],
  ])('miss %s', (_, updates, rules) => {
    expect(missedIn(updates)).toEqual(rules);
  });

  it('may be up to a minute later than promised, and no more', () => {
    const until = clockOf({}, 18);
    expect(missedIn([update(1, 2, { next: 10 }), update(2, 12.9)], until)).toEqual([]);
    expect(missedIn([update(1, 2, { next: 10 }), update(2, 13.1)], until)).toEqual(['promise']);
  });

  it('before the start say nothing about the incident', () => {
    expect(missedIn([update(1, -3), update(2, 7), ...good.slice(2)])).toEqual(['first-notice']);
  });

  it('are judged on a clock that stands while the platform is in the way', () => {
    const at = (minute: number): number => START_MS + minute * MINUTE_MS;
    const pauses = [{ fromMs: at(3), toMs: at(13) }];
    // The notice after 14 minutes came after 4 that counted; 29 promised minutes later are 25 here, of which silence is allowed for 20.
    const late = [update(1, 14, { next: 6 }), update(2, 19)];
    expect(missedIn(late, clockOf({ pauses }, 24))).toEqual([]);
    expect(missedIn(late, clockOf({}, 24))).toEqual(['first-notice', 'scope']);
    expect(
      workedMs(
        clockOf({
          pauses: [
            { fromMs: at(-2), toMs: at(1) },
            { fromMs: at(5), toMs: null },
          ],
        }),
        at(9),
      ),
    ).toBe(4 * MINUTE_MS);
  });

  it('do not count a promise against a pause in which it fell due', () => {
    const at = (minute: number): number => START_MS + minute * MINUTE_MS;
    const told = [update(1, 2, { next: 5 }), update(2, 16)];
    expect(missedIn(told, clockOf({ pauses: [{ fromMs: at(5), toMs: at(14) }] }, 20))).toEqual([]);
    expect(missedIn(told, clockOf({}, 20))).toEqual(['promise']);
  });

  it('are excused by a correction for what they lacked, not for what they gave away or claimed', () => {
    const slip = update(1, 2, { next: null, impact: '' });
    expect(missedIn([slip, update(2, 3, { corrects: 1, next: 18 }), ...good.slice(2)])).toEqual([]);
    const leak = { ...good[0]!, text: 'Ask jane.roe@corp.com.' };
    expect(missedIn([leak, update(2, 3, { corrects: 1, next: 18 }), ...good.slice(2)])).toEqual(['safe']);
  });

  it('claim what a look soon after may contradict, and what nobody saw is not held against them', () => {
    const resolved = [good[0]!, update(2, 9, { kind: 'resolved', next: null })];
    const until = clockOf({}, 12);
    const look = (failing: string[], seconds: number): EngineSample => ({ atMs: START_MS + 9 * MINUTE_MS + seconds * 1000, failing });
    expect(missedIn(resolved, until, [])).toEqual([]);
    expect(missedIn(resolved, until, [broken, look([], 4)])).toEqual([]);
    expect(missedIn(resolved, until, [{ ...broken, failing: [] }, look(['x'], 4)])).toEqual(['claims']);
    expect(missedIn(resolved, until, [broken, look([], 45)])).toEqual(['claims']);
  });

  it('are still open while their time has not come', () => {
    const running = clockOf({ isOver: false }, 3);
    expect(kindOf('first-notice', [], running)).toBe('open');
    expect(kindOf('first-notice', [], clockOf({ isOver: false }, 6))).toBe('missed');
    expect(kindOf('scope', [good[0]!], running)).toBe('open');
    expect(kindOf('promise', [good[0]!], running)).toBe('open');
    expect(kindOf('cadence', [good[0]!], running)).toBe('met');
  });
});
