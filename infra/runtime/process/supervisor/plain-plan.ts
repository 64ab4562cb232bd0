import type { SupervisorConfig } from '../wire.ts';
import { TOOLS_FOLDER } from './container-environment.ts';
import { containerWorkingDir, type ContainerProgram } from './container-program.ts';
import { mapHostPaths, type PathMap } from './path-map.ts';
import type { SpawnPlan } from './spawn-plan.ts';

/** Marks every process of a container where there is no namespace to tell it by. */
export const CONTAINER_MARK = 'DRILLHOUSE_CONTAINER';

/** Without namespaces, paths that the container would see are replaced by where they lie on the host, wherever they are named. */
export function planPlain(
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
