import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { parse } from 'yaml';
import { z } from 'zod';
import { createDockerRuntime } from '../runtime/docker/docker-runtime.ts';
import { createProcessRuntime } from '../runtime/process/process-runtime.ts';
import type { ContainerRuntime } from '../runtime/runtime.ts';
import { startCluster } from './cluster.ts';
import type { ClusterLog, NodeSpec } from './cluster-options.ts';

const usage = `usage: npm run cluster -- --kubeconfig FILE [--runtime process|docker] [--data DIR] [--port N] [--nodes FILE] [--no-service-ca]

Runs one embedded cluster until SIGTERM or SIGINT, which leave nothing behind. With --data the cluster's objects are kept
there and resumed; without, everything is gone at the end. --nodes names a YAML list of nodes:
  - {name: node-1, cpuMilli: 8000, memoryBytes: 17179869184, maxPods: 110, labels: {}, taints: [], extendedResources: {}}
Every namespace holds a ConfigMap openshift-service-ca.crt, as on the cluster that the transcripts in test/conformance were recorded from;
--no-service-ca leaves it out, as upstream Kubernetes and the sandboxes do.`;

const nodesSchema = z
  .array(
    z.strictObject({
      name: z.string().regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/),
      cpuMilli: z.int().positive(),
      memoryBytes: z.int().positive(),
      maxPods: z.int().positive().default(110),
      labels: z.record(z.string(), z.string()).optional(),
      taints: z
        .array(
          z.strictObject({
            key: z.string(),
            value: z.string().optional(),
            effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
          }),
        )
        .optional(),
      extendedResources: z.record(z.string(), z.int().nonnegative()).optional(),
    }),
  )
  .min(1);

/** Named after the data folder, so that what a killed run left is found by the next on the same folder. */
async function openRuntime(name: string, stateDir: string, log: ClusterLog): Promise<ContainerRuntime> {
  const installation = `cluster-${createHash('sha256').update(path.resolve(stateDir)).digest('hex').slice(0, 12)}`;
  if (name === 'docker') return createDockerRuntime({ installation, allowPull: false, pullTimeoutMs: 10_000, log });
  return createProcessRuntime({ stateDir, log });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kubeconfig: { type: 'string' },
      runtime: { type: 'string', default: 'process' },
      data: { type: 'string' },
      port: { type: 'string', default: '0' },
      nodes: { type: 'string' },
      'no-service-ca': { type: 'boolean', default: false },
    },
  });
  if (values.kubeconfig === undefined || !['process', 'docker'].includes(values.runtime) || !/^\d+$/.test(values.port)) {
    process.stderr.write(`${usage}\n`);
    return 2;
  }
  const startedAt = performance.now();
  // From now on, or a signal during the start would leave behind what was started.
  const isToEnd = endSignal();
  const log: ClusterLog = pino({ level: process.env['LOG_LEVEL'] ?? 'warn' }, pino.destination(2));
  const dataDir = values.data ?? mkdtempSync(path.join(tmpdir(), 'drillhouse-cluster-'));
  await using runtime = await openRuntime(values.runtime, path.join(dataDir, 'runtime'), log);
  const nodes =
    values.nodes === undefined ? undefined : (nodesSchema.parse(parse(readFileSync(values.nodes, 'utf8'))) as readonly NodeSpec[]);
  const cluster = await startCluster({
    clusterId: 'standalone',
    runtime,
    dataDir: path.join(dataDir, 'cluster'),
    port: Number(values.port),
    publishesServiceCa: !values['no-service-ca'],
    log,
    ...(nodes === undefined ? {} : { nodes }),
  });
  writeFileSync(values.kubeconfig, cluster.kubeconfig('admin'), { mode: 0o600 });
  chmodSync(values.kubeconfig, 0o600);
  process.stdout.write(`cluster ready in ${Math.round(performance.now() - startedAt)} ms at ${cluster.url}\n`);
  await isToEnd;
  await cluster[Symbol.asyncDispose]();
  if (values.data === undefined) rmSync(dataDir, { recursive: true, force: true });
  return 0;
}

/** Later signals change nothing: shells and npm send theirs to a whole group, so that one often comes twice, and what runs is being removed. */
function endSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
  });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`The cluster did not start: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
