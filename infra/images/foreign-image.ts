import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import type { Engine } from '../runtime/docker/engine.ts';
import { label } from '../runtime/docker/labels.ts';
import type { ImageDefinition } from './catalogue.ts';
import { imageHash, loadImage } from './engine-images.ts';

/**
 * An image that says it is for another platform: what a registry's wrong tag looks like after the pull. Loaded rather than imported, as
 * older engines put their own platform on what they import.
 */
export async function importForeignImages(
  engine: Engine,
  catalogue: readonly ImageDefinition[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const imported: string[] = [];
  for (const { reference, platform, folder } of catalogue) {
    if (platform === undefined) continue;
    const labels = { [label.hash]: sha256(Buffer.from(`${reference} ${platform}`)), [label.image]: folder };
    if ((await imageHash(engine, reference)) === labels[label.hash]) continue;
    await loadImage(engine, reference, await imageArchive(reference, platform, labels), signal);
    imported.push(reference);
  }
  return imported;
}

/** What `docker save` writes, with one layer that holds an empty folder. */
async function imageArchive(reference: string, architecture: string, labels: Readonly<Record<string, string>>): Promise<Readable> {
  const layer = await buffer(tarOf({ 'etc/': '' }));
  const config = JSON.stringify({
    architecture,
    os: 'linux',
    created: '2026-01-01T00:00:00Z',
    config: { Labels: labels, Cmd: ['/bin/true'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
  });
  const manifest = JSON.stringify([{ Config: 'config.json', RepoTags: [reference], Layers: ['layer.tar'] }]);
  return tarOf({ 'config.json': config, 'layer.tar': layer, 'manifest.json': manifest });
}

/** A name that ends in a slash is a folder. */
function tarOf(entries: Readonly<Record<string, string | Buffer>>): Readable {
  const tar = pack();
  const mtime = new Date(0);
  for (const [name, content] of Object.entries(entries)) {
    if (name.endsWith('/')) tar.entry({ name, type: 'directory', mtime });
    else tar.entry({ name, mtime }, content);
  }
  tar.finalize();
  return Readable.from(tar);
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
