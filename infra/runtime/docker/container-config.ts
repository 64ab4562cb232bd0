import type { ContainerCreateOptions, HostConfig } from 'dockerode';
import { RuntimeError, type ContainerSpec, type PodSandboxSpec } from '../runtime.ts';
import { label, ownershipLabels, pauseImage, type Ownership } from './labels.ts';
import { encodePodFacts, type PodRecord } from './pod-registry.ts';
import type { PodNames } from './service-names.ts';

/** Where a cluster's containers go and under whose name. */
export interface Placement {
  readonly ownership: Ownership;
  /** The OCI runtime; `undefined` leaves the engine's default. */
  readonly ociRuntime: string | undefined;
  /** Protects the host from a pod without a memory limit. */
  readonly memoryCeilingBytes: number;
}

/** A container's output, kept until it is removed: two files of this size. */
const LOG_FILE_SIZE = '5m';

/**
 * The capabilities that a container may ask for: those of Kubernetes' baseline Pod Security, less the two that make raw packets and
 * device nodes. Any other is left out in silence, as a Pod Security admission would have refused it before.
 */
const GRANTABLE = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

export function podNamesOf(spec: PodSandboxSpec): PodNames {
  const { hostname, dnsSearchNamespace: searchNamespace, hostAliases, dns } = spec;
  return { hostname, searchNamespace, hostAliases, ...(dns === undefined ? {} : { dns }) };
}

export function podFactsOf({
  shareProcessNamespace,
  startsClosed = false,
}: PodSandboxSpec): Pick<PodRecord, 'shareProcessNamespace' | 'startsClosed'> {
  return { shareProcessNamespace, startsClosed };
}

export function pauseName({ installation, clusterId }: Ownership, podUid: string): string {
  return `drillhouse-${installation}-${clusterId}-pod-${podUid}`;
}

/**
 * The container that owns the pod's network namespace, and the only one that may change it. Always on the engine's default runtime:
 * nftables needs the kernel's own network stack.
 */
export function planPause(spec: PodSandboxSpec, placement: Placement, network: string, ip: string): ContainerCreateOptions {
  return {
    name: pauseName(placement.ownership, spec.podUid),
    Image: pauseImage,
    Hostname: spec.hostname,
    Labels: {
      ...ownershipLabels(placement.ownership),
      [label.role]: 'pause',
      [label.podUid]: spec.podUid,
      [label.podNamespace]: spec.namespace,
      [label.podName]: spec.name,
      [label.podNames]: encodePodFacts(podNamesOf(spec), podFactsOf(spec)),
    },
    HostConfig: {
      NetworkMode: network,
      CapDrop: ['ALL'],
      CapAdd: ['NET_ADMIN'],
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: 64,
      LogConfig: { Type: 'none', Config: {} },
      // Containers of one pod share memory segments; with a shared process namespace this one is their init and reaps.
      IpcMode: 'shareable',
    },
    NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: ip } } } },
  };
}

/** What creating a container needs to know of its pod and its image. */
export interface ContainerSurroundings {
  readonly pauseId: string;
  readonly shareProcessNamespace: boolean;
  readonly hostname: string;
  readonly imageUser: string;
  /** Host paths after resolution, see `checkMount`. */
  readonly binds: readonly { readonly source: string; readonly target: string; readonly readOnly: boolean }[];
}

export function containerName({ installation, clusterId }: Ownership, spec: Pick<ContainerSpec, 'podUid' | 'name' | 'attempt'>): string {
  return `drillhouse-${installation}-${clusterId}-${spec.podUid}-${spec.name}-${spec.attempt}`;
}

