// Runs one of the project's TypeScript command lines: node scripts/run.mjs FILE [ARGUMENT ...]
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled, projectRoot } from './install.mjs';

const [file, ...rest] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: node scripts/run.mjs FILE [ARGUMENT ...]');
  process.exit(2);
}
ensureInstalled();
const { register } = await import('tsx/esm/api');
register();
const entry = path.join(projectRoot, file);
process.argv = [process.argv[0], entry, ...rest];
await import(pathToFileURL(entry).href);
