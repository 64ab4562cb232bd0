import { existsSync } from 'node:fs';
import { access, constants, readdir } from 'node:fs/promises';
import path from 'node:path';

/** A program of the machine that Drillhouse uses, and what to do where it is missing. */
export interface Tool {
  readonly name: string;
  /** Any of these is enough: names looked up on PATH, or absolute paths of programs that Debian keeps off it. */
  readonly programs: readonly string[];
  readonly debianPackages: readonly string[];
  readonly usedFor: string;
}

export const tools: readonly Tool[] = [
  {
    name: 'docker',
    programs: ['dockerd', '/usr/sbin/dockerd'],
    debianPackages: ['docker.io', 'iptables'],
    usedFor: 'running sandboxes as containers',
  },
  { name: 'bwrap', programs: ['bwrap'], debianPackages: ['bubblewrap'], usedFor: 'keeping local processes of the process runtime apart' },
  {
    name: 'mmdebstrap',
    programs: ['mmdebstrap'],
    debianPackages: ['mmdebstrap', 'debian-archive-keyring'],
    usedFor: 'making images without a registry',
  },
  { name: 'chromium', programs: ['chromium'], debianPackages: ['chromium', 'fonts-dejavu-core'], usedFor: 'tests in a real browser' },
  { name: 'postgres', programs: [], debianPackages: ['postgresql'], usedFor: 'tests of the PostgreSQL store' },
  { name: 'redis', programs: ['redis-server'], debianPackages: ['redis-server'], usedFor: 'tests of several servers' },
  { name: 'git', programs: ['git'], debianPackages: ['git'], usedFor: 'workspaces of the process runtime' },
  { name: 'openssl', programs: ['openssl'], debianPackages: ['openssl'], usedFor: 'workspaces of the process runtime' },
  { name: 'curl', programs: ['curl'], debianPackages: ['curl', 'ca-certificates'], usedFor: 'workspaces of the process runtime' },
  { name: 'jq', programs: ['jq'], debianPackages: ['jq'], usedFor: 'workspaces of the process runtime' },
  { name: 'tmux', programs: ['tmux'], debianPackages: ['tmux'], usedFor: 'workspaces of the process runtime' },
  {
    name: 'dtach',
    programs: ['dtach'],
    debianPackages: ['dtach'],
    usedFor: 'terminals of the process runtime that outlive a restart of the server',
  },
  {
    name: 'perl',
    programs: ['perl'],
    debianPackages: ['perl-base'],
    usedFor: 'holding the output of terminals while a server is replaced',
  },
  { name: 'less', programs: ['less'], debianPackages: ['less'], usedFor: 'workspaces of the process runtime' },
  { name: 'vim', programs: ['vim', 'vim.tiny', 'vi'], debianPackages: ['vim-tiny'], usedFor: 'workspaces of the process runtime' },
  { name: 'nano', programs: ['nano'], debianPackages: ['nano'], usedFor: 'workspaces of the process runtime' },
  { name: 'ps', programs: ['ps'], debianPackages: ['procps'], usedFor: 'workspaces of the process runtime' },
];

/** A tool and where it is, if it is. */
export interface ToolFinding {
  readonly tool: Tool;
  readonly path: string | undefined;
}

export async function probeTools(all: readonly Tool[] = tools): Promise<readonly ToolFinding[]> {
  return Promise.all(all.map(async (tool) => ({ tool, path: await findTool(tool) })));
}

async function findTool(tool: Tool): Promise<string | undefined> {
  if (tool.name === 'postgres') return findPostgres();
  for (const program of tool.programs) {
    const found = await findProgram(program);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first executable of that name on PATH; an absolute path stands for itself. */
export async function findProgram(name: string, searchPath = process.env.PATH ?? ''): Promise<string | undefined> {
  const candidates = path.isAbsolute(name) ? [name] : searchPath.split(path.delimiter).map((folder) => path.join(folder, name));
  for (const candidate of candidates) if (await isExecutable(candidate)) return candidate;
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Debian keeps each version's server in a folder of its own, off PATH. */
async function findPostgres(root = '/usr/lib/postgresql'): Promise<string | undefined> {
  const fromPath = await findProgram('postgres');
  if (fromPath !== undefined || !existsSync(root)) return fromPath;
  const versions = (await readdir(root)).sort((a, b) => Number(b) - Number(a));
  for (const version of versions) {
    const server = path.join(root, version, 'bin/postgres');
    if (await isExecutable(server)) return server;
  }
  return undefined;
}

/** The command that brings what is missing, for a person to copy. Undefined when nothing is. */
export function installCommand(findings: readonly ToolFinding[]): string | undefined {
  const packages = missingPackages(findings);
  return packages.length === 0 ? undefined : `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

export function missingPackages(findings: readonly ToolFinding[]): readonly string[] {
  return [...new Set(findings.filter(({ path }) => path === undefined).flatMap(({ tool }) => tool.debianPackages))];
}
