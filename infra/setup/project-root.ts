import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The project's folder, found from here upwards, because bundled code lies elsewhere than its source. */
export const projectRoot = findProjectRoot(import.meta.dirname);

function findProjectRoot(from: string): string {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const manifest = path.join(folder, 'package.json');
    if (existsSync(manifest) && isDrillhouse(manifest)) return folder;
    if (folder === path.dirname(folder)) throw new Error(`No package.json of drillhouse above ${from}.`);
  }
}

function isDrillhouse(manifest: string): boolean {
  const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly name?: unknown };
  return name === 'drillhouse';
}
