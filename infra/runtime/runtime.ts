import type { Readable, Writable, Duplex } from 'node:stream';

/**
 * The port that the embedded cluster's kubelet drives: what runs containers.
 *
 * There are two implementations, `docker/` and `process/`. A runtime serves many clusters; everything that belongs to one
 * cluster hangs on its {@link ClusterRuntime}. All calls may be repeated: creating what exists returns it, stopping what is
 * stopped and removing what is gone succeed. Objects given and returned are immutable.
 *
 * What it does not promise: restart policies, back-off, probes and ordering are the kubelet's; nothing here retries.
 */
export interface ContainerRuntime extends AsyncDisposable {
  readonly name: 'docker' | 'process';
  /** One sentence for the person who starts the server: how far this runtime isolates, and what it does not. */
  readonly isolation: string;
  /** Asks the engine for a sign of life. Never throws. */
  health(): Promise<RuntimeHealth>;
  /** Opens a cluster's network and bookkeeping; adopts what an earlier process left running under the same id. */
  openCluster(spec: ClusterRuntimeSpec): Promise<ClusterRuntime>;
  /** Removes containers, networks and processes (found by labels or pid files) of clusters whose id is not in `keep`. */
  sweep(keep: ReadonlySet<string>): Promise<SweepReport>;
}

export type RuntimeHealth = { readonly ok: true; readonly version: string } | { readonly ok: false; readonly reason: string };

export interface SweepReport {
  readonly removed: readonly string[];
}

export interface ClusterRuntimeSpec {
  /** Stable over restarts; `[a-z0-9-]`, at most 40 characters. */
  readonly clusterId: string;
  /** A folder of this cluster's own on the host, kept over restarts. */
  readonly dataDir: string;
}

/** One cluster's containers, addresses and Services. Disposing it removes all of them; `detach` leaves them running. */
export interface ClusterRuntime extends AsyncDisposable {
  /** Where the API server must also listen so that pods reach it: the bridge's address on Docker, 127.0.0.1 for processes. */
  readonly apiListenHost: string;
  /** The range that pod addresses come from, in CIDR notation. */
  readonly podCidr: string;
  /** The range that the API server allocates ClusterIPs from, in CIDR notation. The first address is the `kubernetes` Service's. */
  readonly serviceCidr: string;
  /**
   * Port on `apiListenHost` where names are answered, over UDP and TCP, for the Service `kube-dns` to lead to: pods ask the tenth address of
   * `serviceCidr`. Absent where pods have names from their hosts file instead.
   */
  readonly dnsPort?: number;
  /** Who a container's root is to the files of this host; absent where that is root itself, or whoever runs us. */
  readonly containerRootId?: number;

  /** Makes an image available. An image that cannot be had is an outcome, not an error. */
  pullImage(reference: string, signal?: AbortSignal): Promise<PullOutcome>;
  /** Looks an image up locally, without pulling. */
  getImage(reference: string): Promise<ImageInfo | undefined>;

  runPodSandbox(spec: PodSandboxSpec): Promise<PodSandbox>;
  /** Stops what is left of a pod's containers, removes them, and gives its address back. */
  removePodSandbox(podUid: string): Promise<void>;
  /** All pods known here with their containers, running or not: what a restarted kubelet adopts. */
  listPods(): Promise<readonly RuntimePod[]>;

  createContainer(spec: ContainerSpec): Promise<{ readonly id: string }>;
  startContainer(id: string): Promise<StartOutcome>;
  /** Sends `signal` (default SIGTERM), then SIGKILL after the grace period. Resolves when the container has ended. */
  stopContainer(id: string, options: { readonly graceSeconds: number; readonly signal?: string }): Promise<void>;
  removeContainer(id: string): Promise<void>;
  inspectContainer(id: string): Promise<ContainerState>;
  /** Tells of every container that ends, and of `runtime-lost` / `runtime-back` when the engine goes and returns. */
  subscribe(listener: (event: RuntimeEvent) => void): Disposable;

  exec(id: string, request: ExecRequest): Promise<ExecSession>;
  /** Joins the main process's streams (attach). */
  attach(id: string, request: { readonly tty: boolean; readonly stdin: boolean }): Promise<ExecSession>;
  /**
   * The container's output since its start as complete lines, oldest first. With `follow`, ends when the container does or
   * the signal aborts. Output is kept after the container's end until it is removed; bounded (10 MiB a container).
   */
  logs(id: string, request: LogRequest): AsyncIterable<LogLine>;
  /** Real usage of a running container; undefined when it is not running. */
  stats(id: string): Promise<ContainerStats | undefined>;
  /** Opens a TCP connection from outside to a port of the pod's address, for probes and the proxy subresource. */
  dial(podUid: string, port: number, signal?: AbortSignal): Promise<Duplex>;
  /** The same for port-forward, which reaches what listens on the pod's loopback too. */
  forward(podUid: string, port: number, signal?: AbortSignal): Promise<Duplex>;

