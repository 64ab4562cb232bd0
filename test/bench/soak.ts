import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startCluster } from '../../infra/cluster/cluster.ts';
import type { ClusterLog } from '../../infra/cluster/cluster-options.ts';
import { FakeRuntime } from '../../infra/cluster/kubelet/fake-runtime.ts';
import type { Clock } from '../../infra/cluster/meta/clock.ts';
import { ManualClock } from '../../infra/cluster/meta/manual-clock.ts';
import type { ContainerRuntime } from '../../infra/runtime/runtime.ts';
import { prepareTarget } from './cluster-load.ts';
import { collectGarbage } from './measure.ts';
import { WireClient, type WireTarget } from './wire-client.ts';

const STEP_MS = 10_000;
const IMAGE = 'registry.lab/base:1.0';
const json = 'Content-Type: application/json\r\n';
const merge = 'Content-Type: application/merge-patch+json\r\n';
const base = '/api/v1/namespaces/bench';

export interface SoakReport {
  readonly simulatedMs: number;
  readonly requests: number;
  readonly podsRun: number;
  /** The least of the second and of the last quarter, when what is bounded has filled. */
  readonly earlyHeapMb: number;
  readonly lateHeapMb: number;
  /** After a collection each, over the whole time. */
  readonly heapMb: readonly number[];
  /** Objects of kind Event in the cluster by then: what fills for an hour, until the first of them are forgotten. */
  readonly events: readonly number[];
  /** Timers of the cluster's clock and sockets, early, late and after the cluster was disposed. */
  readonly timers: readonly [early: number, late: number, after: number];
  readonly sockets: readonly [early: number, late: number, after: number];
  /** Where timers that were left at the end had been set. */
  readonly leftTimers: readonly string[];
  readonly journalMb: number;
  /** What the cluster wrote to its log as a failure of its own. */
  readonly failures: readonly string[];
}

/** Counts what is armed, so that timers that are left can be told. */
class CountingClock implements Clock {
  readonly inner = new ManualClock();
  /** Where each timer was set. */
  readonly #armed = new Set<Error>();

  get armed(): number {
    return this.#armed.size;
  }

  places(): readonly string[] {
    return [...this.#armed].map(({ stack = '' }) =>
      stack
        .split('\n')
        .slice(2, 5)
        .join(' <')
        .replaceAll(/\(.*\/|\)/g, ' '),
    );
  }

  now(): number {
    return this.inner.now();
  }

  after(delayMs: number, callback: () => void): Disposable {
    const place = new Error('armed');
    this.#armed.add(place);
    const settle = (): void => void this.#armed.delete(place);
    const timer = this.inner.after(delayMs, () => {
      settle();
      callback();
    });
    return {
      [Symbol.dispose]: () => {
        settle();
        timer[Symbol.dispose]();
      },
    };
  }
}

/**
 * A whole cluster on a clock that is moved by hand, with containers in memory, lives `simulatedMs` in steps of ten seconds: a trainee works
 * on it over HTTPS, badly and well, while its controllers, probes and timers run.
 */
export async function soak(simulatedMs: number): Promise<SoakReport> {
  const folder = mkdtempSync(path.join(tmpdir(), 'drillhouse-soak-'));
  const clock = new CountingClock();
  const failures: string[] = [];
  const log: ClusterLog = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (fields, message) => void failures.push(`${message} ${JSON.stringify(fields)}`),
  };
  const runtime = new FakeRuntime(clock);
  runtime.present.add(IMAGE);
  const before = { sockets: openSockets(), timers: clock.armed };
  const cluster = await whileTimeGoesOn(
    clock,
    startCluster({ clusterId: 'soak', runtime: runtimeOf(runtime), dataDir: path.join(folder, 'cluster'), clock, log }),
  );
  const life = new Life(await prepareTarget(cluster), runtime);
  const steps = Math.ceil(simulatedMs / STEP_MS);
  const samples: Sample[] = [];
  for (let step = 0; step < steps; step += 1) {
    await life.step(step);
    await clock.inner.advance(STEP_MS);
    if (step % Math.max(1, Math.floor(steps / 16)) === 0)
      samples.push({ heapMb: heapMb(), timers: clock.armed, sockets: openSockets(), events: life.events });
  }
  const journalMb = statSync(path.join(folder, 'cluster', 'journal')).size / 1e6;
  await whileTimeGoesOn(clock, Promise.resolve(cluster[Symbol.asyncDispose]()));
  rmSync(folder, { recursive: true, force: true });
  const early = leastOf(samples.slice(Math.floor(samples.length / 4), Math.floor(samples.length / 2)));
  const late = leastOf(samples.slice(Math.floor((samples.length * 3) / 4)));
  return {
    simulatedMs,
    requests: life.requests,
    podsRun: life.podsRun,
    heapMb: samples.map((sample) => Math.round(sample.heapMb)),
    events: samples.map((sample) => sample.events),
    earlyHeapMb: early.heapMb,
    lateHeapMb: late.heapMb,
    timers: [early.timers, late.timers, clock.armed - before.timers],
    sockets: [early.sockets, late.sockets, openSockets() - before.sockets],
    leftTimers: clock.places(),
    journalMb,
    failures,
  };
}

