// npm test: everything, unit to browser to Docker. Closes with `N passed, N failed, N skipped` alone on a line.
// With CI=true what a test needs is installed first and nothing may be skipped. Arguments narrow to files, as Vitest reads them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureBuilt } from './build.mjs';
import { projectRoot } from './install.mjs';

const inCi = process.env.CI === 'true';
const filters = process.argv.slice(2);
const reportFolder = mkdtempSync(path.join(tmpdir(), 'drillhouse-test-'));

function runScript(file, args) {
  const result = spawnSync(process.execPath, [path.join(projectRoot, 'scripts/run.mjs'), file, ...args], {
    cwd: projectRoot,
    stdio: 'inherit',
  });
  if (result.status !== 0) throw new Error(`${file} ended with ${result.status ?? result.signal}`);
}

function runProject(project) {
  const report = path.join(reportFolder, `${project}.json`);
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
  const result = spawnSync(process.execPath, args, { cwd: projectRoot, stdio: 'inherit', env: { ...process.env, NODE_ENV: 'test' } });
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
const totals = ['unit', 'system', 'proofs']
  .map(runProject)
  .reduce((sum, one) => ({ passed: sum.passed + one.passed, failed: sum.failed + one.failed, skipped: sum.skipped + one.skipped }));
rmSync(reportFolder, { recursive: true, force: true });
if (inCi && totals.skipped > 0) console.log('With CI=true nothing may be skipped.');
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed > 0 || totals.passed === 0 || (inCi && totals.skipped > 0) ? 1 : 0);
