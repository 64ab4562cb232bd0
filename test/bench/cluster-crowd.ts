import path from 'node:path';
import { startCluster } from '../../infra/cluster/cluster.ts';
import type { Cluster } from '../../infra/cluster/cluster-options.ts';
import type { ContainerRuntime } from '../../infra/runtime/runtime.ts';
import { LoadWorker, makeFolder, prepareTarget, seedConfigMaps, seedPods } from './cluster-load.ts';
import type { Operation, WorkerReport } from './cluster-load-worker.ts';
import { openRuntime, quiet } from './clusters.ts';
import { collectGarbage, percentile, timed, type Measurement } from './measure.ts';
import type { WireTarget } from './wire-client.ts';

const CROWDS = [1, 10, 100] as const;
const CALM_MS = 3_000;
const BUSY_PODS = 500;
const BUSY_CLIENTS = 16;

/** Many clusters in one process: what each costs, and what somebody notices of the others. */
export async function measureCrowd(): Promise<readonly Measurement[]> {
  using folder = makeFolder();
  await using runtime = await openRuntime('process', folder.path);
  const clusters: Cluster[] = [];
  const results: Measurement[] = [];
  try {
    // What all share is paid once: compiled code, schemas.
    clusters.push(await startNth(runtime, folder.path, 0));
    const target = await prepareTarget(first(clusters));
    await seedConfigMaps(first(clusters), 1);
    using calm = new LoadWorker();
    await ask(calm, target, 'get', 1, 'warm');
    for (const size of CROWDS) results.push(...(await growTo(size, { clusters, runtime, folder: folder.path, calm, target })));
    results.push(...(await measureNeighbour(clusters, calm, target)));
  } finally {
    for (const cluster of clusters) await cluster[Symbol.asyncDispose]();
  }
  return results;
}

interface Crowd {
  readonly clusters: Cluster[];
  readonly runtime: ContainerRuntime;
  readonly folder: string;
  readonly calm: LoadWorker;
  readonly target: WireTarget;
}

async function growTo(size: number, { clusters, runtime, folder, calm, target }: Crowd): Promise<readonly Measurement[]> {
  const times: number[] = [];
  const before = { ...memory(), count: clusters.length };
  while (clusters.length < size) {
    const { result, tookMs } = await timed(() => startNth(runtime, folder, clusters.length));
    clusters.push(result);
    times.push(tookMs);
  }
  const after = memory();
  const added = clusters.length - before.count;
  const { p50Ms, p99Ms, samples } = await ask(calm, target, 'get', 1, `crowd-${size}`);
  const named = `${size} cluster${size === 1 ? '' : 's'} in one process`;
  return [
    { name: `${named}: get`, value: p99Ms, unit: 'ms', basis: `p99 of ${samples}, p50 ${p50Ms.toFixed(2)} ms, one client` },
    ...(added === 0
      ? []
      : ([
          {
            name: `${named}: start`,
            value: percentile(times, 0.5),
            unit: 'ms',
            target: { atMost: 50 },
            basis: `median of ${added}, API answering and node ready`,
          },
          {
            name: `${named}: memory each`,
            value: Math.max(after.resident - before.resident, after.held - before.held) / 1e6 / added,
            unit: 'MB',
            target: { atMost: 5 },
            basis: `mean of ${added}, the greater of resident and of what is held after a collection`,
          },
        ] as const)),
  ];
}

/** Resident memory alone would say too little: what a collection gave back before is taken up again first. */
function memory(): { readonly resident: number; readonly held: number } {
  collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { resident: rss, held: heapUsed + external };
}

/** A trainee who lists without pause on one cluster, and one who works on another of the same process. */
async function measureNeighbour(clusters: readonly Cluster[], calm: LoadWorker, target: WireTarget): Promise<readonly Measurement[]> {
  const neighbour = clusters.at(1);
  if (neighbour === undefined) return [];
  const busyTarget = await prepareTarget(neighbour);
  await seedPods(neighbour, BUSY_PODS);
  using busy = new LoadWorker();
  const alone = await ask(calm, target, 'get', 1, 'alone');
  const flood = busy.run({ kind: 'load', target: busyTarget, operation: 'table', clients: BUSY_CLIENTS, forMs: 2 * CALM_MS, run: 'busy' });
  const beside = await ask(calm, target, 'get', 1, 'beside');
  const { perSecond } = await flood;
  return [
    { name: 'get with nobody else at work', value: alone.p99Ms, unit: 'ms', basis: `p99 of ${alone.samples}` },
    {
      name: 'get beside a busy trainee',
      value: beside.p99Ms,
      unit: 'ms',
      basis: `p99 of ${beside.samples}, p50 ${beside.p50Ms.toFixed(2)} ms; the other: ${BUSY_CLIENTS} clients, ${perSecond.toFixed(0)} tables of ${BUSY_PODS} pods a second`,
    },
  ];
}

function ask(worker: LoadWorker, target: WireTarget, operation: Operation, clients: number, run: string): Promise<WorkerReport> {
  return worker.run({ kind: 'load', target, operation, clients, forMs: CALM_MS, run });
}

function startNth(runtime: ContainerRuntime, folder: string, index: number): Promise<Cluster> {
  return startCluster({ clusterId: `crowd-${index}`, runtime, dataDir: path.join(folder, `crowd-${index}`), log: quiet });
}

function first(clusters: readonly Cluster[]): Cluster {
  const [cluster] = clusters;
  if (cluster === undefined) throw new Error('no cluster was started');
  return cluster;
}
