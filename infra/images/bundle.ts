import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { projectRoot } from '../setup/project-root.ts';

/** The programs that images hold, by the name of their bundle. */
const programs = ['inference', 'prober'] as const;
export type ImageProgram = (typeof programs)[number];

const bundleFolder = path.join(projectRoot, 'dist/images');

export function bundlePath(program: ImageProgram): string {
  return path.join(bundleFolder, `${program}.mjs`);
}

let building: Promise<void> | undefined;

/** Bundles each program with all it needs into one file below dist/images. Takes a few hundred milliseconds, once a process. */
export function ensureImageBundles(): Promise<void> {
  building ??= bundleAll();
  return building;
}

async function bundleAll(): Promise<void> {
  mkdirSync(bundleFolder, { recursive: true });
  await build({
    absWorkingDir: projectRoot,
    entryPoints: Object.fromEntries(programs.map((program) => [program, `infra/images/${program}/main.ts`])),
    outdir: bundleFolder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minifySyntax: true,
    // CommonJS packages in the bundle call require for Node's own modules.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
}
