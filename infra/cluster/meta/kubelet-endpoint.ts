import type { Duplex } from 'node:stream';
import type { ContainerStats, ExecRequest, ExecSession, LogLine, LogRequest } from '../../runtime/runtime.ts';

/**
 * What the API server asks of a node's kubelet to serve pods/log, exec, attach, portforward, proxy and metrics. Refusals that a person
 * should read are thrown as StatusError with Kubernetes' wording (e.g. `container "x" in pod "y" is waiting to start: …`).
 */
export interface KubeletEndpoint {
  logs(pod: PodRef, container: string, request: KubeletLogRequest): Promise<AsyncIterable<LogLine>>;
  exec(pod: PodRef, container: string, request: ExecRequest): Promise<ExecSession>;
  attach(pod: PodRef, container: string, request: { readonly tty: boolean; readonly stdin: boolean }): Promise<ExecSession>;
  /** To the pod's address, for the proxy. */
  dial(pod: PodRef, port: number, signal?: AbortSignal): Promise<Duplex>;
  /** To the pod's address or its loopback, for port-forward. */
  forward(pod: PodRef, port: number, signal?: AbortSignal): Promise<Duplex>;
  /** Usage by container of a running pod; an empty list when nothing runs. */
  stats(pod: PodRef): Promise<readonly { readonly container: string; readonly stats: ContainerStats }[]>;
}

export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface KubeletLogRequest extends LogRequest {
  /** The container's last run instead of the present one. */
  readonly previous: boolean;
}
