import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS } from '../clock.ts';
import { Leadership } from '../replicas/leadership.ts';
import { aloneReplicas } from '../replicas/replicas.ts';
import type { Store } from '../store/store.ts';
import { eventually } from '../testing/eventually.ts';
import type { FakeLabControls } from '../testing/fake-lab.ts';
import { FakeNetwork } from '../testing/fake-replicas.ts';
import { FakeSubstrate } from '../testing/fake-substrate.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { startSupervisor } from '../testing/supervisors.ts';
import { addPerson, openTestStore } from '../testing/test-store.ts';
import { remainingAt } from './attempt-clock.ts';
import type { Attempt } from './attempt.ts';
import { abandon, askForVerdict } from './ending-moves.ts';
import { verifyChain } from './evidence-chain.ts';
import { askToSkip } from './step-moves.ts';
import type { Supervisor } from './supervisor.ts';

const MINUTE = 60_000;

/** One server's part in the attempts, over what all have in common. */
interface Member {
  readonly id: string;
  readonly supervisor: Supervisor;
  readonly substrate: FakeSubstrate;
  readonly controls: FakeLabControls;
  readonly clock: ManualClock;
}

let store: Store & { readonly dataDir: string };
let network: FakeNetwork;
let members: Member[];
let a: Member;
let b: Member;
let personId: string;

async function join(id: string, { capacity, leadership }: { capacity?: number; leadership?: Leadership } = {}): Promise<Member> {
  const substrate = new FakeSubstrate(path.join(store.dataDir, 'sandboxes'));
  const controls: FakeLabControls = { before: async () => undefined, outcome: undefined };
  const clock = new ManualClock();
  const replicas = network.join(id);
  const own = { ...(capacity === undefined ? {} : { capacity }), ...(leadership === undefined ? {} : { leadership }) };
  const supervisor = await startSupervisor({ store, substrate, clock, controls, replicas, ...own });
  const member = { id, supervisor, substrate, controls, clock };
  members.push(member);
  return member;
}

beforeEach(async () => {
  store = await openTestStore();
  network = new FakeNetwork();
  members = [];
  [a, b] = [await join('a'), await join('b')];
  personId = (await addPerson(store)).id;
});
afterEach(async () => {
  await Promise.all(members.map(({ supervisor }) => supervisor[Symbol.asyncDispose]()));
  await store[Symbol.asyncDispose]();
});

const request = (member: Member, mode: 'guided' | 'incident' = 'guided', who = personId): Promise<Attempt> =>
  member.supervisor.request({ personId: who, labSlug: 'endpoint', mode });
const stored = async (id: string): Promise<Attempt> =>
  JSON.parse((await store.db.selectFrom('attempts').select('document').where('id', '=', id).executeTakeFirstOrThrow()).document) as Attempt;
const until = (member: Member, id: string, wanted: (attempt: Attempt) => boolean): Promise<Attempt> =>
  eventually(`${id} as wanted at ${member.id}`, async () => {
    const attempt = await member.supervisor.read(id);
    return wanted(attempt) && attempt;
  });
const inState = (state: Attempt['state']) => (attempt: Attempt) => attempt.state === state;

/** Holds a member in the named method until it is let go; says when it is there. */
function holdIn(member: Member, method: string): { readonly reached: Promise<void>; letGo: () => void } {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const reached = new Promise<void>((resolve) => {
    member.controls.before = (called) => {
      if (called !== method) return Promise.resolve();
      resolve();
      return held;
    };
  });
  return { reached, letGo };
}

