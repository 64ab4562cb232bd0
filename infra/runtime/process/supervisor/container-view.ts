import path from 'node:path';
import type { SupervisorConfig } from '../wire.ts';
import { kindBelow, kindOnHost, type FileKind } from './command-lookup.ts';
import { mapHostPaths } from './path-map.ts';
import { isInside } from './root-folder.ts';
import { TEMPLATE_ETC } from './bwrap-options.ts';
import type { ContainerProgram } from './container-program.ts';
import { plainPaths } from './plain-plan.ts';

/** What a container that does not run yet will find under a path: mounts first, then the host's /usr, then its own root. */
export function containerFileKind(config: SupervisorConfig, program: ContainerProgram, file: string): FileKind {
  const { spec, image, place } = program;
  if (config.isolation === 'none') return kindOnHost(mapHostPaths(plainPaths(config, program), file));
  const mounts = [...config.sharedFiles, ...image.files, ...spec.mounts].sort((a, b) => b.containerPath.length - a.containerPath.length);
  const mount = mounts.find(({ containerPath }) => isInside(file, [containerPath]));
  if (mount !== undefined) return kindOnHost(path.join(mount.hostPath, file.slice(mount.containerPath.length)));
  const fromHost = ['usr', ...Object.keys(config.hostRootLinks), ...config.hostRootFolders].map((name) => `/${name}`);
  if (isInside(file, fromHost)) return kindOnHost(file);
  if (isInside(file, ['/etc', TEMPLATE_ETC]))
    return kindOnHost(path.join(config.templates[image.template], file.replace(/^.*?\/etc\/?/, '')));
  return kindBelow(place.rootFolder, file);
}
