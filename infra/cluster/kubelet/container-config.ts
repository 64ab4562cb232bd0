import type { ContainerSpec, ImageInfo, Mount } from '../../runtime/runtime.ts';
import type { Container, ContainerUser, Pod } from '../meta/generated/types.ts';
import { quantityMilli, quantityUnits } from '../meta/quantity.ts';
import { ContainerConfigError } from './config-error.ts';
import { expandVariables } from './expand.ts';

/** Kubernetes leaves processes unbounded by default; a trainee's fork bomb must not be the neighbours' problem. */
export const DEFAULT_PID_LIMIT = 256;

export interface ContainerConfigInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly attempt: number;
  readonly image: ImageInfo;
  readonly env: ReadonlyMap<string, string>;
  readonly mounts: readonly Mount[];
}

/** What the runtime is asked to create. Throws {@link ContainerConfigError}. */
export function containerSpec({ pod, container, attempt, image, env, mounts }: ContainerConfigInput): ContainerSpec {
  const expand = (text: string): string => expandVariables(text, (name) => env.get(name));
  const { command = [], args = [], workingDir, resources, securityContext } = container;
  const { limits = {}, requests = {} } = resources ?? {};
  const user = userOf(pod, container);
  const groups = supplementalGroupsOf(pod);
  refuseRoot(pod, container, image, user.uid);
  return {
    podUid: pod.metadata.uid ?? '',
    name: container.name,
    attempt,
    image: image.reference,
    ...(command.length === 0 ? {} : { command: command.map(expand) }),
    ...(args.length === 0 ? {} : { args: args.map(expand) }),
    ...(workingDir === undefined || workingDir === '' ? {} : { workingDir }),
    env: [...env].map(([name, value]) => ({ name, value })),
    mounts,
    tty: container.tty ?? false,
    stdin: container.stdin ?? false,
    ...(limits.memory === undefined ? {} : { memoryLimitBytes: quantityUnits(limits.memory) }),
    ...(limits.cpu === undefined ? {} : { cpuLimitMilli: quantityMilli(limits.cpu) }),
    ...(requests.cpu === undefined ? {} : { cpuRequestMilli: quantityMilli(requests.cpu) }),
    pidLimit: DEFAULT_PID_LIMIT,
    ...(user.uid === undefined && user.gid === undefined ? {} : { user }),
    ...(groups.length === 0 ? {} : { supplementalGroups: groups }),
    readOnlyRootFilesystem: securityContext?.readOnlyRootFilesystem ?? false,
    addCapabilities: (securityContext?.capabilities?.add ?? []).map((name) => name.replace(/^CAP_/, '')),
  };
}

/** Who the container runs as, for its status; undefined where the image names its user and only the image knows the number. */
export function containerUser(spec: ContainerSpec, image: ImageInfo): ContainerUser | undefined {
  const [imageUid = '', imageGid = ''] = image.user.split(':');
  const uid = spec.user?.uid ?? numberOf(imageUid === '' ? '0' : imageUid);
  if (uid === undefined) return undefined;
  const gid = spec.user?.gid ?? numberOf(imageGid) ?? 0;
  return { linux: { uid, gid, supplementalGroups: [...new Set([gid, ...(spec.supplementalGroups ?? [])])] } };
}

function userOf(pod: Pod, container: Container): { uid?: number; gid?: number } {
  const ofPod = pod.spec?.securityContext;
  const uid = container.securityContext?.runAsUser ?? ofPod?.runAsUser;
  const gid = container.securityContext?.runAsGroup ?? ofPod?.runAsGroup;
  return { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
}

/** The group of the pod's files first: a runtime that knows one group must know this one. */
function supplementalGroupsOf({ spec }: Pod): readonly number[] {
  const { fsGroup, supplementalGroups = [] } = spec?.securityContext ?? {};
  return [...new Set([...(fsGroup === undefined ? [] : [fsGroup]), ...supplementalGroups])];
}

function refuseRoot(pod: Pod, container: Container, image: ImageInfo, uid: number | undefined): void {
  const mustNotBeRoot = container.securityContext?.runAsNonRoot ?? pod.spec?.securityContext?.runAsNonRoot ?? false;
  if (!mustNotBeRoot) return;
  const { name, namespace = '', uid: podUid = '' } = pod.metadata;
  const where = `(pod: "${name}_${namespace}(${podUid})", container: ${container.name})`;
  if (uid === 0) throw new ContainerConfigError(`container's runAsUser breaks non-root policy ${where}`);
  if (uid !== undefined) return;
  const [imageUser = ''] = image.user.split(':');
  if (imageUser === '' || imageUser === '0' || imageUser === 'root') {
    throw new ContainerConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  }
  if (numberOf(imageUser) === undefined) {
    throw new ContainerConfigError(
      `container has runAsNonRoot and image has non-numeric user (${imageUser}), cannot verify user is non-root ${where}`,
    );
  }
}

function numberOf(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