  /**
   * Level-triggered: makes exactly these Services reachable by name and by ClusterIP from every pod, spread over their
   * endpoints. A Service without endpoints refuses connections.
   */
  programServices(services: readonly ServiceRoute[]): Promise<void>;

  /**
   * Level-triggered: makes the traffic between pods what `traffic` says; a pod that is not named is open, unless it started closed and has
   * never been named. Connections that are established when a policy comes live on. What comes from the node (probes, port-forward) is
   * never held back. The process runtime, whose pods share one network, enforces it for TCP only, and only where a ClusterIP or a Node
   * program is at one end.
   */
  programTraffic(traffic: readonly PodTraffic[]): Promise<void>;

  /** Forgets this cluster without touching what runs, for an orchestrator that restarts. */
  detach(): Promise<void>;
}

export type PullOutcome =
  | { readonly kind: 'pulled' | 'present'; readonly image: ImageInfo; readonly tookMs: number }
  /** `message` reads as containerd's would, e.g. `failed to pull and unpack image "x": failed to resolve reference "x": x: not found`. */
  | {
      readonly kind: 'failed';
      readonly reason: 'NotFound' | 'InvalidName' | 'Unauthorized' | 'Unreachable' | 'WrongPlatform';
      readonly message: string;
    };

export interface ImageInfo {
  readonly reference: string;
  /** `sha256:…` of the image's content. */
  readonly id: string;
  readonly sizeBytes: number;
  readonly user: string;
}

/** What a pod's resolver is told apart from the cluster's own ways. */
export interface PodDns {
  /** Ask the cluster's name server and search the pod's namespace, before what follows. Without it the names of Services mean nothing. */
  readonly usesCluster: boolean;
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  /** As resolv.conf has them: `ndots:2`, `rotate`. */
  readonly options: readonly string[];
}

export interface PodSandboxSpec {
  readonly podUid: string;
  readonly namespace: string;
  readonly name: string;
  readonly hostname: string;
  /** Namespaces whose Services short names resolve to: the pod's own first. */
  readonly dnsSearchNamespace: string;
  /** Absent: the cluster's name server and search path, and nothing else. */
  readonly dns?: PodDns;
  readonly labels: Readonly<Record<string, string>>;
  readonly shareProcessNamespace: boolean;
  readonly hostAliases: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
  /** Neither reaches other pods nor is reached by them until `programTraffic` names it for the first time. */
  readonly startsClosed?: boolean;
}

export interface PodSandbox {
  readonly podUid: string;
  readonly ip: string;
}

export interface ContainerSpec {
  readonly podUid: string;
  readonly name: string;
  /** Counts restarts; (podUid, name, attempt) identifies a container. */
  readonly attempt: number;
  readonly image: string;
  /** Kubernetes' command and args; absent means the image's own. */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly memoryLimitBytes?: number;
  /** In thousandths of a CPU. */
  readonly cpuLimitMilli?: number;
  readonly cpuRequestMilli?: number;
  readonly pidLimit: number;
  readonly user?: { readonly uid?: number; readonly gid?: number };
  /** Beside the user's own group; processes know one group, and take the first of these where the user names none. */
  readonly supplementalGroups?: readonly number[];
  readonly readOnlyRootFilesystem: boolean;
  /** Capabilities beyond none, without the `CAP_` prefix. The runtime grants only what it deems safe. */
  readonly addCapabilities: readonly string[];
}

/** `hostPath` is a file or folder below the cluster's `dataDir`, made by the kubelet; a trainee never names a host path. */
export interface Mount {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly readOnly: boolean;
}

export type StartOutcome =
  | { readonly kind: 'started' }
  /** E.g. the command is not in the image: terminated with StartError, exit code 128. */
  | { readonly kind: 'failed'; readonly message: string };

export type ContainerState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'created' }
  | { readonly kind: 'running'; readonly startedAt: Date; readonly pid: number }
  | {
      readonly kind: 'exited';
      readonly startedAt: Date;
      readonly finishedAt: Date;
      readonly exitCode: number;
      /** The signal's number when one ended it. */
      readonly signal?: number;
      readonly oomKilled: boolean;
      readonly message?: string;
    };

export interface RuntimePod {
  readonly sandbox: PodSandbox;
  readonly namespace: string;
  readonly name: string;
  readonly containers: readonly { readonly id: string; readonly name: string; readonly attempt: number; readonly state: ContainerState }[];
}

export type RuntimeEvent =
  | { readonly kind: 'container-exited'; readonly id: string; readonly podUid: string }
  | { readonly kind: 'runtime-lost'; readonly reason: string }
  | { readonly kind: 'runtime-back' };

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface ExecRequest {
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly size?: TerminalSize;
  readonly env?: readonly { readonly name: string; readonly value: string }[];
}

