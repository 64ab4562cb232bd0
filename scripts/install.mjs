// What every command does first, with nothing but Node and npm there: the right Node, and the packages of the lockfile.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const projectRoot = path.resolve(import.meta.dirname, '..');
const stampFile = path.join(projectRoot, 'node_modules', '.drillhouse-stamp');
const [MIN_MAJOR, MIN_MINOR] = [20, 19];

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MIN_MAJOR || (major === MIN_MAJOR && minor >= MIN_MINOR)) return;
  console.error(
    `Drillhouse needs Node ${MIN_MAJOR}.${MIN_MINOR} or newer; this is ${process.versions.node}. Install a newer Node from nodejs.org and try again.`,
  );
  process.exit(1);
}

/** Native parts differ by Node's ABI, so it belongs to the stamp. */
const platform = `${process.versions.modules}-${process.arch}`;
const lockFile = path.join(projectRoot, 'package-lock.json');

function wantedStamp() {
  return `${platform} ${createHash('sha256').update(readFileSync(lockFile)).digest('hex')}`;
}

/** npm notes what it installed: after a developer's own `npm install` there is nothing to do, unless the last stamp was another Node's. */
function isAsLocked(stamp) {
  if (stamp !== undefined && !stamp.startsWith(`${platform} `)) return false;
  const noteFile = path.join(projectRoot, 'node_modules', '.package-lock.json');
  if (!existsSync(noteFile)) return false;
  const installed = JSON.parse(readFileSync(noteFile, 'utf8')).packages;
  return Object.entries(JSON.parse(readFileSync(lockFile, 'utf8')).packages).every(
    ([folder, { version, optional }]) => folder === '' || installed[folder]?.version === version || (optional && !(folder in installed)),
  );
}

/** Installs the lockfile's packages when they are not there or not those. A second call costs a hash. */
export function ensureInstalled() {
  requireNode();
  const wanted = wantedStamp();
  const stamp = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : undefined;
  if (stamp === wanted) return;
  if (isAsLocked(stamp)) {
    writeFileSync(stampFile, wanted);
    return;
  }
  // npm would empty the folder that the link leads to, under whoever else uses it.
  if (lstatSync(path.join(projectRoot, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    console.error(
      'node_modules is a link, and what it leads to is not what package-lock.json names. Remove the link and run the command again, or run npm ci where it leads to.',
    );
    process.exit(1);
  }
  console.log('Installing packages (npm ci) …');
  const startedAt = Date.now();
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: projectRoot, stdio: 'inherit' });
  if (result.status !== 0) {
    console.error('npm ci failed: see its message above. Check the connection to the npm registry, then run the command again.');
    process.exit(1);
  }
  writeFileSync(stampFile, wanted);
  console.log(`Packages installed in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`);
}
