import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ensureProcessBundles } from '../runtime/process/supervisor-launch.ts';
import { projectRoot } from '../setup/project-root.ts';
import { ensureImageBundles } from './bundle.ts';
import { findImage, type ImageDefinition } from './catalogue.ts';
import { ImageBuildError } from './engine-images.ts';
import { baseReference, planImages, type ContextFile, type ImageFolder, type ImageRecipe } from './image-plan.ts';
import { planPackages, type LockedPackage } from './server-packages.ts';

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** What was built, what the server reads while it runs, and what the engine's images are made of where it has an engine of its own. */
const folders = [
  ...['dist/node', 'dist/web', 'dist/images', 'dist/process'],
  ...['labs', 'scenarios', 'certificates', 'oncall', 'grader', 'infra/images'],
];
const files = ['package.json', 'package-lock.json'];
/** Types, source maps and tests are of no use to a program that runs; sources of what is bundled would have it bundled anew. */
const leftOut =
  /\.(map|d\.[cm]?ts|tsbuildinfo)$|\.test\.ts$|^(infra|node_modules)\/.*\.ts$|^node_modules\/.*\.(md|flow)$|-musl\/|\/@types\//;
const READ_AT_ONCE = 64;

/** The image of the orchestrator itself: `drillhouse/server:<version>`. Not in the catalogue, since no sandbox may run it. */
function serverDefinition(version: string): ImageDefinition {
  return {
    reference: `drillhouse/server:${version}`,
    folder: 'server',
    env: { NODE_ENV: 'production', DATA_DIR: '/data', HOST: '0.0.0.0' },
    entrypoint: ['node', 'dist/node/server/main.mjs'],
    cmd: [],
    workingDir: '/opt/drillhouse',
    user: '10001:10001',
  };
}

/** The recipe, of what is in the project now. `npm run build` must have run. Throws ImageBuildError when it has not. */
export async function planServerImage(imageFolders: ReadonlyMap<string, ImageFolder>, debianHash: string): Promise<ImageRecipe> {
  const { version, dependencies } = JSON.parse(await readFile(path.join(projectRoot, 'package.json'), 'utf8')) as Manifest;
  if (!existsSync(path.join(projectRoot, 'dist/.stamp')))
    throw new ImageBuildError('The server is not built. Run `npm run build` first, then this again.');
  await Promise.all([ensureImageBundles(), ensureProcessBundles()]);
  const lock = JSON.parse(await readFile(path.join(projectRoot, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  const program = await readProgram();
  const packages = planPackages(program, Object.keys(dependencies), lock.packages).filter((folder) =>
    existsSync(path.join(projectRoot, folder)),
  );
  const folder = {
    dockerfile: await readFile(path.join(projectRoot, 'infra/images/server/Dockerfile'), 'utf8'),
    files: await readAll([
      ...files,
      ...(await Promise.all(folders.map((each) => listFiles(each)))).flat(),
      ...(await Promise.all(packages.map((each) => listFiles(each, 'node_modules')))).flat(),
    ]),
  };
  const base = findImage(baseReference);
  const recipes = planImages(
    base === undefined ? [] : [base, serverDefinition(version)],
    new Map([...imageFolders, ['server', folder]]),
    debianHash,
  );
  const recipe = recipes.at(-1);
  if (recipe === undefined) throw new ImageBuildError('The catalogue has no base image.');
  return recipe;
}

async function readProgram(): Promise<string> {
  const built = (await listFiles('dist/node')).filter((file) => file.endsWith('.mjs'));
  return (await Promise.all(built.map((file) => readFile(path.join(projectRoot, file), 'utf8')))).join('\n');
}

/** Files below a folder of the project, in an order that no file system decides; `without` is a folder's name that is not gone into. */
async function listFiles(folder: string, without?: string): Promise<string[]> {
  if (!existsSync(path.join(projectRoot, folder))) return [];
  const entries = await readdir(path.join(projectRoot, folder), { withFileTypes: true });
  const below = entries
    .filter(({ name }) => name !== without)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(async (entry) => {
      const file = `${folder}/${entry.name}`;
      if (leftOut.test(file)) return [];
      return entry.isDirectory() ? await listFiles(file, without) : entry.isFile() ? [file] : [];
    });
  return (await Promise.all(below)).flat();
}

async function readAll(names: readonly string[]): Promise<ContextFile[]> {
  const read: ContextFile[] = [];
  for (let start = 0; start < names.length; start += READ_AT_ONCE)
    read.push(
      ...(await Promise.all(
        names.slice(start, start + READ_AT_ONCE).map(async (name) => ({
          name: `drillhouse/${name}`,
          content: await readFile(path.join(projectRoot, name)),
          executable: false,
        })),
      )),
    );
  return read;
}
