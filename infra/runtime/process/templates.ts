import { execFile } from 'node:child_process';
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../setup/project-root.ts';
import { findTool } from './host-tools.ts';
import type { WireImage } from './wire.ts';

const run = promisify(execFile);

/** What programs need of the host's /etc, and nothing that says who uses this machine. */
const fromHost = [
  ...[
    'alternatives',
    'bash.bashrc',
    'bash_completion.d',
    'ca-certificates',
    'ca-certificates.conf',
    'debian_version',
    'inputrc',
    'ld.so.cache',
  ],
  ...[
    'ld.so.conf',
    'ld.so.conf.d',
    'localtime',
    'magic',
    'mime.types',
    'nanorc',
    'os-release',
    'pki',
    'profile',
    'protocols',
    'rpc',
    'services',
    'ssl',
  ],
  ...['terminfo', 'timezone', 'vim', 'wgetrc'],
];
const neverCopied = ['ssl/private'];

const accounts = {
  passwd: [
    'root:x:0:0:root:/root:/bin/bash',
    'trainee:x:1000:1000::/home/trainee:/bin/bash',
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
  ],
  group: ['root:x:0:', 'tty:x:5:', 'trainee:x:1000:', 'nogroup:x:65534:'],
};

const ownFiles: Readonly<Record<string, string>> = {
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\nnetworks: files\nprotocols: files\nservices: files\n',
  passwd: `${accounts.passwd.join('\n')}\n`,
  group: `${accounts.group.join('\n')}\n`,
  'gai.conf': '',
};

/** Files of the workspace image, by where they stand in its /etc. */
const workspaceFiles: Readonly<Record<string, string>> = {
  'drillhouse.bashrc': 'lab.bashrc',
  'tmux.conf': 'tmux.conf',
  'vim/vimrc.local': 'vimrc.local',
};

/** Prepares an /etc for each kind of image below `folder`, once. Containers see them read-only. */
export async function prepareTemplates(folder: string): Promise<Readonly<Record<WireImage['template'], string>>> {
  const templates = { base: path.join(folder, 'base'), workspace: path.join(folder, 'workspace') };
  if (existsSync(folder)) return templates;
  const draft = `${folder}.${process.pid}.new`;
  rmSync(draft, { recursive: true, force: true });
  copyHost(path.join(draft, 'base'));
  cpSync(path.join(draft, 'base'), path.join(draft, 'workspace'), { recursive: true, verbatimSymlinks: true });
  await addWorkspaceFiles(path.join(draft, 'workspace'));
  letEverybodyRead(draft);
  renameSync(draft, folder);
  return templates;
}

/** Containers run as other users, whatever this process's umask is. */
function letEverybodyRead(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isDirectory()) chmodSync(file, 0o755);
    else if (entry.isFile()) chmodSync(file, lstatSync(file).mode | 0o444);
  }
  chmodSync(folder, 0o755);
}

function copyHost(target: string): void {
  mkdirSync(target, { recursive: true, mode: 0o755 });
  const excluded = new Set(neverCopied.map((name) => path.join('/etc', name)));
  for (const name of fromHost) {
    const source = path.join('/etc', name);
    if (lstatSync(source, { throwIfNoEntry: false }) === undefined) continue;
    cpSync(source, path.join(target, name), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (file) => !excluded.has(file) && isReadable(file),
    });
  }
  for (const [name, text] of Object.entries(ownFiles)) writeFileSync(path.join(target, name), text);
}

/** An ordinary user cannot read all of /etc; what it cannot read, its containers do without. */
function isReadable(file: string): boolean {
  const stats = lstatSync(file);
  if (!stats.isFile()) return !stats.isSocket() && !stats.isFIFO();
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}

async function addWorkspaceFiles(target: string): Promise<void> {
  for (const [name, source] of Object.entries(workspaceFiles)) {
    mkdirSync(path.dirname(path.join(target, name)), { recursive: true });
    cpSync(path.join(projectRoot, 'infra/images/workspace', source), path.join(target, name));
  }
  const bashrc = path.join(target, 'bash.bashrc');
  const present = existsSync(bashrc) ? readFileSync(bashrc, 'utf8') : '';
  writeFileSync(bashrc, `${present}\n. /etc/drillhouse.bashrc\n`);
  mkdirSync(path.join(target, 'bash_completion.d'), { recursive: true });
  writeFileSync(path.join(target, 'bash_completion.d/kubectl'), await kubectlCompletion());
}

async function kubectlCompletion(): Promise<string> {
  const kubectl = findTool('kubectl');
  if (kubectl === undefined) return '';
  try {
    return (await run(kubectl, ['completion', 'bash'], { timeout: 10_000, maxBuffer: 4 << 20, env: { PATH: process.env['PATH'] } })).stdout;
  } catch {
    // A kubectl that cannot do that still serves without completion.
    return '';
  }
}
