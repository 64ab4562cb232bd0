import { execFile } from 'node:child_process';
import { accessSync, constants, lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Isolation, ToolPaths } from './wire.ts';

const run = promisify(execFile);
const PROBE_TIMEOUT_MS = 10_000;

/** What a workspace promises to hold, with the Debian package that brings it. */
const workspaceTools: Readonly<Record<string, string>> = {
  bash: 'bash',
  curl: 'curl',
  dtach: 'dtach',
  git: 'git',
  jq: 'jq',
  kubectl: 'kubernetes-client',
  less: 'less',
  nano: 'nano',
  openssl: 'openssl',
  perl: 'perl-base',
  tar: 'tar',
  tmux: 'tmux',
  vim: 'vim',
};

const fallbackPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A program on the search path, as an absolute path. */
export function findTool(name: string, folders: readonly string[] = searchFolders()): string | undefined {
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}

function searchFolders(): string[] {
  return [...(process.env['PATH'] ?? '').split(':'), ...fallbackPath.split(':')].filter((folder) => folder.startsWith('/'));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Tools of a workspace that this machine lacks, with the command that installs them on Debian; undefined when it has all. */
export function describeMissingTools(folders?: readonly string[]): string | undefined {
  const missing = Object.entries(workspaceTools).filter(([name]) => findTool(name, folders) === undefined);
  if (missing.length === 0) return undefined;
  return `workspaces will lack ${missing.map(([name]) => name).join(', ')}; on Debian: apt-get install ${missing.map(([, deb]) => deb).join(' ')}`;
}

/** Tools that lie where a container does not see them (/opt, a home folder), by the file that they really are. */
export function toolsOutsideSystem(folders?: readonly string[]): { readonly name: string; readonly file: string }[] {
  return Object.keys(workspaceTools).flatMap((name) => {
    const found = findTool(name, folders);
    if (found === undefined) return [];
    const file = realpathSync(found);
    return /^\/(usr|bin|sbin|lib\w*)\//.test(file) ? [] : [{ name, file }];
  });
}

/** How the host's root is laid out: /bin and its like are links into /usr, or folders of their own. */
export function readHostRoot(): { readonly links: Readonly<Record<string, string>>; readonly folders: readonly string[] } {
  const names = readdirSync('/').filter((name) => /^(bin|sbin|lib\w*)$/.test(name));
  const linked = names.filter((name) => lstatSync(`/${name}`).isSymbolicLink());
  return {
    links: Object.fromEntries(linked.map((name) => [name, path.relative('/', path.resolve('/', readlinkSync(`/${name}`)))])),
    folders: names.filter((name) => !linked.includes(name)),
  };
}

export type IsolationFinding = {
  readonly isolation: Isolation;
  readonly tools: ToolPaths;
  readonly version: string;
  readonly problem?: string;
};

/** Finds out, by doing it, how well containers can be isolated here. */
export async function findIsolation(wanted: 'auto' | 'off'): Promise<IsolationFinding> {
  const plain = { isolation: 'none', tools: {}, version: 'plain processes' } as const;
  if (wanted === 'off') return plain;
  const [bwrap, nsenter, setpriv, unshare, script] = ['bwrap', 'nsenter', 'setpriv', 'unshare', 'script'].map((name) => findTool(name));
  if (bwrap === undefined) return { ...plain, problem: 'bubblewrap is not installed; on Debian: apt-get install bubblewrap' };
  if (nsenter === undefined || setpriv === undefined || unshare === undefined)
    return { ...plain, problem: 'nsenter, setpriv or unshare is missing; on Debian: apt-get install util-linux' };
  const isolation = process.getuid?.() === 0 ? 'bubblewrap-root' : 'bubblewrap-user';
  try {
    const { stdout } = await run(bwrap, ['--version'], { timeout: PROBE_TIMEOUT_MS });
    await probe(isolation, bwrap, setpriv);
    return {
      isolation,
      tools: { bwrap, nsenter, setpriv, unshare, ...(script === undefined ? {} : { script }) },
      version: stdout.trim(),
    };
  } catch (error) {
    return { ...plain, problem: `bubblewrap does not work here: ${wordsOf(error)}` };
  }
}

/** The smallest container that uses all that real ones do: the machine may forbid namespaces, and node may need libraries from elsewhere. */
async function probe(isolation: Isolation, bwrap: string, setpriv: string): Promise<void> {
  const { links, folders } = readHostRoot();
  const root = [
    ...[
      '--ro-bind',
      '/usr',
      '/usr',
      '--ro-bind',
      process.execPath,
      '/node',
      '--proc',
      '/proc',
      '--dev',
      '/dev',
      '--unshare-pid',
      '--unshare-uts',
      '--as-pid-1',
    ],
    ...Object.entries(links).flatMap(([name, target]) => ['--symlink', target, `/${name}`]),
    ...folders.flatMap((name) => ['--ro-bind', `/${name}`, `/${name}`]),
  ];
  const asUser = ['--unshare-user', '--uid', '10001', '--gid', '10001', '--', '/node', '--version'];
  const asRoot = ['--cap-drop', 'ALL', ...['SETUID', 'SETGID', 'SETPCAP'].flatMap((name) => ['--cap-add', `CAP_${name}`])];
  const drop = [
    '--',
    setpriv,
    '--reuid',
    '10001',
    '--regid',
    '10001',
    '--clear-groups',
    '--bounding-set',
    '-all',
    '--inh-caps',
    '-all',
    '--',
    '/node',
    '--version',
  ];
  await run(bwrap, [...root, ...(isolation === 'bubblewrap-root' ? [...asRoot, ...drop] : asUser)], { timeout: PROBE_TIMEOUT_MS, env: {} });
}

function wordsOf(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : '';
  if (stderr !== '') return stderr.split('\n')[0] ?? stderr;
  return error instanceof Error ? error.message : String(error);
}
