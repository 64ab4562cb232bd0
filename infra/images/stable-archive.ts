import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, pack } from 'tar-stream';
import { z } from 'zod';
import { ImageBuildError } from './engine-images.ts';
import { copyStable } from './stable-tar.ts';

/** manifest.json of what `docker save` writes, in its old form and inside the OCI layout alike. */
const manifestSchema = z
  .array(z.object({ Config: z.string(), RepoTags: z.array(z.string()).nullish(), Layers: z.array(z.string()) }))
  .min(1);
const configSchema = z.looseObject({
  config: z.looseObject({}).optional(),
  history: z.array(z.looseObject({})).optional(),
  rootfs: z.looseObject({ diff_ids: z.array(z.string()) }),
});
type ImageConfig = z.infer<typeof configSchema>;

/** When, where and by which engine it was built. */
const builtBy = ['container', 'container_config', 'docker_version', 'id', 'parent', 'parent_id'];

interface StableImage {
  readonly tag: string;
  readonly config: string;
  /** Hashes of the layers' tars, the lowest first. */
  readonly layers: readonly string[];
}

/**
 * Rewrites what `docker save` wrote so that it depends on the images' content alone, under new names, as an archive that `docker load` takes: the same
 * sources give the same digests on any machine and day.
 *
 * @param rename the new reference for an old one
 * @param folder empty; holds the layers meanwhile
 */
export async function writeStableArchive(
  saved: Readable,
  to: Writable,
  options: { readonly rename: (reference: string) => string; readonly epochSeconds: number; readonly folder: string },
): Promise<void> {
  const [original, stable] = [path.join(options.folder, 'saved'), path.join(options.folder, 'stable')];
  await mkdir(stable);
  await unpack(saved, original);
  const hashes = new Map<string, string>();
  const images: StableImage[] = [];
  for (const { Config, RepoTags, Layers } of manifestSchema.parse(
    JSON.parse(await readFile(path.join(original, 'manifest.json'), 'utf8')),
  )) {
    const layers: string[] = [];
    for (const layer of Layers) {
      const hash = hashes.get(layer) ?? (await rewriteLayer(path.join(original, layer), stable, options.epochSeconds));
      hashes.set(layer, hash);
      layers.push(hash);
    }
    const config = configSchema.parse(JSON.parse(await readFile(path.join(original, Config), 'utf8')));
    for (const tag of RepoTags ?? [])
      images.push({ tag: options.rename(tag), config: JSON.stringify(stableConfig(config, layers, options.epochSeconds)), layers });
  }
  await writeArchive(images, stable, to);
}

async function unpack(saved: Readable, folder: string): Promise<void> {
  const entries = saved.pipe(extract());
  for await (const entry of entries) {
    const file = path.join(folder, entry.header.name);
    if (!file.startsWith(`${folder}${path.sep}`))
      throw new ImageBuildError(`The engine saved an image with a file outside of it: ${entry.header.name}`);
    await mkdir(entry.header.type === 'directory' ? file : path.dirname(file), { recursive: true });
    if (entry.header.type === 'file') await pipeline(entry, createWriteStream(file));
    else {
      entry.resume();
      // Layers that several images share are written once; the others point there.
      if (entry.header.type === 'symlink') await symlink(entry.header.linkname, file);
    }
  }
}

async function rewriteLayer(file: string, folder: string, epochSeconds: number): Promise<string> {
  const draft = path.join(folder, 'layer');
  await copyStable(createReadStream(file), createWriteStream(draft), epochSeconds);
  const hash = createHash('sha256');
  await pipeline(createReadStream(draft), hash);
  const digest = hash.digest('hex');
  await rename(draft, path.join(folder, digest));
  return digest;
}

/** Pure. */
export function stableConfig(config: ImageConfig, layers: readonly string[], epochSeconds: number): object {
  const created = new Date(epochSeconds * 1000).toISOString();
  const kept = Object.entries(config).filter(([key]) => !builtBy.includes(key));
  return {
    ...Object.fromEntries(kept),
    created,
    // The parent's id and the build container's name.
    config: { ...config.config, Hostname: '', Image: '' },
    history: (config.history ?? []).map((entry) => ({ ...entry, created })),
    rootfs: { ...config.rootfs, diff_ids: layers.map((hash) => `sha256:${hash}`) },
  };
}

async function writeArchive(images: readonly StableImage[], folder: string, to: Writable): Promise<void> {
  const out = pack();
  const written = pipeline(out, to);
  const mtime = new Date(0);
  for (const hash of new Set(images.flatMap(({ layers }) => layers))) {
    const file = path.join(folder, hash);
    await pipeline(createReadStream(file), out.entry({ name: `${hash}.tar`, size: (await stat(file)).size, mtime }));
  }
  const configNames = images.map(({ config }) => `${createHash('sha256').update(config).digest('hex')}.json`);
  images.forEach(({ config }, index) => out.entry({ name: configNames[index] ?? '', mtime }, config));
  const manifest = images.map(({ tag, layers }, index) => ({
    Config: configNames[index],
    RepoTags: [tag],
    Layers: layers.map((hash) => `${hash}.tar`),
  }));
  out.entry({ name: 'manifest.json', mtime }, JSON.stringify(manifest));
  out.finalize();
  await written;
}
