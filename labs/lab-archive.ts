import { z } from 'zod';
import { parseLab } from './catalogue.ts';
import { hashFiles } from './lab-files.ts';
import type { LabVersions } from './lab-versions.ts';
import type { Lab } from './lab.ts';

const archivedSchema = z.strictObject({ slug: z.string(), files: z.record(z.string(), z.string()) });

/**
 * Labs as they were when somebody began one, by their hash: an attempt goes on with the version that it began with, however the folder changes, whether or not the
 * server was restarted meanwhile, and on servers whose own folders have another one.
 */
export class LabArchive {
  readonly #versions: LabVersions;

  constructor(versions: LabVersions) {
    this.#versions = versions;
  }

  keep({ summary: { slug, hash }, files }: Lab): Promise<void> {
    return this.#versions.keep(hash, JSON.stringify({ slug, files: Object.fromEntries(files) }));
  }

  /** Undefined when it was never kept, is not what its name says, or is of a form that this version does not read any more. */
  async find(hash: string): Promise<Lab | undefined> {
    const text = await this.#versions.find(hash);
    if (text === undefined) return undefined;
    const archived = archivedSchema.safeParse(parseJson(text));
    if (!archived.success) return undefined;
    const files = new Map(Object.entries(archived.data.files));
    return hashFiles(files) === hash ? parseLab(archived.data.slug, files).lab : undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
