import type { ExecRequest } from '../../runtime.ts';
import type { SupervisorConfig } from '../wire.ts';
import { bwrapOptions, grantedCapabilities } from './bwrap-options.ts';
import { CONTAINER_PATH, containerEnvironment, environmentPrefix, splitEnvironment } from './container-environment.ts';
import {
  containerArguments,
  containerUser,
  containerWorkingDir,
  hostUser,
  type ContainerProgram,
  type UserAndGroup,
} from './container-program.ts';
import { planPlain } from './plain-plan.ts';

/** A command line for the host. `bwrapOptions` go to bubblewrap over a pipe, so that no secret stands in a process list. */
export interface SpawnPlan {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly bwrapOptions: readonly string[];
  /** Who the program is on this host, where that differs from us: its pipes become its own. */
  readonly owner?: UserAndGroup;
}

/** Says on descriptor 3 that all namespaces are made, then becomes the program. Descriptor 6 is closed by who needs it last. */
const ANNOUNCE = 'echo ready >&3; exec 3>&- 4>&- 5<&- 7<&-; exec "$@"';
const CLOSE_NAMESPACE = ['/bin/sh', '-c', 'exec 6<&-; exec "$@"', 'sh'];
const ENTER = 'cd -- "$0" 2>/dev/null; exec "$@"';

/** What nsenter needs to enter a container, and not a capability more: the first program that it starts there is not to be trusted. */
const ENTER_CAPABILITIES = ['-all', '+sys_admin', '+sys_chroot', '+sys_ptrace', '+setuid', '+setgid'].join(',');
const NO_CAPABILITIES = ['--bounding-set', '-all', '--inh-caps', '-all', '--no-new-privs'];

export function planStart(config: SupervisorConfig, program: ContainerProgram): SpawnPlan {
  const env = containerEnvironment(config, program, program.spec.tty);
  if (config.isolation === 'none') return planPlain(config, program, containerArguments(program), env);
  const { safe, special } = splitEnvironment(env);
  const inside = [
    ...dropAtStart(config, program),
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
    ...ownerOnHost(config, program),
  };
}

export function planExec(config: SupervisorConfig, program: ContainerProgram, pid: number, request: ExecRequest): SpawnPlan {
  const extra = Object.fromEntries((request.env ?? []).map(({ name, value }) => [name, value]));
  const env = { ...containerEnvironment(config, program, request.tty), ...extra };
  if (config.isolation === 'none') return planPlain(config, program, request.command, env);
  const { safe, special } = splitEnvironment(env);
  const inside = [
    ...['/bin/sh', '-c', ENTER, containerWorkingDir(program)],
    ...environmentPrefix(special),
    ...ttyWrap(config, request.tty, request.command),
  ];
  return { command: [...enter(config, program, pid), ...inside], env: safe, cwd: '/', bwrapOptions: [], ...ownerOnHost(config, program) };
}

function ownerOnHost({ isolation }: SupervisorConfig, program: ContainerProgram): Pick<SpawnPlan, 'owner'> {
  const owner = hostUser(isolation, program);
  return owner === undefined ? {} : { owner };
}

/** Hands on the user namespaces as descriptors 6 and 7. */
function openUserNamespaces({ userNamespaces }: ContainerProgram): string[] {
  if (userNamespaces === undefined) return [];
  const opened = userNamespaces.kind === 'pair' ? `6<${userNamespaces.outer} 7<${userNamespaces.inner}` : `6<${userNamespaces.namespace}`;
  return ['/bin/sh', '-c', `exec "$0" "$@" ${opened}`];
}

/**
 * Ends with the program having the container's user and no capability but those granted. All that runs on the way comes from the host:
 * the container has not run yet. `--pdeathsig` because a change of uid makes the kernel forget the one that bubblewrap set.
 */
function dropAtStart(config: SupervisorConfig, program: ContainerProgram): string[] {
  const { userNamespaces } = program;
  // bubblewrap has done it all.
  if (userNamespaces?.kind === 'pair') return CLOSE_NAMESPACE;
  const setpriv = requireTool(config, 'setpriv');
  if (userNamespaces !== undefined) {
    const join = [requireTool(config, 'nsenter'), '--user=/proc/self/fd/6', '--setuid', '0', '--setgid', '0', '--'];
    return [...join, setpriv, ...NO_CAPABILITIES, '--pdeathsig', 'KILL', '--', ...CLOSE_NAMESPACE];
  }
  const { uid, gid } = containerUser(program);
  const granted = grantedCapabilities(program.spec).map((name) => `+${name.toLowerCase()}`);
  return [
    ...[setpriv, '--reuid', String(uid), '--regid', String(gid), '--clear-groups', '--no-new-privs'],
    ...['--bounding-set', ['-all', ...granted].join(','), '--inh-caps', ['-all', ...granted].join(',')],
    ...(granted.length > 0 ? ['--ambient-caps', ['-all', ...granted].join(',')] : []),
    ...['--pdeathsig', 'KILL', '--'],
  ];
}

/**
 * Enters a running container. Whoever is root in there may have changed what its programs load, so that nothing is started in it with
 * rights over the host: nsenter itself becomes the container's user, which for its root is one of a user namespace, and starts
 * with no more than it needs.
 */
function enter(config: SupervisorConfig, program: ContainerProgram, pid: number): string[] {
  const [nsenter, setpriv] = [requireTool(config, 'nsenter'), requireTool(config, 'setpriv')];
  const namespaces = ['--target', String(pid), '--mount', '--uts', '--ipc', '--pid'];
  const { userNamespaces } = program;
  if (userNamespaces?.kind === 'pair') {
    // The namespaces belong to the outer user namespace, so that one comes first; the container's own is its first process's.
    const inner = [nsenter, '--target', '1', '--user', '--preserve-credentials', '--'];
    return [
      nsenter,
      `--user=${userNamespaces.outer}`,
      '--preserve-credentials',
      ...namespaces,
      '--',
      ...inner,
      setpriv,
      ...NO_CAPABILITIES,
      '--',
    ];
  }
  const { uid, gid } = containerUser(program);
  const asUser = ['--setuid', String(uid), '--setgid', String(gid)];
  const limited = [setpriv, '--bounding-set', ENTER_CAPABILITIES, '--inh-caps', '-all', '--no-new-privs', '--', nsenter];
  if (userNamespaces === undefined) return [...limited, ...namespaces, ...asUser, '--'];
  return [...limited, `--user=${userNamespaces.namespace}`, ...namespaces, ...asUser, '--', setpriv, ...NO_CAPABILITIES, '--'];
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

function requireTool(config: SupervisorConfig, tool: 'bwrap' | 'nsenter' | 'setpriv'): string {
  const file = config.tools[tool];
  if (file === undefined) throw new Error(`The isolation ${config.isolation} was chosen without ${tool}.`);
  return file;
}
