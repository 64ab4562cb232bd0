import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Chunk } from './chunks.ts';

/** What a build makes and searches use. */
export interface SearchIndex {
  readonly model: string;
  readonly dimensions: number;
  readonly createdAtMs: number;
  readonly documents: readonly { readonly path: string; readonly checksum: string }[];
  readonly chunks: readonly (Chunk & { readonly vector: readonly number[] })[];
  /** Of all the above, as the file states it. */
  readonly checksum: string;
}

export type IndexState =
  | { readonly kind: 'ready'; readonly index: SearchIndex }
  | { readonly kind: 'missing'; readonly reason: string }
  | { readonly kind: 'corrupt'; readonly reason: string };

const MAX_INDEX_BYTES = 256 * 1_048_576;
const FORMAT = 'drillhouse-retrieval-index/1';

const contentSchema = z.strictObject({
  model: z.string(),
  dimensions: z.int().min(1),
  createdAt: z.iso.datetime(),
  documents: z.array(z.strictObject({ path: z.string(), checksum: z.string() })),
  chunks: z.array(z.strictObject({ path: z.string(), heading: z.string(), text: z.string(), vector: z.array(z.number()) })),
});
const fileSchema = z.strictObject({ format: z.literal(FORMAT), checksum: z.string(), content: contentSchema });
type Content = z.infer<typeof contentSchema>;

/** Replaces the file in one step, so that whoever reads sees the old index or the new one. */
export async function writeIndex(file: string, index: Omit<SearchIndex, 'checksum'>): Promise<SearchIndex> {
  const { createdAtMs, model, dimensions, documents, chunks } = index;
  const content: Content = {
    model,
    dimensions,
    createdAt: new Date(createdAtMs).toISOString(),
    documents: documents.map((document) => ({ ...document })),
    chunks: chunks.map((chunk) => ({ ...chunk, vector: chunk.vector.map((value) => Number(value.toFixed(6))) })),
  };
  const checksum = checksumOf(content);
  await mkdir(path.dirname(file), { recursive: true });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await using handle = await open(draft, 'w');
    await handle.writeFile(JSON.stringify({ format: FORMAT, checksum, content }));
    await handle.sync();
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return toIndex(content, checksum);
}

/** Keeps the index of a file in memory for as long as the file is the same one. */
export class IndexReader {
  readonly #file: string;
  #identity = '';
  #state: IndexState | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** The index as it lies on the disk now. */
  async read(): Promise<IndexState> {
    const facts = await stat(this.#file).catch((error: unknown) => error as NodeJS.ErrnoException);
    if (facts instanceof Error) {
      this.#state = undefined;
      return {
        kind: 'missing',
        reason: facts.code === 'ENOENT' ? `There is no index at ${this.#file}.` : `The index cannot be read: ${facts.message}`,
      };
    }
    const identity = `${facts.ino} ${facts.mtimeMs} ${facts.size}`;
    if (this.#state === undefined || identity !== this.#identity) {
      this.#state = facts.size > MAX_INDEX_BYTES ? corrupt(`it is larger than ${MAX_INDEX_BYTES} bytes`) : await readIndex(this.#file);
      this.#identity = identity;
    }
    return this.#state;
  }
}

async function readIndex(file: string): Promise<IndexState> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return { kind: 'missing', reason: `The index cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
  return parseIndex(text);
}

/** Pure. */
export function parseIndex(text: string): IndexState {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return corrupt(error instanceof Error ? error.message : String(error));
  }
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) return corrupt(`${parsed.error.issues[0]?.path.join('.') ?? ''}: ${parsed.error.issues[0]?.message ?? 'invalid'}`);
  const { checksum, content } = parsed.data;
  if (checksumOf(content) !== checksum) return corrupt('its content does not have the checksum that it states');
  if (content.chunks.some(({ vector }) => vector.length !== content.dimensions))
    return corrupt(`not all vectors have ${content.dimensions} dimensions`);
  return { kind: 'ready', index: toIndex(content, checksum) };
}

function corrupt(reason: string): IndexState {
  return { kind: 'corrupt', reason: `The index file is damaged: ${reason}.` };
}

function toIndex({ createdAt, ...content }: Content, checksum: string): SearchIndex {
  return { ...content, createdAtMs: Date.parse(createdAt), checksum };
}

function checksumOf(content: Content): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
