// npm test: everything, unit to browser to Docker. Closes with `N passed, N failed, N skipped` alone on a line.
// With CI=true what a test needs is installed first and nothing may be skipped. Arguments narrow to files, as Vitest reads them.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureBuilt } from './build.mjs';
import { projectRoot } from './install.mjs';

const inCi = process.env.CI === 'true';
const filters = process.argv.slice(2);

function runScript(file, args) {
  const result = spawnSync(process.execPath, [path.join(projectRoot, 'scripts/run.mjs'), file, ...args], {
    cwd: projectRoot,
    stdio: 'inherit',
  });
  if (result.status !== 0) throw new Error(`${file} ended with ${result.status ?? result.signal}`);
}

/** For all that tests leave lying about, in memory where there is room. Its name is short because paths of sockets must be. */
async function makeScratch() {
  const { tsImport } = await import('tsx/esm/api');
  const { scratchFolder } = await tsImport('../infra/setup/scratch-folder.ts', import.meta.url);
  const parent = scratchFolder();
  for (const name of readdirSync(parent)) {
    const pid = /^dh-(\d+)-/.exec(name)?.[1];
    // Of a run that was killed.
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(path.join(parent, name), { recursive: true, force: true });
  }
  const folder = mkdtempSync(path.join(parent, `dh-${process.pid}-`));
  mkdirSync(path.join(folder, 'reports'));
  // Databases and containers run as other users.
  chmodSync(folder, 0o1777);
  return folder;
}

function runProject(project) {
  const report = path.join(scratch, 'reports', `${project}.json`);
  const vitest = path.join(projectRoot, 'node_modules/vitest/vitest.mjs');
  const args = [
    vitest,
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    '--passWithNoTests',
    // Tests of whole systems mostly wait.
    ...(project === 'system' ? ['--maxWorkers=3'] : []),
    ...filters,
  ];
  const result = spawnSync(process.execPath, args, {
    cwd: projectRoot,
    stdio: 'inherit',
    env: { ...process.env, NODE_ENV: 'test', TMPDIR: scratch },
  });
  return summarise(report, result.status);
}

/** A file that failed to load has no tests of its own: it counts as one that failed. */
function summarise(report, status) {
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const brokenFiles = testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = numFailedTests + brokenFiles;
  return { passed: numPassedTests, failed: failed === 0 && status !== 0 ? 1 : failed, skipped: numPendingTests + numTodoTests };
}

await ensureBuilt();
if (inCi) {
  runScript('infra/setup/main.ts', []);
  runScript('infra/images/build.ts', []);
}
const scratch = await makeScratch();
const totals = ['unit', 'system', 'proofs']
  .map(runProject)
  .reduce((sum, one) => ({ passed: sum.passed + one.passed, failed: sum.failed + one.failed, skipped: sum.skipped + one.skipped }));
rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
if (inCi && totals.skipped > 0) console.log('With CI=true nothing may be skipped.');
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed > 0 || totals.passed === 0 || (inCi && totals.skipped > 0) ? 1 : 0);
