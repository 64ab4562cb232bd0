import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../setup/project-root.ts';

/** The programs that images hold, by the name of their bundle. */
const programs = ['inference', 'prober', 'provider', 'retrieval', 'gateway'] as const;
export type ImageProgram = (typeof programs)[number];

const bundleFolder = path.join(projectRoot, 'dist/images');

export function bundlePath(program: ImageProgram): string {
  return path.join(bundleFolder, `${program}.mjs`);
}

let building: Promise<void> | undefined;

/** Bundles each program with all it needs into one file below dist/images, unless those that are there are made of these very sources. */
export function ensureImageBundles(): Promise<void> {
  building ??= Promise.all(
    programs.map(async (program) =>
      ensureBundle({ entry: `infra/images/${program}/main.ts`, outFile: bundlePath(program), format: 'esm' }),
    ),
  ).then(() => undefined);
  return building;
}

export interface BundleSpec {
  /** Relative to the project. */
  readonly entry: string;
  readonly outFile: string;
  readonly format: 'esm' | 'cjs';
  /** Packages that stay outside, found in node_modules when the bundle runs. */
  readonly external?: readonly string[];
}

/** What a bundle was made of: content hashes by path, so that a fresh clone or a touched file means nothing. */
type Stamp = Readonly<Record<string, string>>;

/** Bundles one program if any of its sources has changed. The new file takes the old one's place in one step. */
export async function ensureBundle(spec: BundleSpec): Promise<void> {
  if (isFresh(spec)) return;
  const { build } = await import('esbuild');
  mkdirSync(path.dirname(spec.outFile), { recursive: true });
  const result = await build({
    absWorkingDir: projectRoot,
    entryPoints: [spec.entry],
    outfile: spec.outFile,
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    format: spec.format,
    target: 'node20.19',
    external: [...(spec.external ?? [])],
    minifySyntax: true,
    // CommonJS packages in the bundle call require for Node's own modules.
    ...(spec.format === 'esm'
      ? { banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" } }
      : {}),
    logLevel: 'warning',
  });
  const [output] = result.outputFiles;
  if (output === undefined) throw new Error(`esbuild made nothing of ${spec.entry}.`);
  replaceFile(spec.outFile, output.contents);
  const stamp = Object.fromEntries([...Object.keys(result.metafile.inputs), ...buildInputs].map((file) => [file, hashOf(file)]));
  replaceFile(stampPath(spec), JSON.stringify(stamp));
}

/** A change of these changes bundles too. */
const buildInputs = ['infra/images/bundle.ts', 'package-lock.json'].filter((file) => existsSync(path.join(projectRoot, file)));

function isFresh(spec: BundleSpec): boolean {
  // An installation without sources, such as the server's image, has the bundles that it was built with.
  if (!existsSync(path.join(projectRoot, spec.entry))) return existsSync(spec.outFile);
  if (!existsSync(spec.outFile) || !existsSync(stampPath(spec))) return false;
  const stamp = JSON.parse(readFileSync(stampPath(spec), 'utf8')) as Stamp;
  return Object.entries(stamp).every(([file, hash]) => existsSync(path.join(projectRoot, file)) && hashOf(file) === hash);
}

function stampPath({ outFile }: BundleSpec): string {
  return `${outFile}.inputs.json`;
}

function hashOf(file: string): string {
  return createHash('sha256')
    .update(readFileSync(path.join(projectRoot, file)))
    .digest('hex');
}

/** Others may be starting the old one or building the same one at this moment. */
function replaceFile(file: string, content: string | Uint8Array): void {
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, content);
  renameSync(draft, file);
}
