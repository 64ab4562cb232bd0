import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { SandboxNode } from '../../server/sandboxes/substrate.ts';
import type { NodeSpec } from '../cluster/cluster-options.ts';
import { parseQuantity } from '../cluster/meta/quantity.ts';

const GPU = 'nvidia.com/gpu';
const MAX_PODS = 110;

const savedSchema = z.array(
  z.object({
    name: z.string(),
    cpu: z.string(),
    memory: z.string(),
    gpus: z.number(),
    labels: z.record(z.string(), z.string()),
    taints: z.array(z.object({ key: z.string(), value: z.string(), effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']) })),
  }),
);

/** Kept beside the cluster's journal: a cluster that is resumed has the nodes that it had. */
export async function saveNodes(folder: string, nodes: readonly SandboxNode[]): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(fileIn(folder), JSON.stringify(nodes), { mode: 0o600 });
}

/** Undefined for a cluster that was asked for without nodes. */
export async function loadNodes(folder: string): Promise<readonly NodeSpec[] | undefined> {
  const text = await readFile(fileIn(folder), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : savedSchema.parse(JSON.parse(text)).map(toNodeSpec);
}

/** Quantities in whole thousandths of a core and whole bytes. Pure. */
function toNodeSpec({ name, cpu, memory, gpus, labels, taints }: SandboxNode): NodeSpec {
  return {
    name,
    cpuMilli: Number(parseQuantity(cpu).nano / 1_000_000n),
    memoryBytes: Number(parseQuantity(memory).nano / 1_000_000_000n),
    maxPods: MAX_PODS,
    labels,
    taints: taints.map(({ value, ...taint }) => ({ ...taint, ...(value === '' ? {} : { value }) })),
    ...(gpus === 0 ? {} : { extendedResources: { [GPU]: gpus } }),
  };
}

function fileIn(folder: string): string {
  return path.join(folder, 'nodes.json');
}
