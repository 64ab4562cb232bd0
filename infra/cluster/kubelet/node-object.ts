import { createHash } from 'node:crypto';
import { arch, release } from 'node:os';
import type { NodeSpec } from '../cluster-options.ts';
import type { Node, NodeCondition, NodeStatus } from '../meta/generated/types.ts';
import { quantityOfMilli } from '../meta/quantity.ts';
import { timeText } from '../meta/times.ts';

/** The version that the cluster answers as. */
export const KUBELET_VERSION = 'v1.36.2';

/** Whether the node can run pods; `reason` is for people. */
export type NodeHealth = { readonly isReady: true } | { readonly isReady: false; readonly reason: string };

/** From TEST-NET-1 (RFC 5737), which leads nowhere: virtual nodes have no address of their own. */
export function nodeIp(index: number): string {
  return `192.0.2.${2 + (index % 250)}`;
}

/** A new Node as its kubelet registers it. */
export function nodeObject(spec: NodeSpec): Node {
  const architecture = architectureName();
  const labels = {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': spec.name,
    'kubernetes.io/os': 'linux',
    ...spec.labels,
  };
  const taints = (spec.taints ?? []).map((taint) => ({ ...taint }));
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: spec.name,
      labels,
      annotations: { 'node.alpha.kubernetes.io/ttl': '0', 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: taints.length === 0 ? {} : { taints },
  };
}

/** Everything is allocatable: the kubelet itself takes nothing from a virtual node. */
export function nodeCapacity(spec: NodeSpec): Record<string, string> {
  const extended = Object.entries(spec.extendedResources ?? {}).map(([name, count]) => [name, String(count)] as const);
  return {
    cpu: quantityOfMilli(spec.cpuMilli),
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: `${Math.floor(spec.memoryBytes / 1024)}Ki`,
    pods: String(spec.maxPods),
    ...Object.fromEntries(extended),
  };
}

export function nodeStatus(spec: NodeSpec, ip: string, health: NodeHealth, held: readonly NodeCondition[], nowMs: number): NodeStatus {
  const machineId = createHash('sha256').update(spec.name).digest('hex').slice(0, 32);
  return {
    capacity: nodeCapacity(spec),
    allocatable: nodeCapacity(spec),
    conditions: nodeConditions(health, held, nowMs),
    addresses: [
      { type: 'InternalIP', address: ip },
      { type: 'Hostname', address: spec.name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      machineID: machineId,
      systemUUID: machineId,
      bootID: machineId,
      kernelVersion: release(),
      osImage: 'Debian GNU/Linux 12 (bookworm)',
      containerRuntimeVersion: 'containerd://2.1.9',
      kubeletVersion: KUBELET_VERSION,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: architectureName(),
    },
  };
}

function nodeConditions(health: NodeHealth, held: readonly NodeCondition[], nowMs: number): NodeCondition[] {
  const own: readonly Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>[] = [
    { type: 'MemoryPressure', status: 'False', reason: 'KubeletHasSufficientMemory', message: 'kubelet has sufficient memory available' },
    { type: 'DiskPressure', status: 'False', reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure' },
    { type: 'PIDPressure', status: 'False', reason: 'KubeletHasSufficientPID', message: 'kubelet has sufficient PID available' },
    health.isReady
      ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
      : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: `container runtime is down: ${health.reason}` },
  ];
  return own.map((condition) => {
    const before = held.find(({ type }) => type === condition.type);
    const isSame = before?.status === condition.status && before.lastTransitionTime !== undefined;
    const transition = isSame ? (before.lastTransitionTime ?? '') : timeText(nowMs);
    return { ...condition, lastHeartbeatTime: timeText(nowMs), lastTransitionTime: transition };
  });
}

function architectureName(): string {
  return arch() === 'x64' ? 'amd64' : arch();
}
