import { existsSync } from 'node:fs';
import type { ContainerSpec, Mount } from '../../runtime.ts';
import type { SupervisorConfig } from '../wire.ts';
import { TOOLS_FOLDER } from './container-environment.ts';
import { containerWorkingDir, type ContainerProgram } from './container-program.ts';
import { netFolder } from './pod-files.ts';

/** The image's /etc lies here; the container's own /etc points into it and can be written. */
export const TEMPLATE_ETC = `${TOOLS_FOLDER}/etc`;

const SAFE_CAPABILITIES: ReadonlySet<string> = new Set(['NET_BIND_SERVICE', 'CHOWN', 'FOWNER', 'DAC_OVERRIDE', 'SETUID', 'SETGID', 'KILL']);
/** What setpriv itself needs, dropped by it in the end; and for root's containers, what entering their user namespace needs. */
const LAUNCH_CAPABILITIES = ['SETUID', 'SETGID', 'SETPCAP'];
const MAPPED_ROOT_CAPABILITIES = ['SYS_ADMIN', 'SYS_PTRACE'];
/** Files of /proc that tell of the whole host or act on it, the same ones as Docker masks. */
const MASKED_PROC_FILES = ['kcore', 'keys', 'latency_stats', 'timer_list', 'sched_debug', 'sysrq-trigger'];
const READ_ONLY_PROC_FOLDERS = ['sys', 'bus', 'irq', 'fs'];

/** Folders that are the host's own, read-only, in every container. */
const HOST_FOLDERS = /^\/(usr|bin|sbin|lib(32|64|x32)?|proc|sys|opt\/drillhouse)(\/|$)/;
const WHOLE_FOLDERS: ReadonlySet<string> = new Set(['/', '/dev', '/etc', '/opt']);
const LOADER_FILES = /^\/etc\/ld\.so/;

/** How bubblewrap builds the container, as options that stand before its command. */
export function bwrapOptions(config: SupervisorConfig, program: ContainerProgram, env: Readonly<Record<string, string>>): string[] {
  const { spec, image, place, userNamespaces } = program;
  return [
    ...['--unshare-pid', '--unshare-uts', '--unshare-ipc', '--unshare-cgroup-try', '--as-pid-1', '--die-with-parent'],
    ...(userNamespaces?.kind === 'pair' ? ['--userns', '6', '--userns2', '7', '--uid', '0', '--gid', '0'] : []),
    // A terminal's size reaches only its own session.
    ...(spec.tty ? [] : ['--new-session']),
    ...['--hostname', place.hostname, '--json-status-fd', '4'],
    ...['--cap-drop', 'ALL', ...launchCapabilities(config, program).flatMap((name) => ['--cap-add', `CAP_${name}`])],
    ...['--bind', place.rootFolder, '/', '--ro-bind', '/usr', '/usr'],
    ...config.hostRootFolders.flatMap((name) => ['--ro-bind', `/${name}`, `/${name}`]),
    ...['--ro-bind', config.templates[image.template], TEMPLATE_ETC],
    ...['hosts', 'resolv.conf', 'hostname'].flatMap((file) => ['--ro-bind', `${place.podFolder}/${file}`, `/etc/${file}`]),
    ...['--ro-bind', `${place.podFolder}/${netFolder}`, `${TOOLS_FOLDER}/${netFolder}`],
    ...config.sharedFiles.concat(image.files).flatMap(({ hostPath, containerPath }) => ['--ro-bind', hostPath, containerPath]),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...(config.isolation === 'bubblewrap-root' ? procMasks() : []),
    ...sortedMounts(spec.mounts).flatMap((mount) => [mount.readOnly ? '--ro-bind' : '--bind', mount.hostPath, mount.containerPath]),
    ...(spec.readOnlyRootFilesystem ? ['--remount-ro', '/'] : []),
    ...['--chdir', containerWorkingDir(program), '--clearenv'],
    ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
  ];
}

function launchCapabilities(config: SupervisorConfig, { spec, userNamespaces }: ContainerProgram): string[] {
  if (config.isolation !== 'bubblewrap-root') return [];
  return [...LAUNCH_CAPABILITIES, ...(userNamespaces === undefined ? [] : MAPPED_ROOT_CAPABILITIES), ...grantedCapabilities(spec)];
}

export function grantedCapabilities(spec: ContainerSpec): string[] {
  return spec.addCapabilities.filter((name) => SAFE_CAPABILITIES.has(name));
}

function procMasks(): string[] {
  return [
    ...READ_ONLY_PROC_FOLDERS.flatMap((folder) => ['--ro-bind-try', `/proc/${folder}`, `/proc/${folder}`]),
    ...MASKED_PROC_FILES.filter((file) => existsSync(`/proc/${file}`)).flatMap((file) => ['--ro-bind', '/dev/null', `/proc/${file}`]),
  ];
}

/** Parents before what is mounted inside them. */
export function sortedMounts(mounts: readonly Mount[]): readonly Mount[] {
  return [...mounts].sort((a, b) => a.containerPath.split('/').length - b.containerPath.split('/').length);
}

/**
 * Why a volume cannot stand where it should: over what comes from the host, with which programs that still have rights are loaded.
 * Undefined for one that can.
 */
export function planMountRefusal(containerPath: string): string | undefined {
  const normal = `/${containerPath
    .split('/')
    .filter((word) => word !== '' && word !== '.')
    .join('/')}`;
  const refused = normal.includes('/..') || HOST_FOLDERS.test(normal) || WHOLE_FOLDERS.has(normal) || LOADER_FILES.test(normal);
  return refused ? `${containerPath} belongs to the host in the process runtime, so that no volume can be mounted there` : undefined;
}
