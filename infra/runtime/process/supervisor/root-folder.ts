import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { SupervisorConfig } from '../wire.ts';
import { netFolder, podFiles } from './pod-files.ts';
import { sortedMounts, TEMPLATE_ETC } from './bwrap-options.ts';
import { TOOLS_FOLDER } from './container-environment.ts';
import { containerUser, containerWorkingDir, homeOf, hostUser, type ContainerProgram } from './container-program.ts';

const folders = [
  'app',
  'dev',
  'etc',
  'home',
  'mnt',
  'opt',
  'proc',
  'run',
  'srv',
  'sys',
  'usr',
  'var/lib',
  'var/log',
  'var/cache',
  TOOLS_FOLDER,
  TEMPLATE_ETC,
];
const sharedFolders = ['tmp', 'var/tmp', 'run/lock'];

/**
 * Lays out a container's root: a folder on disk that only it sees, over which bubblewrap mounts /usr, /proc, /dev and what the
 * container mounts. Every mount point is made here, because those that bubblewrap makes are closed to all but their owner.
 */
export function createRootFolder(config: SupervisorConfig, program: ContainerProgram): void {
  const root = program.place.rootFolder;
  for (const folder of folders) mkdirSync(path.join(root, folder), { recursive: true, mode: 0o755 });
  for (const folder of sharedFolders) makeShared(path.join(root, folder));
  makeHome(config, program);
  if (!existsSync(path.join(root, 'var/run'))) symlinkSync('../run', path.join(root, 'var/run'));
  if (config.isolation === 'none') {
    mkdirSync(path.join(root, containerWorkingDir(program)), { recursive: true });
    return;
  }
  for (const [name, target] of Object.entries(config.hostRootLinks)) symlinkSync(target, path.join(root, name));
  for (const name of config.hostRootFolders) mkdirSync(path.join(root, name), { recursive: true });
  linkEtc(root, config.templates[program.image.template]);
  makeMountPoints(config, program);
  giveToRoot(config, program);
}

function makeShared(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o1777);
}

/** Where a container's root is somebody else outside, the root file system is that somebody's. */
function giveToRoot({ isolation }: SupervisorConfig, program: ContainerProgram): void {
  const owner = hostUser(isolation, program);
  if (owner === undefined || containerUser(program).uid !== 0) return;
  const root = program.place.rootFolder;
  lchownSync(root, owner.uid, owner.gid);
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) lchownSync(path.join(root, name), owner.uid, owner.gid);
}

function makeHome(config: SupervisorConfig, program: ContainerProgram): void {
  const { uid, gid } = containerUser(program);
  for (const [owner, home] of [[0, 'root'] as const, [1000, homeOf(1000)] as const]) {
    const folder = path.join(program.place.rootFolder, home);
    mkdirSync(folder, { recursive: true, mode: owner === 0 ? 0o700 : 0o755 });
    if (config.isolation === 'bubblewrap-root' && owner === uid) chownSync(folder, uid, gid);
  }
}

/** The container's /etc: its own folder, so that volumes can be mounted into it, with links into the image's. */
function linkEtc(root: string, template: string): void {
  const own: readonly string[] = podFiles;
  for (const name of readdirSync(template))
    if (!own.includes(name)) symlinkSync(path.relative('/etc', path.join(TEMPLATE_ETC, name)), path.join(root, 'etc', name));
  for (const name of own) writeFileSync(path.join(root, 'etc', name), '');
}

function makeMountPoints(config: SupervisorConfig, { spec, image, place }: ContainerProgram): void {
  const template = config.templates[image.template];
  mkdirSync(path.join(place.rootFolder, TOOLS_FOLDER, netFolder), { recursive: true });
  const files = [...config.sharedFiles, ...image.files];
  const mounts = sortedMounts(spec.mounts);
  for (const { hostPath, containerPath } of [...files, ...mounts]) {
    if (isInside(containerPath, ['/usr', '/dev', '/proc', ...config.hostRootFolders.map((name) => `/${name}`)])) continue;
    // Inside another volume the mount point belongs to that volume's content.
    if (mounts.some((mount) => mount.containerPath !== containerPath && isInside(containerPath, [mount.containerPath]))) continue;
    makeMountPoint(place.rootFolder, template, containerPath, statSync(hostPath).isDirectory());
  }
  if (
    !existsSync(path.join(place.rootFolder, containerWorkingDir({ spec, image }))) &&
    !isInside(containerWorkingDir({ spec, image }), ['/usr', '/dev', '/proc'])
  )
    mkdirSync(path.join(place.rootFolder, containerWorkingDir({ spec, image })), { recursive: true });
}

export function isInside(containerPath: string, parents: readonly string[]): boolean {
  return parents.some((parent) => containerPath === parent || containerPath.startsWith(parent.endsWith('/') ? parent : `${parent}/`));
}

function makeMountPoint(root: string, template: string, containerPath: string, isFolder: boolean): void {
  const inside = path.posix.normalize(containerPath).replace(/^\/+/, '');
  const parent = path.posix.dirname(inside);
  unfoldLinks(root, template, isFolder ? inside : parent);
  mkdirSync(path.join(root, parent), { recursive: true, mode: 0o755 });
  const target = path.join(root, inside);
  if (isFolder) mkdirSync(target, { recursive: true, mode: 0o755 });
  else {
    if (lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(target);
    writeFileSync(target, '', { flag: 'a' });
  }
}

/** Turns links into the image's /etc that lie on the way to `inside` into folders of the container's own, entry by entry. */
function unfoldLinks(root: string, template: string, inside: string): void {
  const words = inside.split('/');
  if (words[0] !== 'etc') return;
  for (let depth = 2; depth <= words.length; depth++) {
    const here = words.slice(0, depth).join('/');
    const file = path.join(root, here);
    if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() !== true) continue;
    const source = path.join(template, words.slice(1, depth).join('/'));
    if (!existsSync(source) || !statSync(source).isDirectory()) return;
    const target = readlinkSync(file);
    rmSync(file);
    mkdirSync(file);
    for (const name of readdirSync(source)) symlinkSync(path.join('..', target, name), path.join(file, name));
  }
}
