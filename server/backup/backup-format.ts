import { z } from 'zod';

/**
 * A backup is a gzipped tar: `manifest.json` first, then `tables/<table>/<page>.ndjson` with one row a line, in an order in which no row is before
 * what it refers to, then the files below `files/`, by their place in the data folder. It says nothing of the database it came from, so it may go
 * back into the other kind.
 */
export const manifestName = 'manifest.json';

export const manifestSchema = z.strictObject({
  format: z.literal('drillhouse-backup-1'),
  /** The server's version, for people. */
  version: z.string(),
  at: z.iso.datetime(),
  /** The newest migration that had run. */
  migration: z.string(),
  /** Rows of each table; a backup that was cut off has fewer. */
  rows: z.record(z.string(), z.int().min(0)),
});
export type BackupManifest = z.infer<typeof manifestSchema>;

/** Folders of the data folder that outlive the server. Sandboxes do not: they are made anew. */
export const keptFolders = ['recordings', 'keys', 'labs'] as const;

/** Enough to be quick, few enough to be held in memory whatever is in them. */
export const ROWS_PER_PAGE = 1_000;

export type Row = Readonly<Record<string, string | number | null>>;
export const rowSchema = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));

export type EntryName =
  | { readonly kind: 'manifest' }
  | { readonly kind: 'rows'; readonly table: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'unknown' };

/** Pure. A file that would lie outside of the kept folders is unknown. */
export function parseEntryName(name: string): EntryName {
  if (name === manifestName) return { kind: 'manifest' };
  const table = /^tables\/([a-z_]+)\/\d+\.ndjson$/.exec(name)?.[1];
  if (table !== undefined) return { kind: 'rows', table };
  const path = /^files\/(.+)$/.exec(name)?.[1];
  const segments = path?.split('/') ?? [];
  const isKept = keptFolders.some((folder) => folder === segments[0]) && segments.length > 1;
  if (path === undefined || !isKept || segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    return { kind: 'unknown' };
  return { kind: 'file', path };
}
