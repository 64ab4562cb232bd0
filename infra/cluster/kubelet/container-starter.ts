import { join } from 'node:path';
import type { ImageInfo, Mount } from '../../runtime/runtime.ts';
import { messageOf } from '../client/api-errors.ts';
import type { EventType } from '../client/event-recorder.ts';
import type { Container, Pod } from '../meta/generated/types.ts';
import { ContainerConfigError } from './config-error.ts';
import { containerSpec, containerUser } from './container-config.ts';
import { containerEnv } from './container-env.ts';
import { withGpuEnv } from './gpu-env.ts';
import { messages } from './event-messages.ts';
import type { PodPlace } from './field-values.ts';
import type { ImageManager } from './image-manager.ts';
import type { KubeletContext } from './kubelet-context.ts';
import type { ContainerRun, WaitingReason } from './pod-state.ts';
import { serviceEnv } from './service-env.ts';
import { terminationLogPath } from './termination-message.ts';
import { containerMounts, makeTerminationLog } from './volumes/container-mounts.ts';
import type { VolumePlace } from './volumes/pod-volumes.ts';
import { sharesVolumes } from './volumes/shared-volumes.ts';

/** A configuration that is wrong is looked at again after so long even if nothing that it refers to has changed. */
export const CONFIG_RETRY_MS = 10_000;
const CREATE_RETRY_MS = 10_000;

export interface StartRequest {
  readonly pod: Pod;
  readonly podDir: string;
  readonly container: Container;
  readonly attempt: number;
  readonly place: PodPlace;
  readonly hostname: string;
  readonly volumes: ReadonlyMap<string, VolumePlace>;
  readonly runningSiblings: readonly Container[];
  readonly images: ImageManager;
  readonly tell: (type: EventType, reason: string, message: string) => void;
  readonly signal: AbortSignal;
}

export type StartResult =
  | { readonly kind: 'run'; readonly run: ContainerRun }
  | { readonly kind: 'waiting'; readonly waiting: WaitingReason; readonly retryAtMs: number };

/**
 * Brings a container to run: image, configuration, creation, start. Whatever a trainee can get wrong comes back as a value; a container
 * that cannot be started is a run that has ended with StartError. Throws what the runtime throws when its engine fails.
 */
export async function startContainer(context: KubeletContext, request: StartRequest): Promise<StartResult> {
  const { clock } = context;
  const { container, tell } = request;
  const outcome = await request.images.ensure(container, tell, request.signal);
  if (outcome.kind === 'waiting') return outcome;
  const { image } = outcome;
  try {
    const env = await environment(context, request);
    return await context.sharedVolumes.whileStarting(container, request.volumes, () => mountAndRun(context, request, image, env));
  } catch (error) {
    return refused(error, tell, clock.now());
  }
}

async function mountAndRun(
  context: KubeletContext,
  request: StartRequest,
  image: ImageInfo,
  env: ReadonlyMap<string, string>,
): Promise<StartResult> {
  const { runtime, clock } = context;
  const { pod, container, tell, attempt } = request;
  const mounts = await mountsOf(context, request, env);
  const spec = containerSpec({ pod, container, attempt, image: { ...image, reference: container.image ?? '' }, env, mounts });
  const { id } = await runtime.createContainer(spec);
  tell('Normal', 'Created', messages.created);
  const started = await runtime.startContainer(id);
  const user = containerUser(spec, image);
  const common = { id, attempt, image: container.image ?? '', imageId: image.id, ...(user === undefined ? {} : { user }) };
  if (started.kind === 'started') {
    tell('Normal', 'Started', messages.started);
    return { kind: 'run', run: { ...common, state: { kind: 'running', startedAtMs: clock.now() } } };
  }
  tell('Warning', 'Failed', messages.error(started.message));
  const end = { startedAtMs: 0, finishedAtMs: clock.now(), exitCode: 128, reason: 'StartError', message: started.message };
  return { kind: 'run', run: { ...common, state: { kind: 'exited', ...end } } };
}

/** Errors of the engine itself go on to whoever retries; the rest is the container's own doing. */
function refused(error: unknown, tell: StartRequest['tell'], nowMs: number): StartResult {
  const message = messageOf(error);
  if (error instanceof ContainerConfigError) {
    tell('Warning', 'Failed', messages.error(message));
    return { kind: 'waiting', waiting: { reason: 'CreateContainerConfigError', message }, retryAtMs: nowMs + CONFIG_RETRY_MS };
  }
  if (error instanceof Error && 'code' in error && error.code === 'InvalidRequest') {
    tell('Warning', 'Failed', messages.error(message));
    return { kind: 'waiting', waiting: { reason: 'CreateContainerError', message }, retryAtMs: nowMs + CREATE_RETRY_MS };
  }
  throw error;
}

async function environment(
  context: KubeletContext,
  { pod, container, place, hostname }: StartRequest,
): Promise<ReadonlyMap<string, string>> {
  const namespace = pod.metadata.namespace ?? '';
  const services = serviceEnv(context.services(), namespace, pod.spec?.enableServiceLinks ?? true);
  const env = await containerEnv({ pod, container, place, base: { HOSTNAME: hostname, ...services }, references: context.references });
  return withGpuEnv(env, { container, podUid: pod.metadata.uid ?? '', gpuProduct: place.gpuProduct });
}

async function mountsOf(
  { sharedVolumes: shared }: KubeletContext,
  { pod, container, volumes: places, runningSiblings, podDir, attempt }: StartRequest,
  env: ReadonlyMap<string, string>,
): Promise<Mount[]> {
  const podUid = pod.metadata.uid ?? '';
  const mounts = await containerMounts({ container, places, env, runningSiblings, podUid, shared });
  if (sharesVolumes(container, places)) shared.note(podUid, container, places);
  const path = container.terminationMessagePath;
  if (path === undefined || path === '' || mounts.some(({ containerPath }) => containerPath === path)) return mounts;
  const hostPath = terminationLogPath(podDir, container.name, attempt);
  await makeTerminationLog(hostPath);
  return [...mounts, { hostPath, containerPath: path, readOnly: false }];
}

/** The folder of a pod's volumes and container files. */
export function podDirOf(dataDir: string, podUid: string): string {
  if (!/^[a-zA-Z0-9-]+$/.test(podUid)) throw new Error(`not a uid: ${podUid}`);
  return join(dataDir, 'pods', podUid);
}
