import { describe, expect, it } from 'vitest';
import type { DrillMove, DrillRole } from '../contract/drills.ts';
import { fakeScript } from '../testing/fake-script.ts';
import { stampEntries } from './drill-actor.ts';
import { courseOf } from './drill-course.ts';
import type { DrillEntry, DrillHead, Happening } from './drill-entry.ts';
import { findCastIssues, type Casting } from './drill-members.ts';
import { planMove } from './drill-moves.ts';
import { foldEntries, newDrillState, type DrillState } from './drill-state.ts';
import { nextDueInMs, planDue } from './inject-moves.ts';
import { readClock } from './scenario-clock.ts';

const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2026, 10, 21, 9);
const people = ['cara', 'lia', 'eve', 'fay', 'ivo'];
const cast: Readonly<Record<string, DrillRole>> = { cara: 'commander', lia: 'customer-liaison', eve: 'expert', fay: 'facilitator' };

const head: DrillHead = {
  id: 'dr_x',
  scriptSlug: 'printer',
  scriptHash: '',
  script: fakeScript,
  mode: 'tabletop',
  createdById: 'fay',
  startsAtMs: START_MS,
};

/** A drill without a store: moves are made, time passes, what is due comes. */
class Table {
  state: DrillState = newDrillState(head);
  entries: readonly DrillEntry[] = [];
  nowMs = START_MS;

  constructor() {
    this.#add(
      'fay',
      Object.entries(cast).map(([personId, role]) => ({ kind: 'role-given', personId, role })),
    );
  }

  /** Who makes the move, and the move. */
  by(actorId: string, move: DrillMove): this {
    const happenings = planMove(move, { state: this.state, entries: this.entries, actorId, nowMs: this.nowMs, nameOf: (id) => id });
    this.#add(actorId, happenings);
    return this;
  }

  come(...ids: string[]): this {
    for (const id of ids) this.#add(id, [{ kind: 'came' }]);
    return this;
  }

  /** Minute by minute, as the runner would. */
  pass(minutes: number): this {
    const untilMs = this.nowMs + minutes * MINUTE_MS;
    for (;;) {
      const delayMs = nextDueInMs(this.state, this.nowMs);
      if (delayMs === undefined || this.nowMs + delayMs > untilMs) break;
      this.nowMs += delayMs;
      this.#add(null, planDue(this.state, this.nowMs));
    }
    this.nowMs = untilMs;
    return this;
  }

  /** Injects that came, in order, with their minute of scenario time. */
  get fired(): string {
    return this.state.injects
      .flatMap(({ inject, fired }) => (fired === null ? [] : [{ number: inject.number, minute: fired.scenarioMs / MINUTE_MS }]))
      .sort((a, b) => a.minute - b.minute || a.number - b.number)
      .map(({ number, minute }) => `${number}@${minute}`)
      .join(' ');
  }

  get minute(): number {
    return readClock(this.state.clock, this.nowMs).scenarioMs / MINUTE_MS;
  }

  #add(actorId: string | null, happenings: readonly Happening[]): void {
    const stamped = stampEntries(this.state, happenings, actorId, this.nowMs);
    this.state = stamped.state;
    this.entries = [...this.entries, ...stamped.entries];
    // Whatever is shown must be what a restart would find.
    expect(foldEntries(head, JSON.parse(JSON.stringify(this.entries)) as DrillEntry[])).toEqual(this.state);
  }
}

const begun = (): Table => new Table().by('fay', { move: 'start' });
const fire = (inject: number): DrillMove => ({ move: 'fire', inject });
const pause: DrillMove = { move: 'pause', reason: '' };
const resume: DrillMove = { move: 'resume' };