describe('an attempt on two servers', () => {
  it('is seen and moved on both, and kept going by one', async () => {
    const { id } = await request(a);
    await until(b, id, inState('ready'));
    expect([a.supervisor.isHeld(id), b.supervisor.isHeld(id)]).toEqual([true, false]);
    const runner = await b.supervisor.require(id);
    await runner.actor.change((attempt, nowMs) => askToSkip(attempt, 'deploy', personId, nowMs));
    await until(b, id, (attempt) => attempt.steps[0]?.state === 'skipped');
    await runner.actor.change((attempt, nowMs) => abandon(attempt, personId, nowMs));
    await eventually('it to be gone on both', () => a.supervisor.find(id) === undefined && b.supervisor.find(id) === undefined);
    expect([await a.substrate.list(), await store.db.selectFrom('attempt_holders').selectAll().execute()]).toEqual([[], []]);
  });

  it('is there at once for who asks another server than the one that made it', async () => {
    const { id } = await request(a);
    expect((await b.supervisor.read(id)).id).toBe(id);
    expect((await b.supervisor.require(id)).actor.attempt.id).toBe(id);
    await expect(b.supervisor.require('at_none')).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('loses no change when both change it at once', async () => {
    const { id } = await request(a);
    const { revision } = await until(b, id, inState('ready'));
    const touch = ({ supervisor }: Member): Promise<void> => supervisor.touch(id);
    await Promise.all([a, b, a, b, a, b].map(touch));
    expect((await stored(id)).revision).toBe(revision + 6);
    await until(a, id, (attempt) => attempt.revision === revision + 6);
    await until(b, id, (attempt) => attempt.revision === revision + 6);
  });

  it('refuses on the newest state, also what the server asked has not heard of yet', async () => {
    const { id } = await request(a);
    await until(b, id, inState('ready'));
    const [onA, onB] = [await a.supervisor.require(id), await b.supervisor.require(id)];
    network.dropped.add('attempt-changed');
    await onA.actor.change((attempt, nowMs) => askToSkip(attempt, 'deploy', personId, nowMs));
    await until(a, id, (attempt) => attempt.steps[1]?.state === 'open');
    await onB.actor.change((attempt, nowMs) => askToSkip(attempt, 'token', personId, nowMs));
    expect(onB.actor.attempt.operation).toMatchObject({ stepId: 'token' });
  });

  it('is read anew by who missed words of the others', async () => {
    const { id } = await request(a);
    await until(b, id, inState('ready'));
    network.cut('b');
    const runner = await a.supervisor.require(id);
    await runner.actor.change((attempt, nowMs) => abandon(attempt, personId, nowMs));
    await eventually('its end at a', () => a.supervisor.find(id) === undefined);
    const { id: another } = await request(a);
    expect(b.supervisor.find(id)?.actor.attempt.state).toBe('ready');
    network.heal('b');
    await eventually(
      'b to have forgotten one and found the other',
      () => !b.supervisor.find(id) && b.supervisor.find(another) !== undefined,
    );
  });

  it('is checked by its holder while somebody looks on another server', async () => {
    const { id } = await request(a);
    await until(b, id, inState('ready'));
    const checkedBy: string[] = [];
    for (const member of [a, b])
      member.controls.before = async (method) => {
        if (method === 'checkStep') checkedBy.push(member.id);
      };
    const runner = await b.supervisor.require(id);
    const watching = runner.checks.watch();
    await eventually('a tick', () => {
      a.clock.advance(1_000);
      return checkedBy.length > 0;
    });
    watching[Symbol.dispose]();
    const { length } = checkedBy;
    await runner.checkNow();
    expect(checkedBy.length).toBeGreaterThan(length);
    expect(new Set(checkedBy)).toEqual(new Set(['a']));
    expect(runner.actor.attempt.steps[0]?.checks.some(({ state }) => state === 'fail')).toBe(true);
  });
});

describe('a check that another server asks for', () => {
  it('is not waited for for ever; what comes of it is told when it comes', async () => {
    const { id } = await request(a);
    await until(b, id, inState('ready'));
    const { reached, letGo } = holdIn(a, 'checkStep');
    const runner = await b.supervisor.require(id);
    const asked = runner.checkNow();
    await reached;
    a.clock.advance(8_000);
    await asked;
    expect(runner.actor.attempt.steps[0]?.checks).toEqual([]);
    letGo();
    await until(b, id, (attempt) => attempt.steps[0]?.checks[0]?.state === 'fail');
  });

  it('is refused with a word while nobody holds the attempt', async () => {
    const { id } = await request(a);
    await until(b, id, inState('ready'));
    const runner = await b.supervisor.require(id);
    network.cut('b');
    await a.supervisor[Symbol.asyncDispose]();
    network.heal('b');
    await expect(runner.checkNow()).rejects.toMatchObject({ code: 'Unavailable', remedy: expect.stringContaining('try again') as string });
  });
});

describe('when the server that holds an attempt dies', () => {
  it('while the sandbox is made, another makes it', async () => {
    const { reached, letGo } = holdIn(a, 'prepare');
    const { id } = await request(a);
    await reached;
    network.kill('a');
    expect(await until(b, id, inState('ready'))).toMatchObject({ prepared: true });
    expect(await b.substrate.list()).toHaveLength(1);
    expect(b.supervisor.isHeld(id)).toBe(true);
    letGo();
  });

  it('while a fault is put in, another goes on; what the dead one does afterwards changes nothing', async () => {
    const { reached, letGo } = holdIn(a, 'injectFault');
    const { id } = await request(a, 'incident');
    await reached;
    network.kill('a');
    const live = await until(b, id, inState('incident'));
    const { actor } = a.supervisor.find(id)!;
    const read = vi.spyOn(actor, 'refresh');
    letGo();
    // It wants to store what it did, and learns that others have been at it.
    await eventually('the dead one to wake', () => read.mock.calls.length > 0);
    await actor.settled();
    const after = await stored(id);
    expect([after.revision, after.injection, after.state]).toEqual([live.revision, live.injection, 'incident']);
  });

  it('while it judges, another judges: one verdict and one row of evidence', async () => {
    const { id } = await request(a, 'incident');
    await until(a, id, inState('incident'));
    const { reached, letGo } = holdIn(a, 'grade');
    await (await a.supervisor.require(id)).actor.change((attempt, nowMs) => askForVerdict(attempt, personId, nowMs));
    await reached;
    network.kill('a');
    await until(b, id, inState('failed'));
    letGo();
    await eventually('the sandbox released', async () => (await b.substrate.list()).length === 0);
    await a.supervisor.find(id)?.follow();
    expect(await store.db.selectFrom('verdicts').selectAll().execute()).toHaveLength(1);
    expect(await verifyChain(store.db)).toMatchObject({ intact: true, rows: 1 });
  });

  it('gives back to the clock what was lost between the two', async () => {
    const { id } = await request(a);
    const { clock } = await until(b, id, inState('ready'));
    expect(remainingAt(clock!, b.clock.now())).toBe(60 * MINUTE);
    // For the dead one time stood still five minutes ago, for the other it went on.
    b.clock.advance(5 * MINUTE);
    network.kill('a');
    await eventually('b to hold it', () => b.supervisor.isHeld(id));
    const after = await b.supervisor.read(id);
    expect(remainingAt(after.clock!, b.clock.now())).toBe(60 * MINUTE);
  });

  it('lets the time run out for another to judge', async () => {
    const { id } = await request(a, 'incident');
    await until(b, id, inState('incident'));
    network.kill('a');
    await eventually('b to hold it', () => b.supervisor.isHeld(id));
    b.clock.advance(20 * MINUTE);
    await until(b, id, inState('failed'));
  });
});

describe('what nobody holds', () => {
  it('is found also when the word of it was lost', async () => {
    const { id } = await request(a);
    await until(b, id, inState('ready'));
    network.cut('b');
    await a.supervisor[Symbol.asyncDispose]();
    network.heal('b');
    expect(b.supervisor.isHeld(id)).toBe(false);
    await eventually('b to hold it', () => {
      b.clock.advance(5_000);
      return b.supervisor.isHeld(id);
    });
  });

  it('is taken also when it became free while it was asked for', async () => {
    const { id } = await request(a);
    await until(b, id, inState('ready'));
    const { leases } = network.member('b')!;
    const take = leases.take.bind(leases);
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    let asked = 0;
    leases.take = async (name) => {
      const taken = await take(name);
      asked += 1;
      await answered;
      return taken;
    };
    await eventually('b to ask', () => {
      b.clock.advance(5_000);
      return asked > 0;
    });
    await a.supervisor[Symbol.asyncDispose]();
    answer();
    await eventually('b to hold it', () => b.supervisor.isHeld(id));
  });
});

describe('a server that', () => {
  it('is cut off lets go of its work, and takes part again when it is back', async () => {
    const { reached, letGo } = holdIn(a, 'prepare');
    const { id } = await request(a);
    await reached;
    const held: string[] = [];
    a.supervisor.subscribeHeld((attemptId, isHeld) => held.push(`${attemptId} ${isHeld}`));
    network.cut('a');
    letGo();
    await until(b, id, inState('ready'));
    network.heal('a');
    await until(a, id, inState('ready'));
    expect([a.supervisor.isHeld(id), held]).toEqual([false, [`${id} true`, `${id} false`]]);
  });

  it('stops in order hands over at once', async () => {
    const { id } = await request(a);
    await until(b, id, inState('ready'));
    const held: string[] = [];
    b.supervisor.subscribeHeld((attemptId) => held.push(attemptId));
    await a.supervisor[Symbol.asyncDispose]();
    await eventually('b to hold it', () => b.supervisor.isHeld(id));
    expect(held).toEqual([id]);
    const runner = await b.supervisor.require(id);
    await runner.actor.change((attempt, nowMs) => askToSkip(attempt, 'deploy', personId, nowMs));
    await until(b, id, (attempt) => attempt.steps[0]?.state === 'skipped');
  });
});

describe('room', () => {
  const other = async (): Promise<string> => (await addPerson(store)).id;

  it('is given by the leader in the order of asking, whichever server was asked', async () => {
    const [c, d] = [await join('c', { capacity: 1 }), await join('d', { capacity: 1 })];
    // The first two lead nothing from now on, and have room for more.
    network.kill('a');
    network.kill('b');
    const first = await request(d, 'guided', await other());
    await until(d, first.id, inState('ready'));
    const second = await request(c, 'guided', await other());
    const waiting = await until(d, second.id, (attempt) => attempt.progress.length > 0);
    expect([waiting.state, waiting.progress[0]?.text]).toEqual(['requested', expect.stringContaining('0 ahead of you')]);
    expect([c.supervisor.inUse, d.supervisor.inUse]).toEqual([1, 1]);
    await expect(request(d, 'guided', await other())).rejects.toMatchObject({ code: 'CapacityExhausted' });
    network.kill('c');
    await (await d.supervisor.require(first.id)).actor.change((attempt, nowMs) => abandon(attempt, personId, nowMs));
    await until(d, second.id, inState('ready'));
  });

  it('is never given twice, even by two that both believe to lead', async () => {
    const leads = (): Promise<Leadership> => Leadership.start(aloneReplicas().leases, a.clock);
    const [c, d] = [
      await join('c', { capacity: 1, leadership: await leads() }),
      await join('d', { capacity: 1, leadership: await leads() }),
    ];
    network.kill('a');
    network.kill('b');
    // Neither hears of what the other has given away.
    network.dropped.add('attempt-changed');
    const asked = await Promise.all([request(c, 'guided', await other()), request(d, 'guided', await other())]);
    await eventually('one to be ready', async () => (await Promise.all(asked.map(({ id }) => stored(id)))).some(inState('ready')));
    expect((await Promise.all(asked.map(({ id }) => stored(id)))).map(({ state }) => state).sort()).toEqual(['ready', 'requested']);
  });

  it('forgets servers that went long ago, and none that somebody counts on', async () => {
    const { id } = await request(a);
    await until(b, id, inState('ready'));
    await store.db
      .insertInto('servers')
      .values({ id: 'old', alive_at_ms: a.clock.now() - 2 * DAY_MS })
      .execute();
    await store.db.updateTable('servers').set({ alive_at_ms: 1 }).where('id', '=', 'a').execute();
    const e = await join('e');
    network.kill('a');
    await eventually('the old one to be forgotten', async () => {
      const rows = await store.db.selectFrom('servers').select('id').execute();
      return !rows.some((row) => row.id === 'old') && rows.some((row) => row.id === e.id);
    });
  });
});
