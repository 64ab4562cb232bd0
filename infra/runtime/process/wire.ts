import type { ContainerSpec, ExecRequest, PodSandbox, PodSandboxSpec, PodTraffic, ServiceRoute } from '../runtime.ts';

/**
 * What the orchestrator and its supervisor say to each other over the supervisor's socket. The first line of a connection is a
 * {@link Opening}; on a control connection, requests and replies follow as one JSON object a line, on the others frames
 * (`frames.ts`). Both ends come from the same build: a supervisor of another build is replaced, never spoken to.
 */
export type Opening =
  | { readonly stream: 'control' }
  | { readonly stream: 'exec'; readonly id: string; readonly request: ExecRequest }
  | { readonly stream: 'attach'; readonly id: string; readonly tty: boolean; readonly stdin: boolean }
  | { readonly stream: 'logs'; readonly id: string; readonly request: WireLogRequest };

export interface WireLogRequest {
  readonly follow: boolean;
  readonly tailLines?: number;
  readonly sinceMs?: number;
}

/** A container's program as the image gives it, with the files of the host that it needs. */
export interface WireImage {
  /** Which of the prepared `/etc` folders it sees. */
  readonly template: 'base' | 'workspace';
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workingDir: string;
  readonly user: { readonly uid: number; readonly gid: number };
  readonly files: readonly { readonly hostPath: string; readonly containerPath: string }[];
}

/** Dates travel as milliseconds since the epoch. */
export type WireState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'created' }
  | { readonly kind: 'running'; readonly startedAtMs: number; readonly pid: number }
  | {
      readonly kind: 'exited';
      readonly startedAtMs: number;
      readonly finishedAtMs: number;
      readonly exitCode: number;
      readonly signal?: number;
      readonly oomKilled: boolean;
      readonly message?: string;
    };

export interface WirePod {
  readonly sandbox: PodSandbox;
  readonly namespace: string;
  readonly name: string;
  readonly containers: readonly { readonly id: string; readonly name: string; readonly attempt: number; readonly state: WireState }[];
}

export interface WireStats {
  readonly atMs: number;
  readonly cpuNanoseconds: number;
  readonly memoryWorkingSetBytes: number;
}

/** Every call of the control connection: its parameters and its result. */
export interface Calls {
  hello: { params: Record<string, never>; result: { readonly buildId: string; readonly pid: number } };
  openCluster: {
    params: { readonly clusterId: string; readonly dnsPort?: number };
    result: { readonly podCidr: string; readonly serviceCidr: string; readonly dnsPort: number };
  };
  closeCluster: { params: { readonly clusterId: string }; result: null };
  listClusters: { params: Record<string, never>; result: readonly string[] };
  runPodSandbox: { params: { readonly clusterId: string; readonly spec: PodSandboxSpec }; result: PodSandbox };
  removePodSandbox: { params: { readonly clusterId: string; readonly podUid: string }; result: null };
  listPods: { params: { readonly clusterId: string }; result: readonly WirePod[] };
  createContainer: {
    params: { readonly clusterId: string; readonly spec: ContainerSpec; readonly image: WireImage };
    result: { readonly id: string };
  };
  startContainer: { params: { readonly id: string }; result: { readonly failure?: string } };
  stopContainer: { params: { readonly id: string; readonly graceSeconds: number; readonly signal?: string }; result: null };
  removeContainer: { params: { readonly id: string }; result: null };
  inspectContainer: { params: { readonly id: string }; result: WireState };
  stats: { params: { readonly id: string }; result: WireStats | null };
  programServices: { params: { readonly clusterId: string; readonly services: readonly ServiceRoute[] }; result: null };
  programTraffic: { params: { readonly clusterId: string; readonly traffic: readonly PodTraffic[] }; result: null };
  /** Ends every cluster and then the supervisor itself; the connection closes when all is gone. */
  shutdown: { params: Record<string, never>; result: null };
}

export type CallName = keyof Calls;

export interface WireRequest<N extends CallName = CallName> {
  readonly call: number;
  readonly name: N;
  readonly params: Calls[N]['params'];
}

export interface WireError {
  readonly code: string;
  readonly message: string;
}

export type WireMessage =
  | { readonly call: number; readonly result: unknown }
  | { readonly call: number; readonly error: WireError }
  | { readonly event: 'container-exited'; readonly clusterId: string; readonly id: string; readonly podUid: string };

/** Given to the supervisor when it starts, as a file that only its owner can read. */
export interface SupervisorConfig {
  /** Hash of the program and of everything below: another id means another supervisor. */
  readonly buildId: string;
  readonly stateDir: string;
  readonly socketPath: string;
  readonly isolation: Isolation;
  readonly tools: ToolPaths;
  /** A prepared /etc for each kind of image. */
  readonly templates: Readonly<Record<WireImage['template'], string>>;
  /** Of /bin, /lib and so on: links that the host's root has, by name, and those that are folders of their own there. */
  readonly hostRootLinks: Readonly<Record<string, string>>;
  readonly hostRootFolders: readonly string[];
  /** Host files that every container sees below its tool folder. */
  readonly sharedFiles: readonly { readonly hostPath: string; readonly containerPath: string }[];
  readonly nodePath: string;
  readonly shimPath: string;
  /** With no orchestrator for this long, the supervisor ends its containers and itself. */
  readonly orphanTimeoutMs: number;
}

/**
 * `bubblewrap-root`: namespaces made by root, the container's own uid on the host, as on Docker without user namespaces.
 * `bubblewrap-user`: namespaces inside a user namespace of an ordinary user. `none`: plain process trees.
 */
export type Isolation = 'bubblewrap-root' | 'bubblewrap-user' | 'none';

export interface ToolPaths {
  readonly bwrap?: string;
  readonly nsenter?: string;
  readonly setpriv?: string;
  readonly unshare?: string;
  readonly script?: string;
}