describe('the scenario clock', () => {
  it('brings injects at their times, and contingencies on what was not answered', () => {
    expect(begun().pass(25).fired).toBe('1@0 2@2 3@3 4@6 5@10 6@20');
  });

  it('leaves a contingency out when the answer came', () => {
    const table = begun().pass(3).by('eve', { move: 'acknowledge', inject: 2 }).pass(22);
    expect(table.fired).toBe('1@0 2@2 3@3 5@10 6@20');
    expect(table.state.injects[1]?.answer).toMatchObject({ outcome: 'came', afterMs: MINUTE_MS, byId: null });
  });

  it('calls a contingency when somebody marks what came as not expected', () => {
    const table = begun().pass(3).by('fay', { move: 'mark', inject: 2, outcome: 'not', note: 'They laughed.' });
    expect(table.pass(4).fired).toBe('1@0 2@2 3@3 4@6');
  });

  it('stands while it is paused', () => {
    const table = begun().pass(1).by('fay', pause).pass(60);
    expect(table.minute).toBe(1);
    expect(table.by('fay', resume).pass(1).fired).toBe('1@0 2@2');
    expect(table.by('fay', resume).entries.filter(({ what }) => what.kind === 'resumed')).toHaveLength(1);
  });

  it('jumps forward, over injects or through them, and never back', () => {
    const jump = (between: 'fire' | 'skip'): string =>
      begun()
        .pass(1)
        .by('fay', { move: 'jump', toMs: 10 * MINUTE_MS, between })
        .pass(0).fired;
    expect(jump('skip')).toBe('1@0 5@10');
    expect(jump('fire')).toBe('1@0 2@10 3@10 5@10');
    expect(() => begun().pass(5).by('fay', { move: 'jump', toMs: MINUTE_MS, between: 'fire' })).toThrow('leads forward only');
  });

  it('is not turned back by a wall clock that is', () => {
    const table = begun().pass(5);
    table.nowMs = START_MS - 3_600_000;
    expect(table.minute).toBe(0);
    expect(table.fired).toBe('1@0 2@2 3@3');
  });
});

describe('those who run it', () => {
  it('fire once: the second of two is told who was first', () => {
    const table = begun().pass(1).by('fay', fire(5));
    expect(() => table.by('ivo', fire(5))).toThrow('Inject 5 was fired by fay at 1:00 of scenario time.');
    expect(table.fired).toBe('1@0 5@1');
    expect(() => table.pass(2).by('ivo', fire(2))).toThrow('Inject 2 came by itself at 2:00');
  });

  it('skip and edit what has not come, and nothing else', () => {
    const table = begun()
      .by('fay', { move: 'skip', inject: 3, reason: 'Too much.' })
      .by('fay', { move: 'edit', inject: 2, subject: 'Smoke!', text: 'Much smoke.', atMs: 4 * MINUTE_MS });
    expect(table.pass(5).fired).toBe('1@0 2@4');
    expect(table.state.injects[1]?.inject).toMatchObject({ subject: 'Smoke!', text: 'Much smoke.' });
    for (const move of [fire(3), { move: 'edit', inject: 2, subject: 'x', text: 'x' } as const])
      expect(() => table.by('fay', move)).toThrow(/Inject \d/);
    expect(() => table.by('fay', fire(99))).toThrow('no such inject');
  });

  it('improvise at once or for later', () => {
    const inject = {
      kind: 'event',
      channel: 'chat',
      from: 'Porter',
      to: ['commander' as DrillRole & 'commander'],
      subject: 'Door',
      text: 'Locked.',
    } as const;
    const improvised = { ...inject, to: ['commander' as const] };
    const table = begun()
      .pass(1)
      .by('fay', { move: 'improvise', inject: improvised })
      .by('fay', { move: 'improvise', inject: { ...improvised, atMs: 90_000 } });
    expect(table.pass(1).fired).toBe('1@0 501@1 502@1.5 2@2');
  });

  it('start once, and nothing before that or after the end', () => {
    expect(() => new Table().by('fay', fire(1))).toThrow('has not begun');
    const over = begun().by('fay', { move: 'end' });
    expect(() => over.by('fay', fire(1))).toThrow('is over');
    expect(() => over.by('fay', { move: 'start' })).toThrow('is over');
    expect(() => over.by('fay', { move: 'take-part-away', personId: 'eve' })).toThrow('is over');
    expect(over.by('fay', { move: 'end' }).pass(30).fired).toBe('');
  });
});

