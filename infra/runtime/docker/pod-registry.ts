import type { ContainerInfo } from 'dockerode';
import { z } from 'zod';
import { forEachBounded } from './bounded.ts';
import { translating, type Engine } from './engine.ts';
import { label, labelFilter, ownershipLabels, type Ownership } from './labels.ts';
import type { PodNames } from './service-names.ts';

/** A pod of this cluster as its pause container tells of it. */
export interface PodRecord {
  readonly podUid: string;
  readonly pauseId: string;
  readonly ip: string;
  readonly namespace: string;
  readonly name: string;
  readonly names: PodNames;
  readonly shareProcessNamespace: boolean;
  readonly startsClosed: boolean;
}

/** A container of a pod, running or not. */
export interface ContainerRecord {
  readonly id: string;
  readonly podUid: string;
  readonly name: string;
  readonly attempt: number;
  readonly running: boolean;
  /** Runs or has run. */
  readonly hasStarted: boolean;
}

export interface Inventory {
  readonly pods: readonly PodRecord[];
  readonly containers: readonly ContainerRecord[];
  /** Pause containers that are not running: the engine or the machine was restarted. */
  readonly stoppedPauses: readonly string[];
}

const podNamesSchema = z.object({
  hostname: z.string(),
  searchNamespace: z.string(),
  shareProcessNamespace: z.boolean(),
  startsClosed: z.boolean().default(false),
  dns: z
    .object({ usesCluster: z.boolean(), nameservers: z.array(z.string()), searches: z.array(z.string()), options: z.array(z.string()) })
    .optional(),
  hostAliases: z.array(z.object({ ip: z.string(), hostnames: z.array(z.string()) })),
});

/** Serialised into the pause container's label and read back by {@link takeInventory}. */
export function encodePodFacts(names: PodNames, facts: Pick<PodRecord, 'shareProcessNamespace' | 'startsClosed'>): string {
  return JSON.stringify({ ...names, ...facts });
}

/** All that the engine holds of one cluster, found by labels alone. */
export async function takeInventory(engine: Engine, ownership: Ownership): Promise<Inventory> {
  const filters = labelFilter(ownershipLabels(ownership));
  const all = await translating('listing containers', () => engine.calls.listContainers({ all: true, filters }));
  const pauses = all.filter((one) => one.Labels[label.role] === 'pause');
  return {
    pods: pauses.map(toPodRecord).filter((pod) => pod !== undefined),
    containers: all.map(toContainerRecord).filter((container) => container !== undefined),
    stoppedPauses: pauses.filter((pause) => pause.State !== 'running').map((pause) => pause.Id),
  };
}

function toPodRecord({ Id, Labels, NetworkSettings }: ContainerInfo): PodRecord | undefined {
  const parsed = podNamesSchema.safeParse(parseJson(Labels[label.podNames]));
  const endpoint = Object.values(NetworkSettings.Networks)[0] as
    { IPAddress?: string; IPAMConfig?: { IPv4Address?: string } | null } | undefined;
  // A stopped container has no address, but keeps the one it was given.
  const ip = [endpoint?.IPAMConfig?.IPv4Address, endpoint?.IPAddress].find((address) => address !== undefined && address !== '');
  const podUid = Labels[label.podUid];
  if (!parsed.success || ip === undefined || podUid === undefined) return undefined;
  const { shareProcessNamespace, startsClosed, ...names } = parsed.data;
  return {
    podUid,
    pauseId: Id,
    ip,
    namespace: Labels[label.podNamespace] ?? '',
    name: Labels[label.podName] ?? '',
    names,
    shareProcessNamespace,
    startsClosed,
  };
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function toContainerRecord({ Id, Labels, State }: ContainerInfo): ContainerRecord | undefined {
  const [podUid, name, attempt] = [Labels[label.podUid], Labels[label.containerName], Number(Labels[label.attempt])];
  if (Labels[label.role] !== 'container' || podUid === undefined || name === undefined || !Number.isInteger(attempt)) return undefined;
  return { id: Id, podUid, name, attempt, running: State === 'running', hasStarted: State !== 'created' };
}

const START_CONCURRENCY = 4;

/** Starts pause containers again, each with the address it had. */
export async function revivePauses(engine: Engine, inventory: Inventory): Promise<void> {
  await forEachBounded(inventory.stoppedPauses, START_CONCURRENCY, (id) =>
    translating('starting a pod again', () => engine.calls.getContainer(id).start()),
  );
}
