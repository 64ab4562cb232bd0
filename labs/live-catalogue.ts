import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { loadCatalogue, type LoadedCatalogue } from './catalogue.ts';
import { LabArchive } from './lab-archive.ts';
import type { LabVersions } from './lab-versions.ts';
import type { LabProblem, LabStage, LabSummary, StageOptions, Variant } from './lab-stage.ts';
import { planLabVariant, type Lab } from './lab.ts';
import { createStage } from './stage.ts';

export interface LiveCatalogueOptions {
  /** Folders of lab folders; in a clash of names the first wins. */
  readonly dirs: readonly string[];
  /** Where what somebody began is kept. */
  readonly versions: LabVersions;
}

/** A verdict that is argued about is looked at again within days. */
const ARCHIVED_FOR_MS = 30 * 24 * 3_600_000;

/** More files than this below one folder of labs are not looked at for changes. */
const MAX_WATCHED = 5_000;

/**
 * The labs that can be run, as their folders are now. `refresh` is level-triggered: it compares what the files look like and reads them anew when that
 * changed, so that it does not matter how they were written. A lab that no longer loads stays as it last did, beside what is wrong with it now.
 */
export class LiveCatalogue {
  readonly #dirs: readonly string[];
  #versions: LabVersions;
  #archive: LabArchive;
  #looks = '';
  #loaded: LoadedCatalogue = { labs: [], problems: [] };

  private constructor({ dirs, versions }: LiveCatalogueOptions) {
    this.#dirs = dirs;
    this.#versions = versions;
    this.#archive = new LabArchive(versions);
  }

  static async open(options: LiveCatalogueOptions): Promise<LiveCatalogue> {
    const catalogue = new LiveCatalogue(options);
    await catalogue.refresh();
    return catalogue;
  }

  /** From now on what somebody begins is kept there. */
  keepIn(versions: LabVersions): void {
    this.#versions = versions;
    this.#archive = new LabArchive(versions);
  }

  get labs(): readonly LabSummary[] {
    return this.#loaded.labs.map(({ summary }) => summary);
  }

  get problems(): readonly LabProblem[] {
    return this.#loaded.problems;
  }

  find(slug: string): LabSummary | undefined {
    return this.lab(slug)?.summary;
  }

  /** With its files. */
  lab(slug: string): Lab | undefined {
    return this.#loaded.labs.find(({ summary }) => summary.slug === slug);
  }

  planVariant(slug: string, seed: string, fault?: string): Variant {
    const lab = this.lab(slug);
    if (lab === undefined) throw new Error(`The lab ${slug} is not in the catalogue any more.`);
    return planLabVariant(lab, seed, fault);
  }

  /** So that every server that shares the versions can run what is about to begin here. A lab that is not there is let alone. */
  async keep(slug: string): Promise<void> {
    const lab = this.lab(slug);
    if (lab !== undefined) await this.#archive.keep(lab);
  }

  /** Of the version with this hash, which is kept from then on; one that is nowhere any more is run as the lab is now. */
  async createStage({ slug, hash }: { readonly slug: string; readonly hash: string }, options: StageOptions): Promise<LabStage> {
    const current = this.lab(slug);
    const lab = current?.summary.hash === hash ? current : ((await this.#archive.find(hash)) ?? current);
    if (lab === undefined) throw new Error(`The lab ${slug} is not in the catalogue any more.`);
    await this.#archive.keep(lab);
    return createStage(lab, options);
  }

  /**
   * Forgets versions that nothing runs any more and that nobody began lately. `needed` are the hashes of what runs; the labs as they are now are kept besides.
   * Answers how many were removed.
   */
  pruneArchive(needed: Iterable<string>, nowMs: number): Promise<number> {
    const current = this.#loaded.labs.map(({ summary }) => summary.hash);
    return this.#versions.prune(new Set([...needed, ...current]), { nowMs, olderThanMs: ARCHIVED_FOR_MS });
  }

  /** True when something was read anew. */
  async refresh(): Promise<boolean> {
    const looks = (await Promise.all(this.#dirs.map(lookOf))).join('\n');
    if (looks === this.#looks) return false;
    const fresh = await loadCatalogue(this.#dirs);
    const stale = this.#loaded.labs.filter(
      ({ summary: { slug } }) =>
        !fresh.labs.some((lab) => lab.summary.slug === slug) && fresh.problems.some(({ file }) => file.startsWith(`${slug}/`)),
    );
    this.#loaded = { labs: [...fresh.labs, ...stale], problems: fresh.problems };
    this.#looks = looks;
    return true;
  }
}

/** Names, sizes and times of all files below a folder's lab folders. */
async function lookOf(dir: string): Promise<string> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
    .slice(0, MAX_WATCHED);
  const looks = await Promise.all(
    files.map(async (file) => {
      const seen = await stat(file).catch(() => undefined);
      return seen === undefined ? file : `${file} ${seen.size} ${seen.mtimeMs} ${seen.ino}`;
    }),
  );
  return looks.join('\n');
}
