import { existsSync } from 'node:fs';
import type { ContainerSpec, ExecRequest, Mount } from '../../runtime.ts';
import type { SupervisorConfig, WireImage } from '../wire.ts';
import { loopbackOf } from './address-blocks.ts';
import type { UserNamespacePair } from './user-namespaces.ts';
import { mapHostPaths, type PathMap } from './path-map.ts';

/** Where a container's things lie on the host. */
export interface ContainerPlace {
  /** The container's root file system, its writable layer so to speak. */
  readonly rootFolder: string;
  /** Its pod's hosts, resolv.conf and hostname. */
  readonly podFolder: string;
  readonly podIp: string;
  readonly hostname: string;
}

export interface ContainerProgram {
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly image: WireImage;
  readonly place: ContainerPlace;
  /** Of an ordinary user's containers. */
  readonly userNamespaces?: UserNamespacePair;
}

/** A command line for the host. `bwrapOptions` go to bubblewrap over a pipe, so that no secret stands in a process list. */
export interface SpawnPlan {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly bwrapOptions: readonly string[];
  /** Who the program is on this host, where that differs from us: its pipes become its own. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** Where node, the shim and tools from outside /usr stand in a container. */
export const TOOLS_FOLDER = '/opt/drillhouse';
/** The image's /etc lies here; the container's own /etc points into it and can be written. */
export const TEMPLATE_ETC = `${TOOLS_FOLDER}/etc`;
export const CONTAINER_PATH = `${TOOLS_FOLDER}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
const SHIM_FILE = `${TOOLS_FOLDER}/node-shim.cjs`;
/** Marks every process of a container where there is no namespace to tell it by. */
export const CONTAINER_MARK = 'DRILLHOUSE_CONTAINER';

const SAFE_CAPABILITIES: ReadonlySet<string> = new Set(['NET_BIND_SERVICE', 'CHOWN', 'FOWNER', 'DAC_OVERRIDE', 'SETUID', 'SETGID', 'KILL']);
/** What setpriv itself needs, dropped by it in the end. */
const LAUNCH_CAPABILITIES = ['SETUID', 'SETGID', 'SETPCAP'];
/**
 * Files of /proc that act on the whole host and ask for no capability, only for uid 0, which a container's root is. The same ones as
 * Docker masks.
 */
const MASKED_PROC_FILES = ['kcore', 'keys', 'latency_stats', 'timer_list', 'sched_debug', 'sysrq-trigger'];
const READ_ONLY_PROC_FOLDERS = ['sys', 'bus', 'irq', 'fs'];
/**
 * Variables that the dynamic loader and the C library obey reach the program only, never a launcher that still has rights. Names that
 * are no identifiers (Kubernetes allows dots and dashes) would be dropped by a shell on the way.
 */
const LOADER_VARIABLE = /^(LD_|GLIBC_|GCONV_PATH$|MALLOC_|LOCPATH$|NLSPATH$|RES_OPTIONS$|HOSTALIASES$|LOCALDOMAIN$|TMPDIR$|ENV$|BASH_ENV$)/;

const SHELL_VARIABLE = /^[A-Za-z_]\w*$/;

/** Starts a process at a given folder once all namespaces are made: says so on descriptor 3, then becomes the program. */
const ANNOUNCE = 'echo ready >&3; exec 3>&- 4>&- 5<&- 6<&- 7<&-; exec "$@"';
const ENTER = 'cd -- "$0" 2>/dev/null; exec "$@"';

export function containerUser({ spec, image }: Pick<ContainerProgram, 'spec' | 'image'>): { readonly uid: number; readonly gid: number } {
  const uid = spec.user?.uid ?? image.user.uid;
  // Kubernetes leaves the group to the image; an unknown user's group is 0 there.
  const gid = spec.user?.gid ?? (uid === image.user.uid ? image.user.gid : 0);
  return { uid, gid };
}

/** The program's arguments as Kubernetes puts them together: a command of one's own drops the image's arguments too. */
export function containerArguments({ spec, image }: Pick<ContainerProgram, 'spec' | 'image'>): readonly string[] {
  const command = spec.command !== undefined && spec.command.length > 0 ? spec.command : undefined;
  const args = spec.args !== undefined && spec.args.length > 0 ? spec.args : command === undefined ? image.cmd : [];
  return [...(command ?? image.entrypoint), ...args];
}

export function containerWorkingDir({ spec, image }: Pick<ContainerProgram, 'spec' | 'image'>): string {
  return spec.workingDir !== undefined && spec.workingDir !== '' ? spec.workingDir : image.workingDir;
}

/** The program's environment: the image's, then what the container's spec says, over what every container has. */
export function containerEnvironment(config: SupervisorConfig, program: ContainerProgram, tty: boolean): Record<string, string> {
  const { spec, image, place } = program;
  const { uid } = containerUser(program);
  const own = Object.fromEntries(spec.env.map(({ name, value }) => [name, value]));
  const isolated = config.isolation !== 'none';
  const shim = isolated ? SHIM_FILE : config.shimPath;
  return {
    PATH: isolated ? CONTAINER_PATH : `${toolFolder(config)}:${process.env['PATH'] ?? CONTAINER_PATH}`,
    HOSTNAME: place.hostname,
    HOME: homeOf(uid),
    ...(tty ? { TERM: 'xterm-256color' } : {}),
    ...image.env,
    ...own,
    NODE_OPTIONS: [`--require ${JSON.stringify(shim)}`, own['NODE_OPTIONS'] ?? image.env['NODE_OPTIONS']]
      .filter((option) => option !== undefined)
      .join(' '),
    DRILLHOUSE_POD_IP: place.podIp,
    DRILLHOUSE_POD_LOOPBACK: loopbackOf(place.podIp),
    DRILLHOUSE_HOSTS: isolated ? '/etc/hosts' : `${place.podFolder}/hosts`,
    // curl does not read the hosts file for localhost. A workspace keeps the host's, where `kubectl port-forward` listens.
    ...(image.template === 'workspace' ? {} : { CURL_HOME: isolated ? `${TOOLS_FOLDER}/curl` : `${place.podFolder}/curl` }),
  };
}

/** Homes as the images' /etc/passwd has them. */
export function homeOf(uid: number): string {
  if (uid === 0) return '/root';
  return uid === 1000 ? '/home/trainee' : '/';
}

export function planStart(config: SupervisorConfig, program: ContainerProgram): SpawnPlan {
  return config.isolation === 'none' ? planPlainStart(config, program) : planIsolatedStart(config, program);
}

function planIsolatedStart(config: SupervisorConfig, program: ContainerProgram): SpawnPlan {
  const env = containerEnvironment(config, program, program.spec.tty);
  const { safe, special } = splitEnvironment(env);
  const inside = [
    ...privilegeDrop(config, program, true),
    ...environmentPrefix(special),
    ...ttyWrap(config, program.spec.tty, containerArguments(program)),
  ];
  return {
    command: [
      ...openUserNamespaces(program),
      requireTool(config, 'bwrap'),
      '--args',
      '5',
      '--',
      '/bin/sh',
      '-c',
      ANNOUNCE,
      'sh',
      ...inside,
    ],
    env: { PATH: CONTAINER_PATH },
    cwd: '/',
    bwrapOptions: bwrapOptions(config, program, safe),
    ...hostOwner(config, program),
  };
}

function hostOwner({ isolation }: SupervisorConfig, program: ContainerProgram): Pick<SpawnPlan, 'owner'> {
  return isolation === 'bubblewrap-root' ? { owner: containerUser(program) } : {};
}

/** Hands bubblewrap the user namespaces as descriptors 6 and 7. */
function openUserNamespaces({ userNamespaces }: ContainerProgram): string[] {
  if (userNamespaces === undefined) return [];
  return ['/bin/sh', '-c', `exec "$0" "$@" 6<${userNamespaces.outer} 7<${userNamespaces.inner}`];
}

function bwrapOptions(config: SupervisorConfig, program: ContainerProgram, env: Readonly<Record<string, string>>): string[] {
  const { spec, image, place } = program;
  const capabilities = config.isolation === 'bubblewrap-root' ? [...LAUNCH_CAPABILITIES, ...grantedCapabilities(spec)] : [];
  return [
    ...['--unshare-pid', '--unshare-uts', '--unshare-ipc', '--unshare-cgroup-try', '--as-pid-1', '--die-with-parent'],
    ...(program.userNamespaces === undefined ? [] : ['--userns', '6', '--userns2', '7', '--uid', '0', '--gid', '0']),
    // A terminal's size reaches only its own session.
    ...(spec.tty ? [] : ['--new-session']),
    ...['--hostname', place.hostname, '--json-status-fd', '4'],
    ...['--cap-drop', 'ALL', ...capabilities.flatMap((name) => ['--cap-add', `CAP_${name}`])],
    ...['--bind', place.rootFolder, '/', '--ro-bind', '/usr', '/usr'],
    ...config.hostRootFolders.flatMap((name) => ['--ro-bind', `/${name}`, `/${name}`]),
    ...['--ro-bind', config.templates[image.template], TEMPLATE_ETC],
    ...['hosts', 'resolv.conf', 'hostname'].flatMap((file) => ['--ro-bind', `${place.podFolder}/${file}`, `/etc/${file}`]),
    ...['--ro-bind', `${place.podFolder}/curl`, `${TOOLS_FOLDER}/curl`],
    ...config.sharedFiles.concat(image.files).flatMap(({ hostPath, containerPath }) => ['--ro-bind', hostPath, containerPath]),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...(config.isolation === 'bubblewrap-root' ? procMasks() : []),
    ...sortedMounts(spec.mounts).flatMap((mount) => [mount.readOnly ? '--ro-bind' : '--bind', mount.hostPath, mount.containerPath]),
    ...(spec.readOnlyRootFilesystem ? ['--remount-ro', '/'] : []),
    ...['--chdir', containerWorkingDir(program), '--clearenv'],
    ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
  ];
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

function grantedCapabilities(spec: ContainerSpec): string[] {
  return spec.addCapabilities.filter((name) => SAFE_CAPABILITIES.has(name));
}

/**
 * Ends with the program having the container's uid and no capability but those granted. In a user namespace bubblewrap has done it
 * all. `--pdeathsig` because a change of uid makes the kernel forget the one that bubblewrap set.
 */
function privilegeDrop(config: SupervisorConfig, program: ContainerProgram, dieWithParent: boolean): string[] {
  // Who enters a user namespace has all of its capabilities until the next exec, and root in it even after.
  if (config.isolation === 'bubblewrap-user')
    return dieWithParent ? [] : [requireTool(config, 'setpriv'), '--bounding-set', '-all', '--inh-caps', '-all', '--no-new-privs', '--'];
  const { uid, gid } = containerUser(program);
  const granted = grantedCapabilities(program.spec).map((name) => `+${name.toLowerCase()}`);
  return [
    ...[requireTool(config, 'setpriv'), '--reuid', String(uid), '--regid', String(gid), '--clear-groups', '--no-new-privs'],
    ...['--bounding-set', ['-all', ...granted].join(','), '--inh-caps', ['-all', ...granted].join(',')],
    ...(granted.length > 0 ? ['--ambient-caps', ['-all', ...granted].join(',')] : []),
    ...(dieWithParent ? ['--pdeathsig', 'KILL'] : []),
    '--',
  ];
}

/**
 * `script` makes the terminal inside the container's own /dev/pts, where `tty`, tmux and job control find it; the terminal outside
 * carries the size.
 */
function ttyWrap(config: SupervisorConfig, tty: boolean, args: readonly string[]): readonly string[] {
  if (!tty || config.tools.script === undefined) return args;
  return [config.tools.script, '--quiet', '--return', '--command', `exec ${args.map(shellQuote).join(' ')}`, '/dev/null'];
}

export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

export function splitEnvironment(env: Readonly<Record<string, string>>): {
  readonly safe: Readonly<Record<string, string>>;
  readonly special: Readonly<Record<string, string>>;
} {
  const entries = Object.entries(env);
  const isSafe = (name: string): boolean => SHELL_VARIABLE.test(name) && !LOADER_VARIABLE.test(name);
  return {
    safe: Object.fromEntries(entries.filter(([name]) => isSafe(name))),
    special: Object.fromEntries(entries.filter(([name]) => !isSafe(name))),
  };
}

function environmentPrefix(special: Readonly<Record<string, string>>): string[] {
  const assignments = Object.entries(special).map(([name, value]) => `${name}=${value}`);
  return assignments.length === 0 ? [] : ['/usr/bin/env', '--', ...assignments];
}

export function planExec(config: SupervisorConfig, program: ContainerProgram, pid: number, request: ExecRequest): SpawnPlan {
  const extra = Object.fromEntries((request.env ?? []).map(({ name, value }) => [name, value]));
  const env = { ...containerEnvironment(config, program, request.tty), ...extra };
  if (config.isolation === 'none') return planPlain(config, program, request.command, env);
  const { safe, special } = splitEnvironment(env);
  const inside = [
    ...privilegeDrop(config, program, false),
    ...['/bin/sh', '-c', ENTER, containerWorkingDir(program)],
    ...environmentPrefix(special),
    ...ttyWrap(config, request.tty, request.command),
  ];
  return {
    command: [...enterNamespaces(config, program, pid), ...inside],
    env: safe,
    cwd: '/',
    bwrapOptions: [],
    ...hostOwner(config, program),
  };
}

/** The namespaces belong to the outer user namespace, so that one comes first; the container's own is its first process's. */
function enterNamespaces(config: SupervisorConfig, { userNamespaces }: ContainerProgram, pid: number): string[] {
  const nsenter = requireTool(config, 'nsenter');
  const namespaces = ['--target', String(pid), '--mount', '--uts', '--ipc', '--pid'];
  if (userNamespaces === undefined) return [nsenter, ...namespaces, '--'];
  const inner = [nsenter, '--target', '1', '--user', '--preserve-credentials', '--'];
  return [nsenter, `--user=${userNamespaces.outer}`, '--preserve-credentials', ...namespaces, '--', ...inner];
}

function planPlainStart(config: SupervisorConfig, program: ContainerProgram): SpawnPlan {
  const env = { ...containerEnvironment(config, program, program.spec.tty) };
  return planPlain(config, program, containerArguments(program), env);
}

/** Without namespaces, paths that the container would see are replaced by where they lie on the host, wherever they are named. */
function planPlain(
  config: SupervisorConfig,
  program: ContainerProgram,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): SpawnPlan {
  const map = plainPaths(config, program);
  const mapped = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, name === 'PATH' ? value : mapHostPaths(map, value)]));
  return {
    command: args.map((word) => mapHostPaths(map, word)),
    env: { ...mapped, HOME: plainPath(program, env['HOME'] ?? '/'), [CONTAINER_MARK]: program.id },
    cwd: plainWorkingDir(map, program),
    bwrapOptions: [],
  };
}

/** What a plain container's paths stand for. Only what is mounted or brought by the image: /usr and /etc are the host's anyway. */
export function plainPaths(config: SupervisorConfig, { spec, image }: ContainerProgram): PathMap {
  return [
    ...spec.mounts.map(({ hostPath, containerPath }) => ({ containerPath, hostPath })),
    ...image.files,
    { containerPath: `${TOOLS_FOLDER}/bin/node`, hostPath: config.nodePath },
  ];
}

function plainPath({ place }: ContainerProgram, containerPath: string): string {
  return `${place.rootFolder}${containerPath === '/' ? '' : containerPath}`;
}

function plainWorkingDir(map: PathMap, program: ContainerProgram): string {
  const wanted = containerWorkingDir(program);
  const mounted = mapHostPaths(map, wanted);
  return mounted === wanted ? plainPath(program, wanted) : mounted;
}

/** The folder of the host that holds `node` and found tools, for containers without namespaces. */
export function toolFolder(config: SupervisorConfig): string {
  return `${config.stateDir}/bin`;
}

function requireTool(config: SupervisorConfig, tool: 'bwrap' | 'nsenter' | 'setpriv'): string {
  const file = config.tools[tool];
  if (file === undefined) throw new Error(`The isolation ${config.isolation} was chosen without ${tool}.`);
  return file;
}
