import type { Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { terminalSchema } from '../../server/contract/attempts.ts';
import { drillViewSchema, type DrillMove, type DrillView } from '../../server/contract/drills.ts';
import { sessionSchema } from '../../server/contract/session.ts';
import { eventually } from '../../server/testing/eventually.ts';
import { ReplicaSet } from '../support/replica-set.ts';
import { ServerClient } from '../support/server-client.ts';
import { TerminalClient } from '../support/terminal-client.ts';
import { RoamingTrainee } from './roaming-trainee.ts';

/** Pods and a model server start, on a machine that may be busy. */
const PATIENCE_MS = 120_000;
/** A dead server counts as alive for six seconds. */
const LEASE_MS = 6_000;
const TAKEOVER_MS = 30_000;
const STALL_MS = 60_000;
const LOOK_EVERY_MS = 250;

let set: ReplicaSet;
let instructor: ServerClient;
let trainee: ServerClient;
let manager: ServerClient;
let administrator: ServerClient;
const sockets: Socket[] = [];

beforeAll(async () => {
  set = await ReplicaSet.open({ capacity: 4, args: ['--demo'] });
  const first = await set.start();
  const enter = async (role: string): Promise<ServerClient> => {
    const [, link = ''] = await first.waitForOutput(new RegExp(`${role} +(http\\S+/welcome/\\S+)`));
    return ServerClient.fromLink(link, role === 'administrator' ? { name: 'Ada', password: 'a password for tests' } : {});
  };
  [instructor, trainee, manager, administrator] = [
    await enter('instructor'),
    await enter('trainee'),
    await enter('manager'),
    await enter('administrator'),
  ];
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});
afterAll(() => set[Symbol.asyncDispose]());

it('kill -9 in the middle of a lab, a drill and a grading: another server goes on with each', async () => {
  while (set.running.length < 1) await set.start();
  const first = set.running[0]!;
  const atFirst = instructor.through(first.url);
  const drill = await startDrill(atFirst);
  const { id } = await atFirst.startAttempt('endpoint', 'incident', 'bad-image');
  await atFirst.waitForAttempt(id, ({ state }) => state === 'incident', PATIENCE_MS);
  const terminalId = await openTerminal(atFirst, id);
  const alone = await watch(atFirst, terminalId);
  await alone.run('secret=42; kubectl create configmap kept --from-literal=a=b');

  const second = await set.start();
  const atSecond = instructor.through(second.url);
  // The shell is the first one's business; the second one shows it and types into it.
  const beside = await watch(atSecond, terminalId);
  await beside.waitFor('configmap/kept created');
  expect((await beside.run('echo "typed elsewhere: $secret"')).output).toContain('typed elsewhere: 42');
  await alone.waitFor('typed elsewhere: 42');
  await drill.move(trainee.through(second.url), { move: 'act', text: 'Looked at the counters' });
  const before = await atSecond.attempt(id);

  const killedAt = performance.now();
  await set.kill9(first);
  await answers(beside, 'echo "the answer is $secret"', 'the answer is 42');
  const lostMs = performance.now() - killedAt;
  const after = await atSecond.attempt(id);
  expect(after).toMatchObject({ state: 'incident', namespace: before.namespace, terminals: [{ id: terminalId, state: 'open' }] });
  // Nobody could work for as long as it took, and that is not the trainee's time.
  expect(after.clock?.remainingMs).toBeGreaterThan((before.clock?.remainingMs ?? 0) - Math.max(lostMs, 10_000));
  const replayed = await watch(atSecond, terminalId);
  await replayed.waitFor('configmap/kept created');
  await drill.move(atSecond, { move: 'fire', inject: 2 });
  expect((await beside.run('kubectl rollout undo deployment/inference && kubectl rollout status deployment/inference')).exitCode).toBe(0);

  const third = await set.start();
  const atThird = instructor.through(third.url);
  await atThird.request('POST', `/api/attempts/${id}/grade`);
  await atThird.waitForAttempt(id, ({ progress }) => progress.some((entry) => entry.id === 'grading'), PATIENCE_MS);
  await set.kill9(second);
  const ended = await atThird.waitForAttempt(id, ({ state }) => !['incident', 'grading'].includes(state), PATIENCE_MS);
  expect(ended.state).toBe('passed');
  const { timeline, checks } = await atThird.result(id);
  expect(timeline.filter(({ kind }) => kind === 'passed')).toHaveLength(1);
  expect(checks.every(({ verdict }) => verdict === 'pass')).toBe(true);

  await drill.move(atThird, { move: 'end' });
  const said = (await drill.read(atThird)).exercise?.timeline.map(({ seq, kind }) => ({ seq, kind })) ?? [];
  expect(said.map(({ seq }) => seq)).toEqual(said.map((_entry, index) => index + 1));
  expect(said.filter(({ kind }) => kind === 'started' || kind === 'ended')).toHaveLength(2);
}, 400_000);

it('an update of all servers one after the other, and a Redis that begins anew: a working trainee loses nothing', async () => {
  while (set.running.length < 2) await set.start();
  const { id } = await trainee.startAttempt('endpoint', 'guided');
  const { namespace } = await trainee.waitForAttempt(id, ({ state }) => state === 'ready', PATIENCE_MS);
  const failures: string[] = [];
  const watched = new AbortController();
  const looking = lookAgainAndAgain(id, watched.signal, failures);
  using roaming = new RoamingTrainee(trainee, await openTerminal(trainee, id));
  const talkative = await openTerminal(trainee, id);
  const begun = await watch(trainee, talkative);
  begun.type('for ((n = 1; ; n++)); do echo "n$n."; sleep 0.01; done\r');
  await begun.waitFor('n9.');
  await whileTyping([roaming], async () => {
    for (const old of set.running) {
      await set.start();
      expect(await set.stop(old)).toBe(0);
      await roaming.goesOn();
    }
  });
  expect(await countTold(talkative)).toBeGreaterThan(9);
  // One at each server, so that one of them works in a shell that the other server runs.
  const atEach = await Promise.all(
    set.running.map(async ({ url }) => new RoamingTrainee(trainee.through(url), await openTerminal(trainee.through(url), id))),
  );
  await whileTyping(atEach, async () => {
    await set.redis.stop();
    await set.redis.start();
    // Whoever had lost a lease by this would have let go of the shells by then.
    await Promise.all(atEach.map((each) => each.goesOn(LEASE_MS + 1_000)));
  });
  for (const each of atEach) each[Symbol.dispose]();
  watched.abort();
  await looking;
  expect(failures).toEqual([]);
  expect(await trainee.attempt(id)).toMatchObject({ state: 'ready', namespace, trouble: null });
  await trainee.request('POST', `/api/attempts/${id}/abandon`);
  await trainee.waitForAttempt(id, ({ state }) => state === 'abandoned', PATIENCE_MS);
}, 400_000);

it('an API server that stalls for a minute: everybody hears of it, no time is lost, and what was asked for meanwhile is done afterwards', async () => {
  while (set.running.length < 2) await set.start();
  const { id } = await instructor.startAttempt('endpoint', 'incident', 'bad-image');
  await instructor.waitForAttempt(id, ({ state }) => state === 'incident', PATIENCE_MS);
  const terminal = await watch(instructor, await openTerminal(instructor, id));
  await terminal.run('kubectl rollout undo deployment/inference && kubectl rollout status deployment/inference');
  const before = await instructor.attempt(id);
  const other = await whileClusterStalls(async () => {
    const told = await instructor.waitForAttempt(id, ({ trouble }) => trouble !== null, STALL_MS);
    expect(told.trouble).toMatch(
      /^The platform under your sandbox is away\. The clock stands still; nothing is lost\. .*API server does not answer/,
    );
    expect(told.clock?.running).toBe(false);
    expect(told.clock?.remainingMs).toBeGreaterThan((before.clock?.remainingMs ?? 0) - STALL_MS / 4);
    const begun = await trainee.startAttempt('endpoint', 'guided');
    const waiting = await trainee.waitForAttempt(begun.id, ({ trouble }) => trouble !== null, STALL_MS);
    expect(['requested', 'provisioning']).toContain(waiting.state);
    await instructor.request('POST', `/api/attempts/${id}/grade`);
    await eventually('the terminal telling that its shell is away', () => terminal.isAway, STALL_MS);
    return begun.id;
  });
  expect((await trainee.waitForAttempt(other, ({ state }) => state !== 'requested' && state !== 'provisioning', PATIENCE_MS)).state).toBe(
    'ready',
  );
  const ended = await instructor.waitForAttempt(id, ({ state }) => !['incident', 'grading'].includes(state), PATIENCE_MS);
  expect(ended.state).toBe('passed');
  await trainee.request('POST', `/api/attempts/${other}/abandon`);
  await trainee.waitForAttempt(other, ({ state }) => state === 'abandoned', PATIENCE_MS);
}, 400_000);

/** The cluster stands still, its connections open, for a minute in which every server says that it is alive and ready. */
async function whileClusterStalls<T>(happens: () => Promise<T>): Promise<T> {
  const since = performance.now();
  const refusals: string[] = [];
  process.kill(set.outside.pid, 'SIGSTOP');
  try {
    const minute = eventually(
      'the minute being over',
      async () => {
        for (const { url } of set.running)
          for (const probe of ['/livez', '/readyz']) if (!(await fetch(url + probe)).ok) refusals.push(url + probe);
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
        return performance.now() - since > STALL_MS;
      },
      2 * STALL_MS,
    );
    // Together, so that neither fails while nobody waits for it.
    const [happened] = await Promise.all([happens(), minute]);
    expect(refusals).toEqual([]);
    return happened;
  } finally {
    process.kill(set.outside.pid, 'SIGCONT');
  }
}

/** They type without a pause while it happens. Every command is done in its turn, and nothing that was lost was lost without a word. */
async function whileTyping(trainees: readonly RoamingTrainee[], happens: () => Promise<void>): Promise<void> {
  const done = new AbortController();
  const typing = Promise.all(
    trainees.map(async (each) => {
      do await each.step();
      while (!done.signal.aborted);
    }),
  );
  try {
    await Promise.race([typing, happens()]);
  } finally {
    done.abort();
    await typing;
  }
  for (const each of trainees) {
    // What a shell prints while it changes hands is on no screen, so somebody may have typed a command twice.
    expect([...new Set(await each.remembered())]).toEqual(Array.from({ length: each.steps }, (_value, index) => index + 1));
    expect(each.swallowed).toBe(0);
  }
}

async function openTerminal(client: ServerClient, attemptId: string): Promise<string> {
  return terminalSchema.parse(await client.request('POST', `/api/attempts/${attemptId}/terminals`)).id;
}

/** Ends the shell's counting; answers how far it came, once it is certain that no number is missing. */
async function countTold(terminalId: string): Promise<number> {
  const terminal = await watch(trainee, terminalId);
  terminal.type('\u0003');
  await terminal.waitFor('^C');
  const told = [...terminal.text.matchAll(/^n(\d+)\.\r$/gm)].map(([, number]) => Number(number));
  expect(told).toEqual(told.map((_number, index) => index + 1));
  return told.length;
}

async function watch(client: ServerClient, terminalId: string): Promise<TerminalClient> {
  const socket = await client.connect();
  sockets.push(socket);
  return TerminalClient.open(socket, terminalId);
}

/** Until the way to the shell is found again, what is typed is refused. */
function answers(terminal: TerminalClient, command: string, words: string): Promise<unknown> {
  return eventually(
    'the shell answering',
    async () => (await terminal.run(command, 1_000).catch(() => ({ output: '' }))).output.includes(words),
    TAKEOVER_MS,
  );
}

/** As a page does that reads the attempt; what fails is noted. */
async function lookAgainAndAgain(attemptId: string, until: AbortSignal, failures: string[]): Promise<void> {
  while (!until.aborted) {
    await trainee.attempt(attemptId).catch((error: unknown) => failures.push(String(error)));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

interface Drill {
  move(client: ServerClient, move: DrillMove): Promise<DrillView>;
  read(client: ServerClient): Promise<DrillView>;
}

/** A tabletop drill that the instructor runs, with a commander who is the trainee. */
async function startDrill(client: ServerClient): Promise<Drill> {
  const parts = [
    [instructor, 'facilitator'],
    [trainee, 'commander'],
    [manager, 'expert'],
    [administrator, 'customer-liaison'],
  ] as const;
  const members = await Promise.all(
    parts.map(async ([person, role]) => ({ personId: sessionSchema.parse(await person.request('GET', '/api/session')).me?.id, role })),
  );
  const { id } = drillViewSchema.parse(await client.request('POST', '/api/drills', { script: 'quiet-friday', mode: 'tabletop', members }));
  const drill: Drill = {
    move: async (who, move) => drillViewSchema.parse(await who.request('POST', `/api/drills/${id}/moves`, move)),
    read: async (who) => drillViewSchema.parse(await who.request('GET', `/api/drills/${id}`)),
  };
  await drill.move(client, { move: 'start' });
  return drill;
}