export function planContainer(spec: ContainerSpec, placement: Placement, around: ContainerSurroundings): ContainerCreateOptions {
  if (!Number.isInteger(spec.pidLimit) || spec.pidLimit < 1)
    throw new RuntimeError('InvalidRequest', `Pid limit ${spec.pidLimit} is not a positive number.`);
  const user = planUser(spec.user, around.imageUser);
  return {
    name: containerName(placement.ownership, spec),
    Image: spec.image,
    // An empty Cmd beside an Entrypoint keeps the image's own Cmd out, as Kubernetes has it.
    ...(spec.command === undefined ? {} : { Entrypoint: [...spec.command], Cmd: [] }),
    ...(spec.args === undefined ? {} : { Cmd: [...spec.args] }),
    ...(spec.workingDir === undefined ? {} : { WorkingDir: spec.workingDir }),
    ...(user === undefined ? {} : { User: user }),
    Env: planEnv(spec, around.hostname),
    Tty: spec.tty,
    OpenStdin: spec.stdin,
    StdinOnce: false,
    Labels: {
      ...ownershipLabels(placement.ownership),
      [label.role]: 'container',
      [label.podUid]: spec.podUid,
      [label.containerName]: spec.name,
      [label.attempt]: String(spec.attempt),
    },
    HostConfig: planHostConfig(spec, placement, around),
  };
}

function planHostConfig(spec: ContainerSpec, placement: Placement, around: ContainerSurroundings): HostConfig {
  const memory = Math.min(spec.memoryLimitBytes ?? placement.memoryCeilingBytes, placement.memoryCeilingBytes);
  return {
    NetworkMode: `container:${around.pauseId}`,
    IpcMode: `container:${around.pauseId}`,
    ...(around.shareProcessNamespace ? { PidMode: `container:${around.pauseId}` } : {}),
    ...(placement.ociRuntime === undefined ? {} : { Runtime: placement.ociRuntime }),
    CapDrop: ['ALL'],
    CapAdd: spec.addCapabilities.map((name) => name.replace(/^CAP_/, '')).filter((name) => GRANTABLE.has(name)),
    SecurityOpt: ['no-new-privileges'],
    Privileged: false,
    ...(spec.supplementalGroups === undefined ? {} : { GroupAdd: spec.supplementalGroups.map(String) }),
    ReadonlyRootfs: spec.readOnlyRootFilesystem,
    PidsLimit: spec.pidLimit,
    // Swap would turn an exhausted limit into slowness instead of the OOM kill that Kubernetes shows.
    Memory: memory,
    MemorySwap: memory,
    ...planCpu(spec),
    Mounts: around.binds.map(({ source, target, readOnly }) => ({
      Type: 'bind' as const,
      Source: source,
      Target: target,
      ReadOnly: readOnly,
    })),
    LogConfig: { Type: 'json-file', Config: { 'max-size': LOG_FILE_SIZE, 'max-file': '2' } },
    RestartPolicy: { Name: 'no' },
  };
}

const CPU_PERIOD_US = 100_000;
/** The kernel refuses less. */
const MIN_CPU_QUOTA_US = 1_000;

/**
 * Shares of a container that requests little or nothing. Kubernetes gives 2, with which a terminal would starve beside any busy
 * container on the engine, other trainees' included.
 */
const MIN_CPU_SHARES = 128;

/** Shares as the kubelet computes them: 1,024 a CPU. */
function planCpu(spec: ContainerSpec): HostConfig {
  const request = spec.cpuRequestMilli ?? spec.cpuLimitMilli ?? 0;
  const shares = { CpuShares: Math.max(MIN_CPU_SHARES, Math.floor((request * 1024) / 1000)) };
  if (spec.cpuLimitMilli === undefined) return shares;
  return { ...shares, CpuPeriod: CPU_PERIOD_US, CpuQuota: Math.max(MIN_CPU_QUOTA_US, spec.cpuLimitMilli * (CPU_PERIOD_US / 1000)) };
}

function planEnv(spec: ContainerSpec, hostname: string): string[] {
  const own = spec.env.map(({ name, value }) => `${name}=${value}`);
  return spec.env.some(({ name }) => name === 'HOSTNAME') ? own : [`HOSTNAME=${hostname}`, ...own];
}

/** A group alone keeps the image's user. */
function planUser(user: ContainerSpec['user'], imageUser: string): string | undefined {
  if (user === undefined || (user.uid === undefined && user.gid === undefined)) return undefined;
  const uid = user.uid === undefined ? (imageUser.split(':')[0] ?? '') : String(user.uid);
  return user.gid === undefined ? uid : `${uid === '' ? '0' : uid}:${user.gid}`;
}
