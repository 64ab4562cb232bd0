import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ApiException } from '@kubernetes/client-node';
import { ensureKubectl } from '../../../setup/kubectl.ts';
import type { BareControlPlane } from '../../testing/bare-control-plane.ts';

/** What a client was refused with. Fails where it was not refused. */
export async function refusalOf(call: Promise<unknown>): Promise<{ code: number; reason: string; message: string }> {
  const error = await call.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof ApiException)) throw new Error(`expected a refusal, got ${String(error)}`);
  const body = (typeof error.body === 'string' ? JSON.parse(error.body) : error.body) as { reason?: string; message?: string } | undefined;
  return { code: error.code, reason: body?.reason ?? '', message: body?.message ?? '' };
}

/** kubectl as the administrator; answers what it printed, both streams together. */
export type Kubectl = (...args: string[]) => Promise<string>;

export function kubectlOn(plane: BareControlPlane): Kubectl {
  const kubeconfig = path.join(plane.folder, 'kubeconfig');
  writeFileSync(kubeconfig, plane.kubeconfig('admin'), { mode: 0o600 });
  return async (...args) => {
    const env = { ...process.env, KUBECONFIG: kubeconfig, HOME: plane.folder };
    const run = promisify(execFile)(await ensureKubectl(), args, { env });
    const { stdout, stderr } = await run.catch((error: unknown) => error as { stdout: string; stderr: string });
    return `${stdout}${stderr}`.trim();
  };
}
