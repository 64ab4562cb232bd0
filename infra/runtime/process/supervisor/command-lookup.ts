import { accessSync, constants, lstatSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';

/** What stands under a path that only a container sees. */
export type FileKind = 'missing' | 'folder' | 'not-executable' | 'executable';

/**
 * Why a command cannot start, in runc's words (`exec: "x": executable file not found in $PATH`), or undefined when it can. Looked up
 * before anything is started, because a launcher that fails is told from a program that exits only by guessing.
 */
export function planCommandRefusal(
  command: readonly string[],
  searchPath: string,
  workingDir: string,
  kindOf: (file: string) => FileKind,
): string | undefined {
  const [program] = command;
  if (program === undefined || program === '') return 'no command specified';
  const quoted = JSON.stringify(program);
  if (!program.includes('/')) {
    const kinds = searchPath.split(':').map((folder) => kindOf(path.posix.join(folder === '' ? workingDir : folder, program)));
    if (kinds.includes('executable')) return undefined;
    return `exec: ${quoted}: executable file not found in $PATH`;
  }
  switch (kindOf(path.posix.resolve(workingDir, program))) {
    case 'missing':
      return `exec: ${quoted}: stat ${program}: no such file or directory`;
    case 'folder':
      return `exec: ${quoted}: is a directory`;
    case 'not-executable':
      return `exec: ${quoted}: permission denied`;
    case 'executable':
      return undefined;
  }
}

export function kindOnHost(file: string): FileKind {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return 'missing';
  if (stats.isDirectory()) return 'folder';
  try {
    accessSync(file, constants.X_OK);
    return 'executable';
  } catch {
    return 'not-executable';
  }
}

const MAX_LINKS = 40;

/** Looks below `root` as a process with that root would: absolute links start again at `root`, and `..` does not leave it. */
export function kindBelow(root: string, file: string): FileKind {
  const resolved = resolveBelow(root, file);
  return resolved === undefined ? 'missing' : kindOnHost(resolved);
}

export function resolveBelow(root: string, file: string): string | undefined {
  let words = path.posix.normalize(file).split('/').filter(isWord);
  let at: string[] = [];
  for (let links = 0; words.length > 0;) {
    const [word = '', ...rest] = words;
    words = rest;
    if (word === '..') {
      at = at.slice(0, -1);
      continue;
    }
    const target = readLink(path.join(root, ...at, word));
    if (target === undefined) {
      at = [...at, word];
      continue;
    }
    if (++links > MAX_LINKS) return undefined;
    if (target.startsWith('/')) at = [];
    words = [...target.split('/').filter(isWord), ...words];
  }
  return path.join(root, ...at);
}

function isWord(word: string): boolean {
  return word !== '' && word !== '.';
}

function readLink(file: string): string | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true ? readlinkSync(file) : undefined;
  } catch {
    return undefined;
  }
}