/** Streams keep back-pressure: a reader that pauses pauses the process. Disposing ends the process that exec started. */
export interface ExecSession extends AsyncDisposable {
  /** Null when no stdin was asked for. Ending it closes the process's stdin. */
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  /** Null with a TTY, where both streams are one. */
  readonly stderr: Readable | null;
  resize(size: TerminalSize): Promise<void>;
  readonly exited: Promise<{ readonly exitCode: number }>;
}

export interface LogRequest {
  readonly follow: boolean;
  readonly tailLines?: number;
  readonly since?: Date;
  readonly limitBytes?: number;
  readonly signal?: AbortSignal;
}

/** `text` holds the line's bytes without the newline. */
export interface LogLine {
  readonly at: Date;
  readonly stream: 'stdout' | 'stderr';
  readonly text: Buffer;
}

export interface ContainerStats {
  readonly at: Date;
  readonly cpuNanoseconds: number;
  readonly memoryWorkingSetBytes: number;
}

export interface ServiceRoute {
  readonly namespace: string;
  readonly name: string;
  /** `None` for headless Services, whose name resolves to the endpoints' addresses; empty where there is none, as for ExternalName. */
  readonly clusterIp: string;
  /** The same client comes to the same endpoint as long as the endpoints are the same (sessionAffinity ClientIP). */
  readonly isSticky?: boolean;
  /** The name that the Service's name stands for. */
  readonly externalName?: string;
  /** Ready endpoints of a headless Service that has no ports. */
  readonly addresses?: readonly { readonly ip: string; readonly hostname?: string }[];
  /** Known to pods of its own namespace only, by name and on Docker by address too; absent means to all. */
  readonly isHidden?: boolean;
  readonly ports: readonly {
    readonly name?: string;
    readonly port: number;
    readonly protocol: 'TCP' | 'UDP';
    /** Ready endpoints only. */
    readonly endpoints: readonly { readonly ip: string; readonly port: number; readonly hostname?: string }[];
  }[];
}

/** The Services that a pod of this namespace may know of. */
export function servicesFor(namespace: string, services: readonly ServiceRoute[]): readonly ServiceRoute[] {
  return services.filter((service) => service.isHidden !== true || service.namespace === namespace);
}

/** What holds for a pod that started closed, until it is named. */
export function closedTraffic(podUid: string): PodTraffic {
  return { podUid, ingress: [], egress: [], faults: [] };
}

/** What one pod may send and receive, and what goes wrong with what it sends. */
export interface PodTraffic {
  readonly podUid: string;
  /** Absent while nothing isolates the pod in that direction; empty when nothing at all is let through. */
  readonly ingress?: readonly TrafficRule[];
  readonly egress?: readonly TrafficRule[];
  readonly faults: readonly WireRule[];
}

/** Matches when the other side lies in one of `peers` and the port is one of `ports`; absent means any. */
export interface TrafficRule {
  readonly peers?: readonly AddressRange[];
  readonly ports?: readonly PortRange[];
}

/** IPv4 in CIDR notation. */
export interface AddressRange {
  readonly cidr: string;
  readonly except: readonly string[];
}

/** All ports of the protocol when `first` is absent; both ends belong to it. */
export interface PortRange {
  readonly protocol: 'TCP' | 'UDP';
  readonly first?: number;
  readonly last?: number;
}

/** A fault on what a pod sends to other pods, replies included, whichever side opened the connection. */
export interface WireRule {
  /** Addresses of pods. */
  readonly to: readonly string[];
  /** TCP port at either end of the connection; absent means all traffic. */
  readonly port?: number;
  readonly effect: WireEffect;
}

export type WireEffect =
  /** Packets vanish. */
  | { readonly kind: 'partition' }
  /** That share of packets vanishes, 0 to 1. */
  | { readonly kind: 'loss'; readonly probability: number }
  /** Connections open and are reset when data is sent. */
  | { readonly kind: 'reset' }
  /** What exceeds the rate vanishes, so that TCP slows down to it. */
  | { readonly kind: 'bandwidth'; readonly bytesPerSecond: number }
  /** Every packet arrives later by `ms`, more or less by up to `jitterMs` (even), never before one that was sent earlier. */
  | { readonly kind: 'latency'; readonly ms: number; readonly jitterMs: number };

/** Thrown for failures of the engine itself; outcomes that a trainee can cause are values. */
export class RuntimeError extends Error {
  readonly code: 'EngineUnreachable' | 'EngineFailed' | 'UnknownContainer' | 'UnknownPod' | 'AddressSpaceExhausted' | 'InvalidRequest';

  constructor(code: RuntimeError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RuntimeError';
    this.code = code;
  }
}
