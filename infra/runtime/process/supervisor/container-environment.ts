import type { SupervisorConfig } from '../wire.ts';
import { loopbackOf } from './address-blocks.ts';
import { containerUser, homeOf, type ContainerProgram } from './container-program.ts';
import { netFolder } from './pod-files.ts';

/** Where node, the shim and tools from outside /usr stand in a container. */
export const TOOLS_FOLDER = '/opt/drillhouse';
export const CONTAINER_PATH = `${TOOLS_FOLDER}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
const SHIM_FILE = `${TOOLS_FOLDER}/node-shim.cjs`;

/**
 * Variables that the dynamic loader and the C library obey reach the program only, never a launcher that still has rights. Names that
 * are no identifiers (Kubernetes allows dots and dashes) would be dropped by a shell on the way.
 */
const LOADER_VARIABLE = /^(LD_|GLIBC_|GCONV_PATH$|MALLOC_|LOCPATH$|NLSPATH$|RES_OPTIONS$|HOSTALIASES$|LOCALDOMAIN$|TMPDIR$|ENV$|BASH_ENV$)/;
const SHELL_VARIABLE = /^[A-Za-z_]\w*$/;

/** The program's environment: the image's, then what the container's spec says, over what every container has. */
export function containerEnvironment(config: SupervisorConfig, program: ContainerProgram, tty: boolean): Record<string, string> {
  const { spec, image, place } = program;
  const own = Object.fromEntries(spec.env.map(({ name, value }) => [name, value]));
  const isolated = config.isolation !== 'none';
  const shim = isolated ? SHIM_FILE : config.shimPath;
  const net = `${isolated ? TOOLS_FOLDER : place.podFolder}/${netFolder}`;
  return {
    PATH: isolated ? CONTAINER_PATH : `${toolFolder(config)}:${process.env['PATH'] ?? CONTAINER_PATH}`,
    HOSTNAME: place.hostname,
    HOME: homeOf(containerUser(program).uid),
    ...(tty ? { TERM: 'xterm-256color' } : {}),
    ...image.env,
    ...own,
    NODE_OPTIONS: [`--require ${JSON.stringify(shim)}`, own['NODE_OPTIONS'] ?? image.env['NODE_OPTIONS']]
      .filter((option) => option !== undefined)
      .join(' '),
    DRILLHOUSE_POD_IP: place.podIp,
    // Without a cgroup of its own a program cannot find its limit; those of ours that compute go by this one.
    ...(spec.cpuLimitMilli === undefined ? {} : { DRILLHOUSE_CPU_LIMIT_MILLI: String(spec.cpuLimitMilli) }),
    DRILLHOUSE_POD_LOOPBACK: loopbackOf(place.podIp),
    DRILLHOUSE_HOSTS: isolated ? '/etc/hosts' : `${place.podFolder}/hosts`,
    DRILLHOUSE_WIRE: `${net}/wire.json`,
    CURL_HOME: `${net}/${image.template === 'workspace' ? 'workspace' : 'curl'}`,
  };
}

/** The folder of the host that holds `node` and found tools, for containers without namespaces. */
function toolFolder(config: SupervisorConfig): string {
  return `${config.stateDir}/bin`;
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

/** Sets what {@link splitEnvironment} kept back, when nothing with rights comes after it. */
export function environmentPrefix(special: Readonly<Record<string, string>>): string[] {
  const assignments = Object.entries(special).map(([name, value]) => `${name}=${value}`);
  return assignments.length === 0 ? [] : ['/usr/bin/env', '--', ...assignments];
}
