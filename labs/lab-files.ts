import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';

/** A lab's folder is read whole; more than this is not a lab. */
const MAX_FILES = 200;
const MAX_FILE_BYTES = 256 * 1024;

const sharedSchema = z.looseObject({ shared: z.array(z.string().regex(/^[a-z][a-z0-9-]*$/)).max(8) });

export class LabFilesError extends Error {}

/**
 * All files of a lab's folder by their path in it, sorted, as text, and those of the shared folders that its lab.yaml names, as `_shared/NAME/FILE`. A shared folder is
 * looked for beside the lab's own folder first and then in `fallbackDir`. Hidden files and links are left out.
 */
export async function readLabFiles(folder: string, fallbackDir?: string): Promise<ReadonlyMap<string, string>> {
  const own = await readFolder(folder);
  const dirs = [path.dirname(folder), ...(fallbackDir === undefined ? [] : [fallbackDir])];
  const shared = await Promise.all(sharedNames(own.get('lab.yaml')).map((name) => readShared(name, dirs)));
  return new Map([...own, ...shared.flatMap((files) => [...files])]);
}

/** Where the files of a shared folder stand among a lab's. */
export function sharedPrefix(name: string): string {
  return `_shared/${name}/`;
}

/** Only read as far as needed: what is wrong with the file is told by whoever parses it whole. */
function sharedNames(text: string | undefined): readonly string[] {
  const document: unknown = text === undefined ? undefined : parseDocument(text, { logLevel: 'silent' }).toJS();
  const { success, data } = sharedSchema.safeParse(document);
  return success ? [...new Set(data.shared)] : [];
}

/** None of it when there is no such folder. */
async function readShared(name: string, dirs: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const dir = dirs.map((each) => path.join(each, sharedPrefix(name))).find((each) => existsSync(each));
  if (dir === undefined) return new Map();
  return new Map([...(await readFolder(dir))].map(([file, text]) => [sharedPrefix(name) + file, text]));
}

async function readFolder(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const names = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
  if (names.length > MAX_FILES) throw new LabFilesError(`The folder holds ${names.length} files; at most ${MAX_FILES} are a lab.`);
  const texts = await Promise.all(names.map(async (name) => [name, await readText(path.join(folder, name))] as const));
  return new Map(texts);
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file);
  if (bytes.byteLength > MAX_FILE_BYTES) throw new LabFilesError(`${path.basename(file)} is larger than ${MAX_FILE_BYTES / 1024} KiB.`);
  return bytes.toString('utf8');
}

/** sha256 over names and contents, in hex: evidence names it. */
export function hashFiles(files: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const [name, text] of files) hash.update(`${name}\u0000${Buffer.byteLength(text)}\u0000`).update(text);
  return hash.digest('hex');
}
