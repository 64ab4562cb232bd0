// npm start: installs, builds, starts. Second starts skip what is done.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from './install.mjs';

// In a process of its own: what bundlers take in memory would stay with the server for as long as it runs.
const build = spawnSync(process.execPath, [path.join(projectRoot, 'scripts/build.mjs')], { cwd: projectRoot, stdio: 'inherit' });
if (build.status !== 0) process.exit(build.status ?? 1);
process.env.NODE_ENV ??= 'production';
const entry = path.join(projectRoot, 'dist/node/server/main.mjs');
process.argv[1] = entry;
await import(pathToFileURL(entry).href);
