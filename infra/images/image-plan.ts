import { createHash } from 'node:crypto';
import { label, pauseImage } from '../runtime/docker/labels.ts';
import type { ImageDefinition } from './catalogue.ts';

/** One image to build: what to send to the engine, and the hash that tells whether the one there is this one. */
export interface ImageRecipe {
  readonly reference: string;
  readonly parent: string;
  readonly dockerfile: string;
  readonly files: readonly ContextFile[];
  readonly hash: string;
}

export interface ContextFile {
  readonly name: string;
  readonly content: Buffer;
  readonly executable: boolean;
}

/** What a folder of infra/images brings: its Dockerfile, and the files that it copies. */
export interface ImageFolder {
  readonly dockerfile: string;
  readonly files: readonly ContextFile[];
}

/** The parent of base and pause: Debian, pulled or made. */
export const debianReference = 'drillhouse/debian:trixie';
/** What every image but the pause image stands on. */
export const baseReference = 'registry.lab/base:1.0';

/** The pause image is ours alone: not in the catalogue, so that no pod can name it by accident. */
const pauseDefinition: ImageDefinition = {
  reference: pauseImage,
  folder: 'pause',
  env: {},
  entrypoint: ['tini', '--'],
  cmd: ['sleep', 'infinity'],
  workingDir: '/',
  user: 'root',
};

/** Parents come before their children. Images for another platform are not built but imported, and so left out. */
export function planImages(
  catalogue: readonly ImageDefinition[],
  folders: ReadonlyMap<string, ImageFolder>,
  debianHash: string,
): readonly ImageRecipe[] {
  const native = catalogue.filter((definition) => definition.platform === undefined);
  const ordered = [pauseDefinition, ...native.filter(isBase), ...native.filter((definition) => !isBase(definition))];
  const hashes = new Map([[debianReference, debianHash]]);
  return ordered.map((definition) => {
    const recipe = planImage(definition, folderOf(definition, folders), hashes);
    hashes.set(recipe.reference, recipe.hash);
    return recipe;
  });
}

function isBase(definition: ImageDefinition): boolean {
  return definition.reference === baseReference;
}

function folderOf(definition: ImageDefinition, folders: ReadonlyMap<string, ImageFolder>): ImageFolder {
  const folder = folders.get(definition.folder);
  if (folder === undefined) throw new Error(`The catalogue names infra/images/${definition.folder}, which has no Dockerfile.`);
  return folder;
}

function planImage(definition: ImageDefinition, folder: ImageFolder, hashes: ReadonlyMap<string, string>): ImageRecipe {
  const parent = definition.folder === 'pause' || isBase(definition) ? debianReference : baseReference;
  const dockerfile = `${folder.dockerfile.trimEnd()}\n${configuration(definition)}\n`;
  const hash = createHash('sha256')
    .update(hashes.get(parent) ?? '')
    .update('\0')
    .update(dockerfile);
  for (const file of folder.files) hash.update(`\0${file.name}\0${file.executable ? 'x' : '-'}\0`).update(file.content);
  const digest = hash.digest('hex');
  return {
    reference: definition.reference,
    parent,
    dockerfile: `${dockerfile}LABEL ${label.hash}=${digest}\n`,
    files: folder.files,
    hash: digest,
  };
}

/** The catalogue is the one place that says how an image starts; a Dockerfile says only what is in it. */
function configuration(definition: ImageDefinition): string {
  return [
    ...Object.entries(definition.env).map(([name, value]) => `ENV ${name}=${JSON.stringify(value)}`),
    `WORKDIR ${definition.workingDir}`,
    `USER ${definition.user}`,
    `ENTRYPOINT ${JSON.stringify(definition.entrypoint)}`,
    `CMD ${JSON.stringify(definition.cmd)}`,
    `LABEL ${label.image}=${definition.folder}`,
  ].join('\n');
}
