import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../setup/project-root.ts';
import { bundlePath, ensureImageBundles } from './bundle.ts';
import type { ContextFile, ImageFolder } from './image-plan.ts';

/** What each folder's Dockerfile copies, by the name it has there. Nothing else reaches the engine. */
const contextFiles: Readonly<
  Record<string, readonly { readonly name: string; readonly from: () => string; readonly executable?: boolean }[]>
> = {
  base: [],
  workspace: ['lab.bashrc', 'tmux.conf', 'vimrc.local'].map((name) => ({ name, from: () => inFolder('workspace', name) })),
  inference: [{ name: 'inference.mjs', from: () => bundlePath('inference') }],
  prober: [{ name: 'prober.mjs', from: () => bundlePath('prober') }],
  provider: [{ name: 'provider.mjs', from: () => bundlePath('provider') }],
  retrieval: [{ name: 'retrieval.mjs', from: () => bundlePath('retrieval') }],
  gateway: [{ name: 'gateway.mjs', from: () => bundlePath('gateway') }],
  prometheus: [],
  pause: ['program-network', 'delay-packets', 'relay-port'].map((name) => ({
    name,
    from: () => inFolder('pause', name),
    executable: true,
  })),
};

function inFolder(folder: string, file: string): string {
  return path.join(projectRoot, 'infra/images', folder, file);
}

/** Reads every image's folder; bundles the programs first. */
export async function readImageFolders(): Promise<ReadonlyMap<string, ImageFolder>> {
  await ensureImageBundles();
  const entries = Object.keys(contextFiles).map(async (folder) => [folder, await readImageFolder(folder)] as const);
  return new Map(await Promise.all(entries));
}

async function readImageFolder(folder: string): Promise<ImageFolder> {
  const files = (contextFiles[folder] ?? []).map(async ({ name, from, executable }): Promise<ContextFile> => ({
    name,
    content: await readFile(from()),
    executable: executable ?? false,
  }));
  return { dockerfile: await readFile(inFolder(folder, 'Dockerfile'), 'utf8'), files: await Promise.all(files) };
}