interface Sample {
  readonly heapMb: number;
  readonly timers: number;
  readonly sockets: number;
  readonly events: number;
}

/** The least of each: what is held, not what happens to be under way. */
function leastOf(samples: readonly Sample[]): Omit<Sample, 'events'> {
  return {
    heapMb: Math.min(...samples.map(({ heapMb: value }) => value)),
    timers: Math.min(...samples.map(({ timers }) => timers)),
    sockets: Math.min(...samples.map(({ sockets }) => sockets)),
  };
}

/** One trainee's ten seconds, again and again. */
class Life {
  readonly #target: WireTarget;
  readonly #runtime: FakeRuntime;
  requests = 0;
  podsRun = 0;
  events = 0;

  constructor(target: WireTarget, runtime: FakeRuntime) {
    this.#target = target;
    this.#runtime = runtime;
  }

  async step(step: number): Promise<void> {
    using client = await WireClient.open(this.#target);
    const ask = async (method: string, at: string, body?: unknown, headers = json): Promise<number> => {
      this.requests += 1;
      const { status } = await client.request(method, at, body === undefined ? {} : { body: JSON.stringify(body), headers });
      return status;
    };
    if (step === 0) await ask('POST', '/apis/apps/v1/namespaces/bench/deployments', deployment());
    await ask('POST', `${base}/configmaps`, { metadata: { name: `c${step}` }, data: { text: 'x'.repeat(2_000) } });
    await ask('PATCH', `${base}/configmaps/c${step}`, { data: { text: String(step) } }, merge);
    if (step >= 5) await ask('DELETE', `${base}/configmaps/c${step - 5}`);
    await ask('PATCH', '/apis/apps/v1/namespaces/bench/deployments/web', { spec: { replicas: step % 4 } }, merge);
    if (step % 3 === 0) await ask('POST', `${base}/pods`, pod(`p${step}`));
    if (step % 3 === 2) await ask('DELETE', `${base}/pods/p${step - 2}`);
    await ask('GET', `${base}/pods`);
    const listed = await client.request('GET', '/api/v1/events');
    this.requests += 1;
    this.events = (JSON.parse(listed.body.toString('utf8')) as { items: unknown[] }).items.length;
    await ask('POST', `${base}/configmaps`, { metadata: { name: 'NOT valid' } });
    await this.#misbehave(step);
    this.podsRun += this.#runtime.sandboxes.splice(0).length;
    this.#runtime.calls.splice(0);
    this.#runtime.specs.splice(0);
  }

  /** Watches left in the middle, bodies that are cut off, words that are no HTTP. */
  async #misbehave(step: number): Promise<void> {
    const watcher = await WireClient.open(this.#target);
    void watcher.request('GET', `${base}/pods?watch=1&allowWatchBookmarks=true`).catch(() => {});
    const cut = await WireClient.open(this.#target);
    void cut.request('POST', `${base}/configmaps`, { headers: `${json}Content-Length: 5000\r\n` }).catch(() => {});
    const noise = await WireClient.open(this.#target);
    void noise.request('\u0000GET', `/${'%'.repeat(step % 50)}`).catch(() => {});
    this.requests += 3;
    // One more answer, so that the others have been received.
    using last = await WireClient.open(this.#target);
    await last.request('GET', '/version');
    for (const client of [watcher, cut, noise]) client[Symbol.dispose]();
  }
}

function pod(name: string): object {
  return {
    metadata: { name },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: IMAGE, command: ['sleep', 'inf'] }] },
  };
}

function deployment(): object {
  const container = { name: 'c', image: IMAGE, readinessProbe: { exec: { command: ['true'] }, periodSeconds: 5 } };
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } };
  return { metadata: { name: 'web' }, spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template } };
}

function runtimeOf(cluster: FakeRuntime): ContainerRuntime {
  return {
    name: 'process',
    isolation: 'none: containers in memory',
    health: () => Promise.resolve({ ok: true, version: 'memory' }),
    openCluster: () => Promise.resolve(cluster),
    sweep: () => Promise.resolve({ removed: [] }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** What starts or ends may wait for the clock. */
async function whileTimeGoesOn<T>(clock: CountingClock, work: Promise<T>): Promise<T> {
  const state = { isDone: false };
  const finished = work.finally(() => (state.isDone = true));
  while (!state.isDone) await clock.inner.advance(100);
  return finished;
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => /TCP|TLS/.test(name)).length;
}

function heapMb(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 1e6;
}
