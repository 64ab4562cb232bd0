import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StageError } from '../../labs/lab-stage.ts';
import { aloneReplicas } from '../replicas/replicas.ts';
import { SubstrateError } from '../sandboxes/substrate.ts';
import { readSetting } from '../store/settings.ts';
import type { Store } from '../store/store.ts';
import { eventually } from '../testing/eventually.ts';
import type { FakeLabControls } from '../testing/fake-lab.ts';
import { FakeSubstrate } from '../testing/fake-substrate.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { startSupervisor as start } from '../testing/supervisors.ts';
import { addPerson, openTestStore } from '../testing/test-store.ts';
import type { Attempt } from './attempt.ts';
import { remainingAt } from './attempt-clock.ts';
import { verifyChain } from './evidence-chain.ts';
import { abandon, askForVerdict } from './ending-moves.ts';
import { reset, startIncident } from './moves.ts';
import { askToSkip } from './step-moves.ts';
import type { Supervisor } from './supervisor.ts';

const MINUTE = 60_000;
const forever = new Promise<void>(() => undefined);

let store: Store & { readonly dataDir: string };
let substrate: FakeSubstrate;
let clock: ManualClock;
let controls: FakeLabControls;
let supervisor: Supervisor;
let personId: string;

async function startSupervisor(capacity?: number): Promise<Supervisor> {
  controls = { before: async () => undefined, outcome: undefined };
  return start({ store, substrate, clock, controls, replicas: aloneReplicas(), ...(capacity === undefined ? {} : { capacity }) });
}