describe('a rewind', () => {
  it('takes back what happened since the checkpoint, and not what people said', () => {
    const table = begun().pass(2).by('fay', { move: 'checkpoint', label: 'Smoke' }).pass(2);
    table
      .by('eve', { move: 'acknowledge', inject: 2 })
      .by('eve', { move: 'suppose', text: 'Toner.' })
      .by('eve', { move: 'say', to: 'everyone', text: 'Hello.' })
      .by('fay', { move: 'rewind', checkpoint: table.state.checkpoints[0]!.id });
    expect(table.state.status).toBe('paused');
    expect(table.minute).toBe(2);
    expect(table.fired).toBe('1@0 2@2');
    expect(table.state.injects[1]).toMatchObject({ acknowledgedBy: [], answer: null });
    table.pass(5).by('fay', resume).pass(4);
    expect(table.fired).toBe('1@0 2@2 3@3 4@6');
    const course = courseOf(table.state, table.entries, table.nowMs);
    expect(course.signs).toEqual([]);
    // From the checkpoint to the going on nothing counts: two minutes of play and five of waiting.
    expect(course.clock?.pauses).toEqual([{ fromMs: START_MS + 2 * MINUTE_MS, toMs: START_MS + 9 * MINUTE_MS }]);
  });

  it('leads only to checkpoints that there are', () => {
    expect(() => begun().by('fay', { move: 'rewind', checkpoint: 7 })).toThrow('no such checkpoint');
  });

  it('can be made twice to the same checkpoint, and forgets later ones', () => {
    const table = begun().pass(1).by('fay', { move: 'checkpoint', label: 'one' }).pass(2).by('fay', { move: 'checkpoint', label: 'two' });
    const [one] = table.state.checkpoints;
    table.by('fay', { move: 'rewind', checkpoint: one!.id });
    expect(table.state.checkpoints.map(({ label }) => label)).toEqual(['one']);
    table.by('fay', resume).pass(3).by('fay', { move: 'rewind', checkpoint: one!.id });
    expect(table.minute).toBe(1);
    expect(table.fired).toBe('1@0');
  });
});

describe('players', () => {
  it('answer only what reached their role', () => {
    const table = begun().pass(11);
    expect(() => table.by('lia', { move: 'acknowledge', inject: 2 })).toThrow('no such message for you');
    expect(() => table.by('lia', { move: 'acknowledge', inject: 6 })).toThrow('no such message for you');
    const after = table.by('lia', { move: 'acknowledge', inject: 5 }).by('lia', { move: 'acknowledge', inject: 5 });
    expect(after.state.injects[4]?.acknowledgedBy).toEqual(['lia']);
  });

  it('answer by what they do, write and show', () => {
    const update = {
      kind: 'first-notice',
      audience: 'users',
      text: 'We know.',
      impact: '',
      scope: '',
      nextInMinutes: null,
      corrects: null,
    } as const;
    const table = begun().pass(11).by('lia', { move: 'status', update }).by('cara', { move: 'act', text: 'Called.', inject: 4 });
    expect(table.state.injects.flatMap(({ inject, answer }) => (answer === null ? [] : [inject.number]))).toEqual([4, 5]);
    expect(() => table.by('lia', { move: 'status', update: { ...update, corrects: 2 } })).toThrow('no such status update');
  });

  it('who go give their role free, and who are here keep it', () => {
    const table = begun().come('cara');
    const take: DrillMove = { move: 'give-role', personId: 'ivo', role: 'commander' };
    expect(() => table.by('fay', take)).toThrow('cara is incident commander and is here');
    table.by('cara', { move: 'leave' }).by('fay', take);
    expect(table.state.members.map(({ personId, role }) => `${personId} ${role}`)).toEqual([
      'lia customer-liaison',
      'eve expert',
      'fay facilitator',
      'ivo commander',
    ]);
    expect(() => table.by('fay', { move: 'take-part-away', personId: 'fay' })).toThrow('only facilitator');
  });
});

describe('who is to play what', () => {
  const castOf = (roles: readonly (readonly [string, DrillRole])[]): Casting[] =>
    roles.map(([personId, role]) => ({ personId, name: personId, accountRole: personId === 'fay' ? 'instructor' : 'trainee', role }));
  const good = castOf(Object.entries(cast));

  it('fits when each needed role is one person’s', () => {
    expect(people).toContain('ivo');
    expect(findCastIssues(good, fakeScript)).toEqual([]);
    expect(findCastIssues([...good, ...castOf([['ivo', 'expert']])], fakeScript)).toEqual([]);
  });

  it.each<[string, Casting[], string]>([
    ['one person with two roles', [...good, ...castOf([['eve', 'scribe']])], 'eve is expert and scribe.'],
    ['two commanders', [...good, ...castOf([['ivo', 'commander']])], 'cara and ivo are both incident commander.'],
    ['a role that nobody has', good.filter(({ role }) => role !== 'expert'), 'Nobody is expert'],
    ['nobody to run it', good.filter(({ role }) => role !== 'facilitator'), 'Nobody is facilitator.'],
    ['a trainee who would read the script', [...good, ...castOf([['ivo', 'evaluator']])], 'ivo is a trainee and cannot be evaluator'],
  ])('does not with %s', (_, casting, message) => {
    const issues = findCastIssues(casting, fakeScript);
    expect(issues.map((issue) => issue.message).join(' ')).toContain(message);
  });
});
