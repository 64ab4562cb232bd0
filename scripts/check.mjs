// npm run check: types, lint, format, dependency direction, dead code. All run, then all that failed is shown.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ensureInstalled, projectRoot } from './install.mjs';

// Two at a time: what takes longest begins first.
const checks = [
  ['lint', 'eslint', ['.', '--max-warnings', '0', '--cache', '--cache-location', '.cache/eslint/']],
  ['types (node)', 'tsc', ['-p', 'tsconfig.json']],
  ['types (web)', 'tsc', ['-p', 'web/tsconfig.json']],
  ['format', 'prettier', ['--check', '.', '--log-level', 'warn']],
  ['dependency direction', 'depcruise', ['server', 'labs', 'grader', 'scenarios', 'infra', 'web/src', 'test', '--output-type', 'err']],
  ['dead code', 'knip', []],
];

function run([name, command, args]) {
  const startedAt = Date.now();
  return new Promise((resolve) => {
    const child = spawn(path.join(projectRoot, 'node_modules/.bin', command), args, {
      cwd: projectRoot,
      env: { ...process.env, FORCE_COLOR: '0' },
    });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('close', (code) => {
      console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
      resolve({ name, ok: code === 0, output });
    });
  });
}

ensureInstalled();
const queue = [...checks];
const results = [];
const worker = async () => {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) results.push(await run(next));
};
await Promise.all([worker(), worker()]);
const failed = results.filter((result) => !result.ok);
for (const { name, output } of failed) console.log(`\n— ${name} —\n${output.trimEnd()}`);
process.exit(failed.length === 0 ? 0 : 1);
