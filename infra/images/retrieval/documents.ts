import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';

export interface DocumentFacts {
  /** Relative to the documents' folder. */
  readonly path: string;
  readonly modifiedAtMs: number;
  readonly bytes: number;
}

export class DocumentsError extends Error {}

const MAX_DOCUMENTS = 2_000;
const MAX_DOCUMENT_BYTES = 1_048_576;
const MAX_DEPTH = 8;

/** Markdown files below a folder, by path. What begins with a dot is left out, as are the folders that a ConfigMap volume keeps its versions in. */
export async function listDocuments(folder: string): Promise<readonly DocumentFacts[]> {
  const found: DocumentFacts[] = [];
  const walk = async (relative: string, depth: number): Promise<void> => {
    for (const name of (await readdir(path.join(folder, relative))).sort()) {
      if (name.startsWith('.')) continue;
      const inside = path.posix.join(relative, name);
      // Follows links: a ConfigMap's files are links into its current version.
      const facts = await stat(path.join(folder, inside));
      if (facts.isDirectory() && depth < MAX_DEPTH) await walk(inside, depth + 1);
      if (!facts.isFile() || !/\.(md|markdown)$/i.test(name)) continue;
      if (facts.size > MAX_DOCUMENT_BYTES) throw new DocumentsError(`${inside} is larger than ${MAX_DOCUMENT_BYTES} bytes.`);
      if (found.length >= MAX_DOCUMENTS) throw new DocumentsError(`${folder} holds more than ${MAX_DOCUMENTS} documents.`);
      found.push({ path: inside, modifiedAtMs: facts.mtimeMs, bytes: facts.size });
    }
  };
  try {
    await walk('', 0);
  } catch (error) {
    if (error instanceof DocumentsError) throw error;
    throw new DocumentsError(`The documents in ${folder} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return found;
}

export function readDocument(folder: string, document: DocumentFacts): Promise<string> {
  return readFile(path.join(folder, document.path), 'utf8');
}

export function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Checksums of documents, read again only where a file is another than before. */
export class DocumentChecksums {
  readonly #folder: string;
  #known = new Map<string, { readonly identity: string; readonly checksum: string }>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Of the documents as they are now, by path. Throws DocumentsError, or what reading throws. */
  async read(): Promise<ReadonlyMap<string, string>> {
    const known = new Map<string, { readonly identity: string; readonly checksum: string }>();
    for (const document of await listDocuments(this.#folder)) {
      const identity = `${document.modifiedAtMs} ${document.bytes}`;
      const before = this.#known.get(document.path);
      const checksum = before?.identity === identity ? before.checksum : checksumOf(await readDocument(this.#folder, document));
      known.set(document.path, { identity, checksum });
    }
    this.#known = known;
    return new Map([...known].map(([path, { checksum }]) => [path, checksum]));
  }
}

/** Documents that an index does not know as they are now: changed since, new, or gone. Pure. */
export function staleDocuments(
  present: ReadonlyMap<string, string>,
  indexed: readonly { readonly path: string; readonly checksum: string }[],
): readonly string[] {
  const known = new Map(indexed.map(({ path, checksum }) => [path, checksum]));
  const changed = [...present].filter(([path, checksum]) => known.get(path) !== checksum).map(([path]) => path);
  return [...changed, ...[...known.keys()].filter((path) => !present.has(path))];
}
