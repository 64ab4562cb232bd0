// npm start: installs, builds, starts. Second starts skip what is done.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from './build.mjs';
import { projectRoot } from './install.mjs';

await ensureBuilt();
process.env.NODE_ENV ??= 'production';
const entry = path.join(projectRoot, 'dist/node/server/main.mjs');
process.argv[1] = entry;
await import(pathToFileURL(entry).href);
