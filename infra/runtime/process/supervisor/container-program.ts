import type { ContainerSpec } from '../../runtime.ts';
import type { Isolation, WireImage } from '../wire.ts';

/** Where a container's things lie on the host. */
export interface ContainerPlace {
  /** The container's root file system, its writable layer so to speak. */
  readonly rootFolder: string;
  /** Its pod's hosts, resolv.conf and hostname. */
  readonly podFolder: string;
  readonly podIp: string;
  readonly hostname: string;
}

/** User namespaces, as paths under which they can be opened for as long as the supervisor lives. */
export type UserNamespaces =
  /** An ordinary user's: in the outer one this account is root, in the inner one it is the container's user. */
  | { readonly kind: 'pair'; readonly outer: string; readonly inner: string }
  /** Root's, for containers that run as root: there uid 0 is {@link CONTAINER_ROOT_ID} outside. */
  | { readonly kind: 'mapped-root'; readonly namespace: string };

/** A container with all that starting a process in it needs. */
export interface ContainerProgram {
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly image: WireImage;
  readonly place: ContainerPlace;
  readonly userNamespaces?: UserNamespaces;
}

type Identity = Pick<ContainerProgram, 'spec' | 'image'>;

/**
 * Who a container's root is on the host when root runs us: nobody else, above the ranges that distributions and systemd give out. Real
 * root without capabilities would still own the host's files, /proc/sys and whatever a program started for it with rights can be
 * made to load.
 */
export const CONTAINER_ROOT_ID = 1_879_048_192;

export interface UserAndGroup {
  readonly uid: number;
  readonly gid: number;
}

export function containerUser({ spec, image }: Identity): UserAndGroup {
  const uid = spec.user?.uid ?? image.user.uid;
  // Kubernetes leaves the group to the image; an unknown user's group is 0 there.
  const gid = spec.user?.gid ?? spec.supplementalGroups?.[0] ?? (uid === image.user.uid ? image.user.gid : 0);
  return { uid, gid };
}

/** Who the program is on this host; undefined where that is who we are. */
export function hostUser(isolation: Isolation, program: Identity): UserAndGroup | undefined {
  if (isolation !== 'bubblewrap-root') return undefined;
  const user = containerUser(program);
  return user.uid === 0 ? { uid: CONTAINER_ROOT_ID, gid: CONTAINER_ROOT_ID } : user;
}

/** The program's arguments as Kubernetes puts them together: a command of one's own drops the image's arguments too. */
export function containerArguments({ spec, image }: Identity): readonly string[] {
  const command = spec.command !== undefined && spec.command.length > 0 ? spec.command : undefined;
  const args = spec.args !== undefined && spec.args.length > 0 ? spec.args : command === undefined ? image.cmd : [];
  return [...(command ?? image.entrypoint), ...args];
}

export function containerWorkingDir({ spec, image }: Identity): string {
  return spec.workingDir !== undefined && spec.workingDir !== '' ? spec.workingDir : image.workingDir;
}

/** Homes as the images' /etc/passwd has them. */
export function homeOf(uid: number): string {
  if (uid === 0) return '/root';
  return uid === 1000 ? '/home/trainee' : '/';
}
