import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { ensureBundle } from '../../images/bundle.ts';
import { projectRoot } from '../../setup/project-root.ts';
import { RuntimeError } from '../runtime.ts';
import { readHostRoot, toolsOutsideSystem, type IsolationFinding } from './host-tools.ts';
import { prepareTemplates } from './templates.ts';
import type { SupervisorConfig } from './wire.ts';

const bundleFolder = path.join(projectRoot, 'dist/process');
const supervisorBundle = path.join(bundleFolder, 'supervisor.mjs');
const shimBundle = path.join(bundleFolder, 'node-shim.cjs');
const START_TIMEOUT_MS = 20_000;
const MAX_LOG_BYTES = 1 << 20;
/** sockaddr_un has 108 bytes for a path, its end included. */
const MAX_SOCKET_PATH = 107;

/** Prepares all that a supervisor needs: its program, the shim, /etc for containers, and what it is told. */
export async function prepareSupervisor(stateDir: string, finding: IsolationFinding, orphanTimeoutMs: number): Promise<SupervisorConfig> {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  chmodSync(stateDir, 0o700);
  await ensureProcessBundles();
  const shim = readFileSync(shimBundle);
  const root = readHostRoot();
  const facts = {
    stateDir,
    socketPath: socketPathFor(stateDir),
    isolation: finding.isolation,
    tools: finding.tools,
    hostRootLinks: root.links,
    hostRootFolders: root.folders,
    nodePath: process.execPath,
    orphanTimeoutMs,
  };
  const hash = createHash('sha256').update(readFileSync(supervisorBundle)).update(shim).update(JSON.stringify(facts));
  const buildId = hash.digest('hex').slice(0, 32);
  const folder = path.join(stateDir, `build-${buildId.slice(0, 12)}`);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  // Copies of our own: a new build must not change what runs under the old one.
  const shimPath = path.join(folder, 'node-shim.cjs');
  if (!existsSync(shimPath)) cpSync(shimBundle, shimPath);
  // Containers run as other users, whatever this process's umask is.
  chmodSync(folder, 0o755);
  chmodSync(shimPath, 0o644);
  const tools = toolsOutsideSystem();
  const sharedFiles = [
    { hostPath: process.execPath, containerPath: '/opt/drillhouse/bin/node' },
    { hostPath: shimPath, containerPath: '/opt/drillhouse/node-shim.cjs' },
    ...tools.map(({ name, file }) => ({ hostPath: file, containerPath: `/opt/drillhouse/bin/${name}` })),
  ];
  linkTools(path.join(stateDir, 'bin'), [{ name: 'node', file: process.execPath }, ...tools]);
  return { ...facts, buildId, templates: await prepareTemplates(path.join(folder, 'etc')), sharedFiles, shimPath };
}

/** Bundles the supervisor and the shim where their sources have changed. */
export async function ensureProcessBundles(): Promise<void> {
  await Promise.all([
    ensureBundle({
      entry: 'infra/runtime/process/supervisor/main.ts',
      outFile: supervisorBundle,
      format: 'esm',
      external: ['@lydell/node-pty'],
    }),
    ensureBundle({ entry: 'infra/runtime/process/shim/main.ts', outFile: shimBundle, format: 'cjs' }),
  ]);
}

/** For containers without a file system of their own, whose search path begins with this folder. */
function linkTools(folder: string, tools: readonly { readonly name: string; readonly file: string }[]): void {
  mkdirSync(folder, { recursive: true });
  for (const { name, file } of tools) {
    const link = path.join(folder, name);
    rmSync(link, { force: true });
    symlinkSync(file, link);
  }
}

function socketPathFor(stateDir: string): string {
  const inside = path.join(stateDir, 'supervisor.sock');
  if (Buffer.byteLength(inside) <= MAX_SOCKET_PATH) return inside;
  const folder = path.join(tmpdir(), `drillhouse-${userInfo().uid}-${createHash('sha256').update(stateDir).digest('hex').slice(0, 16)}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(folder);
  // In a folder that everybody can write, somebody else may have been faster.
  if (uid !== userInfo().uid || (mode & 0o077) !== 0) throw new RuntimeError('EngineFailed', `The folder ${folder} is not ours alone.`);
  return path.join(folder, 's');
}

/** Starts a supervisor in a session of its own and resolves when it listens. */
export async function launchSupervisor(config: SupervisorConfig): Promise<void> {
  const configFile = path.join(config.stateDir, 'supervisor.json');
  writeFileSync(configFile, JSON.stringify(config), { mode: 0o600 });
  const logFile = path.join(config.stateDir, 'supervisor.log');
  if (existsSync(logFile) && statSync(logFile).size > MAX_LOG_BYTES) truncateSync(logFile);
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(config.nodePath, ['--max-semi-space-size=4', supervisorBundle, configFile], {
    cwd: '/',
    detached: true,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', ...(process.env['HOME'] === undefined ? {} : { HOME: process.env['HOME'] }) },
    stdio: ['ignore', 'pipe', log],
  });
  closeSync(log);
  const { stdout } = child;
  if (stdout === null) throw new RuntimeError('EngineFailed', 'The supervisor was started without an output.');
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('it did not listen in time')), START_TIMEOUT_MS);
      stdout.once('data', () => resolve());
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`it ended with exit code ${code ?? 'of a signal'}`)));
      stdout.once('data', () => clearTimeout(timer));
      child.once('exit', () => clearTimeout(timer));
    });
  } catch (cause) {
    child.kill('SIGKILL');
    throw new RuntimeError('EngineFailed', `The supervisor of local processes could not be started; see ${logFile}.`, { cause });
  } finally {
    stdout.destroy();
    child.unref();
  }
}