beforeEach(async () => {
  store = await openTestStore();
  substrate = new FakeSubstrate(path.join(store.dataDir, 'sandboxes'));
  clock = new ManualClock();
  supervisor = await startSupervisor();
  personId = (await addPerson(store)).id;
});
afterEach(async () => {
  await supervisor[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

const request = (mode: 'guided' | 'incident' = 'guided', who = personId): Promise<Attempt> =>
  supervisor.request({ personId: who, labSlug: 'endpoint', mode });

/** Waits, moving time a little now and then, so that retries and pauses pass. */
function until(id: string, wanted: (attempt: Attempt) => boolean, tickMs = 0): Promise<Attempt> {
  return eventually(`attempt ${id} as wanted`, async () => {
    if (tickMs > 0) clock.advance(tickMs);
    const attempt = await supervisor.read(id);
    return wanted(attempt) && attempt;
  });
}
const inState = (state: Attempt['state']) => (attempt: Attempt) => attempt.state === state;

/** As `kill -9` leaves it: the old one is stuck wherever `controls.before` holds it, and a new one starts on the same data. */
async function crashAndRestart(downForMs = 0): Promise<void> {
  controls.before = () => forever;
  await new Promise((resolve) => setImmediate(resolve));
  clock = new ManualClock(clock.now() + downForMs);
  substrate = new FakeSubstrate(path.join(store.dataDir, 'sandboxes'));
  supervisor = await startSupervisor();
}

describe('a crash', () => {
  it('while the sandbox is made: it is made', async () => {
    controls.before = () => forever;
    const { id } = await request();
    await until(id, (attempt) => attempt.progress.some((entry) => entry.id === 'namespace'));
    await crashAndRestart();
    expect(await until(id, inState('ready'))).toMatchObject({ prepared: true, namespace: 'lab' });
    expect(await substrate.list()).toHaveLength(1);
  });

  it('while it runs: everything is there, and the time the server was away does not count', async () => {
    const { id } = await request();
    const before = await until(id, inState('ready'));
    const alive = async (): Promise<number> => Number(await readSetting(store.db, 'alive'));
    clock.advance(10 * MINUTE);
    await eventually('a sign of life', async () => {
      clock.advance(1_000);
      return (await alive()) >= before.createdAtMs + 10 * MINUTE;
    });
    await crashAndRestart(45 * MINUTE);
    const after = await supervisor.read(id);
    expect(after).toMatchObject({ state: 'ready', sandboxId: before.sandboxId });
    const lostMs = 60 * MINUTE - remainingAt(after.clock!, clock.now());
    expect(lostMs).toBeGreaterThanOrEqual(10 * MINUTE);
    expect(lostMs).toBeLessThan(11 * MINUTE);
  });

  it('between injection and proof: goes on with the proof, without a second injection', async () => {
    const injected: string[] = [];
    controls.before = (method) => {
      if (method === 'injectFault') injected.push(method);
      return method === 'awaitLive' ? forever : Promise.resolve();
    };
    const { id } = await request('incident');
    await until(id, (attempt) => attempt.injection !== null);
    await crashAndRestart();
    const live = await until(id, inState('incident'));
    expect(injected).toHaveLength(1);
    expect(live.clock).toMatchObject({ running: true });
  });

  it('while grading: judges again from the stored baseline and injection, and stores one verdict', async () => {
    const { id } = await request('incident');
    const { baseline, injection } = await until(id, inState('incident'));
    const stuck = supervisor.find(id)!;
    controls.before = () => forever;
    await stuck.actor.change((attempt, nowMs) => askForVerdict(attempt, personId, nowMs));
    await until(id, (attempt) => attempt.progress.some((entry) => entry.id === 'grading'));
    await crashAndRestart(MINUTE);
    const failed = await until(id, inState('failed'));
    expect(failed).toMatchObject({ baseline, injection });
    expect(await store.db.selectFrom('verdicts').selectAll().execute()).toHaveLength(1);
    expect(await verifyChain(store.db)).toMatchObject({ intact: true, rows: 1 });
    await eventually('the sandbox released', async () => (await substrate.list()).length === 0);
  });

  it('after the end but before the sandbox was let go: lets it go', async () => {
    substrate.release = () => forever;
    const { id } = await request();
    await until(id, inState('ready'));
    await supervisor.find(id)!.actor.change((attempt, nowMs) => abandon(attempt, personId, nowMs));
    expect(await substrate.list()).toHaveLength(1);
    await crashAndRestart();
    await eventually('the sandbox released', async () => (await substrate.list()).length === 0);
    expect(await store.db.selectFrom('sandboxes').selectAll().execute()).toEqual([]);
  });

  it('that left a sandbox nobody knows: removes it', async () => {
    await substrate.provision('sb_orphan', () => undefined, new AbortController().signal);
    await crashAndRestart();
    expect(await substrate.list()).toEqual([]);
  });

  it('of one cluster among several: who is on it has the clock stopped, and nobody else', async () => {
    const [first, second] = [await request(), await request('guided', (await addPerson(store)).id)];
    for (const { id } of [first, second]) await until(id, inState('ready'));
    substrate.troubles.set(first.sandboxId, 'The cluster east: nothing answers.');
    substrate.setHealth({ ok: true });
    const stopped = await until(first.id, ({ clock: own }) => own?.running === false);
    expect(stopped.trouble).toContain('The cluster east: nothing answers.');
    expect((await supervisor.read(second.id)).clock?.running).toBe(true);
    substrate.troubles.clear();
    substrate.setHealth({ ok: true });
    expect(await until(first.id, ({ clock: own }) => own?.running === true)).toMatchObject({ state: 'ready', trouble: null });
  });

  it('on a shared cluster goes on looking for what belongs to no attempt, and spares what does', async () => {
    substrate.ground = { ownCluster: false, chaos: false };
    await supervisor[Symbol.asyncDispose]();
    supervisor = await startSupervisor();
    const { id, sandboxId } = await request();
    await until(id, inState('ready'));
    await substrate.provision('sb_orphan', () => undefined, new AbortController().signal);
    await eventually('the orphan gone', async () => {
      clock.advance(MINUTE);
      return !(await substrate.list()).includes('sb_orphan');
    });
    expect(await substrate.list()).toEqual([sandboxId]);
  });

  it('that took the sandbox along: says so and does not count it', async () => {
    const { id, sandboxId } = await request();
    await until(id, inState('ready'));
    controls.before = () => forever;
    await substrate.release(sandboxId);
    supervisor = await startSupervisor();
    const runner = supervisor.find(id)!;
    await runner.actor.change((attempt, nowMs) => askToSkip(attempt, 'deploy', personId, nowMs));
    const broken = await until(id, inState('broken'));
    expect(broken.trouble).toContain('does not count against you');
  });
});

describe('time', () => {
  it('that runs out while building expires the attempt and frees its sandbox', async () => {
    const { id } = await request();
    await until(id, inState('ready'));
    clock.advance(60 * MINUTE);
    await until(id, inState('expired'));
    await eventually('the sandbox released', async () => (await substrate.list()).length === 0);
  });

  it('that runs out with the fault live judges what is there', async () => {
    const { id } = await request('incident');
    await until(id, inState('incident'));
    clock.advance(20 * MINUTE);
    expect(await until(id, inState('failed'))).toMatchObject({ score: 0 });
  });

  it('does not run out while the engine is away', async () => {
    const { id } = await request('incident');
    await until(id, inState('incident'));
    substrate.setHealth({ ok: false, reason: 'the engine does not answer' });
    const lost = await until(id, (attempt) => attempt.trouble !== null);
    expect(lost.clock).toMatchObject({ running: false });
    clock.advance(120 * MINUTE);
    expect((await supervisor.read(id)).state).toBe('incident');
    substrate.setHealth({ ok: true });
    const back = await until(id, (attempt) => attempt.trouble === null);
    expect(back.clock).toMatchObject({ running: true, remainingMs: 20 * MINUTE });
  });
});

describe('a failing platform', () => {
  it('is tried three times, each time with a clean sandbox, before the attempt is broken', async () => {
    let tries = 0;
    controls.before = async () => {
      tries += 1;
      throw new StageError('PlatformFailed', 'The API did not answer.');
    };
    const { id } = await request();
    const broken = await until(id, inState('broken'), 1_000);
    expect(tries).toBe(3);
    expect(broken.trouble).toBe('The sandbox could not be made. The API did not answer.');
  });

  it('that comes back at the second try is not noticed but for the time', async () => {
    let tries = 0;
    controls.before = async () => {
      tries += 1;
      if (tries === 1) throw new StageError('PlatformFailed', 'x');
    };
    const { id } = await request();
    await until(id, inState('ready'), 1_000);
  });

  it('waits for an engine that went away while the sandbox was made, however long', async () => {
    substrate.beforeProvision = async () => {
      substrate.beforeProvision = async () => undefined;
      substrate.setHealth({ ok: false, reason: 'the engine does not answer' });
      throw new SubstrateError('Unavailable', 'the engine does not answer');
    };
    const { id } = await request();
    const waiting = await until(id, (attempt) => attempt.trouble !== null);
    expect(waiting.state).toBe('provisioning');
    clock.advance(60 * MINUTE);
    substrate.setHealth({ ok: true });
    expect(await until(id, inState('ready'), 500)).toMatchObject({ trouble: null });
  });

  it('waits for room on the clusters, saying so once, until there is some', async () => {
    let tries = 0;
    substrate.beforeProvision = async () => {
      tries += 1;
      if (tries <= 3) throw new SubstrateError('CapacityExhausted', 'The cluster east: its quota is spent.');
    };
    const { id } = await request();
    const roomOf = ({ progress }: Attempt): Attempt['progress'] => progress.filter((entry) => entry.id === 'room');
    const waiting = await until(id, (attempt) => roomOf(attempt).length > 0);
    expect(roomOf(waiting)).toMatchObject([
      { text: expect.stringContaining('The cluster east: its quota is spent.') as string, state: 'started' },
    ]);
    const ready = await until(id, inState('ready'), 1_000);
    expect(tries).toBe(4);
    expect(roomOf(ready)).toMatchObject([{ text: 'A cluster has room', state: 'done' }]);
    expect(ready.trouble).toBeNull();
  });

  it('gives a reset up with a word and goes on', async () => {
    const { id } = await request('incident');
    await until(id, inState('incident'));
    controls.before = async (method) => {
      if (method === 'resetTo') throw new StageError('PlatformFailed', 'The API did not answer.');
    };
    await supervisor.find(id)!.actor.change((attempt, nowMs) => reset(attempt, 'healthy', personId, nowMs));
    const after = await until(id, (attempt) => attempt.operation === null, 1_000);
    expect(after).toMatchObject({
      state: 'incident',
      trouble: 'The sandbox could not be reset. The API did not answer.',
      clock: { running: true },
    });
  });

  it('that cannot judge is tried again, and then the work and the time are given back', async () => {
    const { id } = await request('incident');
    await until(id, inState('incident'));
    controls.outcome = 'inconclusive';
    await supervisor.find(id)!.actor.change((attempt, nowMs) => askForVerdict(attempt, personId, nowMs));
    const back = await until(id, (attempt) => attempt.state === 'incident', 1_000);
    expect(back.trouble).toContain('could not decide');
    expect(back.progress.filter((entry) => entry.id === 'grading')).toHaveLength(3);
    controls.outcome = 'passed';
    await supervisor.find(id)!.actor.change((attempt, nowMs) => askForVerdict(attempt, personId, nowMs));
    await until(id, inState('passed'));
  });

  it('whose fault does not take hold is not passed off as an incident', async () => {
    controls.before = async (method) => {
      if (method === 'awaitLive')
        await substrate.list().then(async ([id]) => (await import('node:fs/promises')).rm(path.join(substrate.folderOf(id!), 'broken')));
    };
    const { id } = await request('incident');
    const broken = await until(id, inState('broken'), 1_000);
    expect(broken.trouble).toContain('did not take hold');
    expect(broken.incidentStartedAtMs).toBeNull();
  });
});

describe('abandoning while the sandbox is made', () => {
  it('stops the making and removes what is there', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    controls.before = () => held;
    const { id } = await request();
    await until(id, (attempt) => attempt.progress.some((entry) => entry.id === 'namespace'));
    await supervisor.find(id)!.actor.change((attempt, nowMs) => abandon(attempt, personId, nowMs));
    release();
    await eventually('the sandbox released', async () => supervisor.find(id) === undefined && (await substrate.list()).length === 0);
    expect((await supervisor.read(id)).state).toBe('abandoned');
  });
});

describe('room', () => {
  it('is given in order; who waits is told their place, and who comes when the queue is full is refused', async () => {
    await supervisor[Symbol.asyncDispose]();
    supervisor = await startSupervisor(1);
    const people = await Promise.all([addPerson(store), addPerson(store)]);
    const first = await request();
    const second = await request('guided', people[0].id);
    await until(first.id, inState('ready'));
    expect(second.state).toBe('requested');
    expect((await supervisor.read(second.id)).progress.at(-1)).toMatchObject({
      id: 'queue',
      text: expect.stringContaining('Waiting for a free sandbox, 0 ahead of you') as string,
      state: 'started',
    });
    await expect(request('guided', people[1].id)).rejects.toMatchObject({ code: 'CapacityExhausted' });
    await supervisor.find(first.id)!.actor.change((attempt, nowMs) => abandon(attempt, personId, nowMs));
    const admitted = await until(second.id, inState('ready'));
    expect(admitted.progress[0]).toMatchObject({ id: 'queue', state: 'done' });
  });
});

describe('live checks', () => {
  it('run only while somebody watches, one round at a time, and pass the step', async () => {
    const { writeFile } = await import('node:fs/promises');
    const { id, sandboxId } = await request();
    await until(id, inState('ready'));
    const runner = supervisor.find(id)!;
    let rounds = 0;
    controls.before = async (method) => {
      if (method === 'checkStep') rounds += 1;
    };
    clock.advance(30_000);
    expect(rounds).toBe(0);
    const watch = runner.checks.watch();
    clock.advance(3_000);
    await until(id, (attempt) => attempt.steps[0]?.checks[0]?.state === 'fail');
    await writeFile(path.join(substrate.folderOf(sandboxId), 'deployed'), '');
    await until(id, (attempt) => attempt.steps[0]?.state === 'passed', 3_000);
    watch[Symbol.dispose]();
    const seen = rounds;
    clock.advance(60_000);
    expect(rounds).toBe(seen);
  });

  it('that cannot be made twice stop the clock until they can', async () => {
    const { id } = await request();
    await until(id, inState('ready'));
    controls.before = async () => {
      throw new StageError('PlatformFailed', 'The prober is away.');
    };
    const watch = supervisor.find(id)!.checks.watch();
    const lost = await until(id, (attempt) => attempt.trouble !== null, 3_000);
    expect(lost.trouble).toContain('The prober is away.');
    expect(lost.clock).toMatchObject({ running: false });
    controls.before = async () => undefined;
    const back = await until(id, (attempt) => attempt.trouble === null, 3_000);
    expect(back.clock).toMatchObject({ running: true });
    watch[Symbol.dispose]();
  });
});

describe('the incident of a guided lab', () => {
  it('replaces a live fault by the one an instructor chooses', async () => {
    const { id } = await request('incident');
    const first = await until(id, inState('incident'));
    const other = first.injection?.fault === 'bad-image' ? 'missing-secret' : 'bad-image';
    const runner = supervisor.find(id)!;
    await runner.actor.change((attempt, nowMs) => startIncident(attempt, attempt.baseline!, other, 'pr_x', nowMs));
    const second = await until(id, (attempt) => attempt.operation === null);
    expect(second).toMatchObject({ state: 'incident', injection: { fault: other }, variant: { fault: other }, clock: { running: true } });
  });
});
