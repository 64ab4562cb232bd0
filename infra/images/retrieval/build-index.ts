import { chunkMarkdown } from './chunks.ts';
import { checksumOf, DocumentsError, listDocuments, readDocument } from './documents.ts';
import type { Embedder } from './embedder.ts';
import { writeIndex, type SearchIndex } from './index-file.ts';

/** Built anew from all documents and put in the file's place. Throws DocumentsError, EmbeddingError, or what writing throws. */
export async function buildIndex(
  folder: string,
  file: string,
  { embedder, nowMs, signal }: { readonly embedder: Embedder; readonly nowMs: number; readonly signal: AbortSignal },
): Promise<SearchIndex> {
  const found = await listDocuments(folder);
  if (found.length === 0) throw new DocumentsError(`There are no Markdown documents in ${folder}.`);
  const texts = await Promise.all(found.map((document) => readDocument(folder, document)));
  const chunks = found.flatMap((document, at) => chunkMarkdown(document.path, texts[at] ?? ''));
  // The heading often says what the text below it leaves out.
  const vectors = await embedder.embed(
    chunks.map(({ heading, text }) => `${heading}\n${text}`),
    signal,
  );
  const dimensions = vectors[0]?.length ?? 1;
  return writeIndex(file, {
    model: embedder.model,
    dimensions,
    createdAtMs: nowMs,
    documents: found.map(({ path }, at) => ({ path, checksum: checksumOf(texts[at] ?? '') })),
    chunks: chunks.map((chunk, at) => ({ ...chunk, vector: vectors[at] ?? [] })),
  });
}
