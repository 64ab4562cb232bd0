import { z } from 'zod';
import type { Node } from '../infra/cluster/meta/generated/types.ts';
import { parseQuantity } from '../infra/cluster/meta/quantity.ts';
import { findMismatch } from '../grader/partial-match.ts';
import type { KubeObjects } from '../grader/kube-objects.ts';
import { objectName } from '../grader/endpoint.ts';
import { GPU } from '../grader/gpus.ts';

const quantity = z.string().refine(isQuantity, 'must be a quantity such as 4, 500m or 4Gi');

/**
 * A machine that a lab stands on. An embedded cluster gets exactly these nodes, by these names; on a real one each must find a node of its own that has the
 * labels and taints, at least this room, and just as many GPUs: how many are left is what such a lab is about. Manifests and checks go by labels, never by names.
 */
const nodeNeedSchema = z.strictObject({
  name: objectName,
  cpu: quantity,
  memory: quantity,
  gpus: z.int().min(0).max(16).default(0),
  /** `nvidia.com/gpu.product` among them says which device it is. */
  labels: z.record(z.string(), z.string()).default({}),
  taints: z
    .array(
      z.strictObject({
        key: z.string().min(1),
        value: z.string().default(''),
        effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
      }),
    )
    .max(8)
    .default([]),
});

export type NodeNeed = z.infer<typeof nodeNeedSchema>;

/** What a sandbox must have for a lab. The same for all its variants: sandboxes are made before much is known of who will use them. */
export const needsSchema = z.strictObject({
  /** A cluster of its own, for whoever acts on more than one namespace: such a lab is not offered where sandboxes are namespaces of a shared cluster. */
  cluster: z.boolean().default(false),
  /** What Pod Security enforces in the lab's namespace on a shared cluster, where its pods say less of themselves than `restricted` demands. */
  podSecurity: z.enum(['restricted', 'baseline']).default('restricted'),
  nodes: z
    .array(nodeNeedSchema)
    .max(8)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'must have names of their own')
    .default([]),
});

/** Why a cluster's nodes are not what a lab needs, in words for whoever runs the platform; undefined where they are. Pure. */
export function findUnmetNeed(needs: readonly NodeNeed[], nodes: readonly Node[]): string | undefined {
  const failing = needs.find((need) => !nodes.some((node) => meets(need, node)));
  if (failing === undefined && canServeAll(needs, nodes)) return undefined;
  const what =
    failing === undefined ? `${needs.length} nodes of their own for ${needs.map(describeNeed).join('; ')}` : describeNeed(failing);
  return `The lab needs ${what}. The cluster has ${nodes.map(describeNode).join('; ') || 'no node'}. Give it such a node, or run the lab on an embedded cluster.`;
}

/** Whether each need finds a node of its own. There are few of both, so all ways are tried. */
function canServeAll([need, ...others]: readonly NodeNeed[], nodes: readonly Node[]): boolean {
  if (need === undefined) return true;
  return nodes.some(
    (node) =>
      meets(need, node) &&
      canServeAll(
        others,
        nodes.filter((other) => other !== node),
      ),
  );
}

function meets(need: NodeNeed, { metadata, spec, status }: Node): boolean {
  const { allocatable = {} } = status ?? {};
  const hasRoom = (name: 'cpu' | 'memory'): boolean => amount(allocatable[name]) >= amount(need[name]);
  const isTainted = findMismatch(spec?.taints ?? [], need.taints.map(toPattern)) === undefined;
  const isLabelled = findMismatch(metadata.labels ?? {}, need.labels) === undefined;
  return isLabelled && isTainted && hasRoom('cpu') && hasRoom('memory') && amount(allocatable[GPU]) === amount(String(need.gpus));
}

/** The API leaves an empty value out. */
function toPattern({ key, value, effect }: NodeNeed['taints'][number]): object {
  return { key, effect, ...(value === '' ? {} : { value }) };
}

function amount(text: string | undefined): bigint {
  return text === undefined ? 0n : parseQuantity(text).nano;
}

function describeNeed({ cpu, memory, gpus, labels, taints }: NodeNeed): string {
  return `a node with ${describe(cpu, memory, String(gpus))}${list('labelled', pairs(labels))}${list('tainted', taints.map(showTaint))}`;
}

function describeNode({ metadata, spec, status }: Node): string {
  const { cpu = '0', memory = '0', [GPU]: gpus = '0' } = status?.allocatable ?? {};
  return `${metadata.name} with ${describe(cpu, memory, gpus)}${list('tainted', (spec?.taints ?? []).map(showTaint))}`;
}

function describe(cpu: string, memory: string, gpus: string): string {
  return `${cpu} CPUs, ${memory} memory, ${gpus} ${GPU}`;
}

function showTaint({ key, value = '', effect }: { readonly key: string; readonly value?: string; readonly effect: string }): string {
  return `${key}${value === '' ? '' : `=${value}`}:${effect}`;
}

function pairs(labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`);
}

function list(word: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `, ${word} ${items.join(' ')}`;
}

function isQuantity(text: string): boolean {
  try {
    parseQuantity(text);
    return true;
  } catch {
    return false;
  }
}

/** What of the nodes that were made for this sandbox was changed, as merge patches. Nodes by other names belong to others and are left alone. Pure. */
export function planNodeRepairs(
  needs: readonly NodeNeed[],
  nodes: readonly Node[],
): readonly { readonly name: string; readonly subresource?: 'status'; readonly patch: object }[] {
  return needs.flatMap((need) => {
    const node = nodes.find(({ metadata }) => metadata.name === need.name);
    if (node === undefined) return [];
    const { name } = need;
    const taints = need.taints.map(toPattern);
    const isAsDeclared =
      findMismatch(node.metadata.labels ?? {}, need.labels) === undefined &&
      node.spec?.unschedulable !== true &&
      (node.spec?.taints ?? []).length === taints.length &&
      findMismatch(node.spec?.taints ?? [], taints) === undefined;
    const gpus = need.gpus === 0 ? null : String(need.gpus);
    const claims = [node.status?.capacity, node.status?.allocatable].some((room) => (room?.[GPU] ?? null) !== gpus);
    return [
      ...(isAsDeclared ? [] : [{ name, patch: { metadata: { labels: need.labels }, spec: { unschedulable: null, taints } } }]),
      ...(claims
        ? [{ name, subresource: 'status' as const, patch: { status: { capacity: { [GPU]: gpus }, allocatable: { [GPU]: gpus } } } }]
        : []),
    ];
  });
}

export async function repairNodes(objects: KubeObjects, needs: readonly NodeNeed[]): Promise<void> {
  if (needs.length === 0) return;
  for (const { name, patch, ...where } of planNodeRepairs(needs, await objects.list<Node>('Node')))
    await objects.patch({ kind: 'Node', name, ...where }, 'merge', patch);
}
