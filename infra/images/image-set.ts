import { connectEngine, type Engine, type EngineAddress } from '../runtime/docker/engine.ts';
import { withMachineLock } from '../setup/machine-lock.ts';
import { imageCatalogue } from './catalogue.ts';
import { ensureDebianBase } from './debian-base.ts';
import { buildImage, imageHash, removeSuperseded } from './engine-images.ts';
import { importForeignImages } from './foreign-image.ts';
import { readImageFolders } from './image-folders.ts';
import { planImages, type ImageRecipe } from './image-plan.ts';
import { planServerImage } from './server-image.ts';

export interface ImageSetOptions {
  readonly engine?: EngineAddress;
  /** See DebianBaseOptions. */
  readonly pullReference?: string;
  readonly pullTimeoutMs?: number;
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal;
}

const WHOLE_BUILD_TIMEOUT_MS = 15 * 60_000;
const PULL_TIMEOUT_MS = 120_000;

/**
 * Makes sure that the engine has every image of the catalogue and the pause image, each built from what is in the project now.
 * Nothing is done twice: an image whose label tells the same hash stays. One at a time on a machine.
 */
export async function ensureImages(options: ImageSetOptions): Promise<{ readonly built: readonly string[] }> {
  const limit = AbortSignal.timeout(WHOLE_BUILD_TIMEOUT_MS);
  const signal = options.signal === undefined ? limit : AbortSignal.any([options.signal, limit]);
  return withMachineLock('images', options.report, () => ensureImagesAlone(options, signal));
}

/** The image of the server itself, on the same base. Call {@link ensureImages} first. */
export async function ensureServerImage(options: ImageSetOptions): Promise<{ readonly reference: string; readonly isNew: boolean }> {
  const signal = AbortSignal.timeout(WHOLE_BUILD_TIMEOUT_MS);
  return withMachineLock('images', options.report, async () => {
    const engine = connectEngine(options.engine);
    const recipe = await planServerImage(await readImageFolders(), await ensureBase(engine, options, signal));
    const isNew = (await imageHash(engine, recipe.reference)) !== recipe.hash;
    if (isNew) {
      await buildAndReport(recipe, () => buildImage(engine, recipe, signal), options.report);
      await removeSuperseded(engine);
    }
    return { reference: recipe.reference, isNew };
  });
}

function ensureBase(engine: Engine, options: ImageSetOptions, signal: AbortSignal): Promise<string> {
  const { report, pullReference, pullTimeoutMs = PULL_TIMEOUT_MS } = options;
  return ensureDebianBase(engine, { pullTimeoutMs, report, ...(pullReference === undefined ? {} : { pullReference }) }, signal);
}

async function ensureImagesAlone(options: ImageSetOptions, signal: AbortSignal): Promise<{ readonly built: readonly string[] }> {
  const engine = connectEngine(options.engine);
  const debianHash = await ensureBase(engine, options, signal);
  const built: string[] = [];
  for (const recipe of planImages(imageCatalogue, await readImageFolders(), debianHash)) {
    if ((await imageHash(engine, recipe.reference)) === recipe.hash) continue;
    await buildAndReport(recipe, () => buildImage(engine, recipe, signal), options.report);
    built.push(recipe.reference);
  }
  built.push(...(await importForeignImages(engine, imageCatalogue, signal)));
  if (built.length > 0) await removeSuperseded(engine);
  return { built };
}

async function buildAndReport(recipe: ImageRecipe, build: () => Promise<void>, report: (line: string) => void): Promise<void> {
  const startedAt = Date.now();
  await build();
  report(`built ${recipe.reference} in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}
