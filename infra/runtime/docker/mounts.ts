import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { RuntimeError, type Mount } from '../runtime.ts';

export interface Bind {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** Folders below the data folder that a symbolic link may not leave: the kubelet keeps a pod's volumes below `pods/<uid>`. */
const FIXED_DEPTH = 2;

/**
 * Resolves a mount's source to what will really be mounted. A trainee can put symbolic links into a volume and then ask for one by
 * subPath: a link that leads out of the pod's own folder, let alone out of the cluster's, is refused.
 */
export async function resolveMount(mount: Mount, dataDir: string): Promise<Bind> {
  const root = await realpath(dataDir);
  const wanted = path.relative(path.resolve(dataDir), path.resolve(mount.hostPath));
  const source = await realpath(mount.hostPath).catch((error: unknown) => {
    throw new RuntimeError('InvalidRequest', `The source of mount ${mount.containerPath} is not there.`, { cause: error });
  });
  const real = path.relative(root, source);
  if (isOutside(wanted) || isOutside(real) || fixedPart(wanted) !== fixedPart(real)) {
    throw new RuntimeError('InvalidRequest', `The source of mount ${mount.containerPath} leads out of the pod's volumes.`);
  }
  return { source, target: mount.containerPath, readOnly: mount.readOnly };
}

function isOutside(relative: string): boolean {
  return relative === '' || relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
}

function fixedPart(relative: string): string {
  return relative.split(path.sep).slice(0, FIXED_DEPTH).join(path.sep);
}
