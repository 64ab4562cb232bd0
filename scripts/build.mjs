// Builds dist/: the server and the command lines with esbuild (packages stay outside), the images' programs, the pages with Vite.
// Does nothing when no source has changed since.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled, projectRoot } from './install.mjs';

const sourceFolders = ['server', 'infra', 'labs', 'grader', 'scenarios', 'web', 'scripts'];
const sourceFiles = ['package-lock.json', 'tsconfig.base.json'];
const stampFile = path.join(projectRoot, 'dist', '.stamp');

function* filesBelow(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(file);
    else if (/\.(ts|tsx|mjs|cjs|css|html|json|svg)$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name)) yield file;
  }
}

function sourceHash() {
  const hash = createHash('sha256');
  const files = [
    ...sourceFolders.flatMap((folder) => [...filesBelow(path.join(projectRoot, folder))]),
    ...sourceFiles.map((file) => path.join(projectRoot, file)),
  ];
  for (const file of files.sort()) hash.update(path.relative(projectRoot, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

async function buildNode() {
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: projectRoot,
    entryPoints: { 'server/main': 'server/main.ts' },
    outdir: 'dist/node',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    sourcemap: 'linked',
    logLevel: 'warning',
  });
}

async function buildImages() {
  const { register } = await import('tsx/esm/api');
  const unregister = register();
  const { ensureImageBundles } = await import(path.join(projectRoot, 'infra/images/bundle.ts'));
  await ensureImageBundles();
  await unregister();
}

async function buildPages() {
  const { build } = await import('vite');
  await build({ configFile: path.join(projectRoot, 'web/vite.config.ts'), logLevel: 'warn' });
}

export async function ensureBuilt() {
  ensureInstalled();
  const wanted = sourceHash();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return;
  console.log('Building …');
  const startedAt = Date.now();
  rmSync(stampFile, { force: true });
  mkdirSync(path.dirname(stampFile), { recursive: true });
  await Promise.all([buildNode(), buildImages(), buildPages()]);
  writeFileSync(stampFile, wanted);
  console.log(`Built in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`);
}

if (process.argv[1] === import.meta.filename) await ensureBuilt();
