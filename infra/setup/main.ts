import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { detectHost } from './debian.ts';
import { ensureEngine, probeEngine } from './docker-engine.ts';
import { ensureKubectl } from './kubectl.ts';
import { withMachineLock } from './machine-lock.ts';
import { projectRoot } from './project-root.ts';
import { ensurePrometheus, prometheusFolder } from './prometheus.ts';
import { installCommand, missingPackages, probeTools, type ToolFinding } from './tools.ts';

const report = (line: string): void => void process.stdout.write(`  ${line}\n`);
const lockTimeout = ['-o', 'DPkg::Lock::Timeout=300'];

/** Brings the machine to where every part of Drillhouse and its tests can run. Answers what a person still has to do. */
async function setUp(): Promise<readonly string[]> {
  const host = detectHost();
  const findings = await probe();
  const command = installCommand(findings);
  if (command !== undefined) {
    if (!host.isDebian || !host.isRoot) return [...advice(findings), ...(host.isDebian ? [`as root: ${command}`] : [])];
    installPackages(missingPackages(findings));
  }
  const engine = await probeEngine();
  if (engine === undefined && !host.isRoot) return ['start the Docker engine, e.g. as root: dockerd'];
  report(`Docker engine ${engine ?? (await ensureEngine(path.join(dataFolder(), 'dockerd.log'), report))}`);
  report(`kubectl at ${path.relative(projectRoot, await ensureKubectl())}`.replace(/ (?:\.\.\/)+/, ' /'));
  await ensurePrometheus();
  report(`Prometheus at ${path.relative(projectRoot, prometheusFolder)}`);
  return [];
}

function dataFolder(): string {
  return path.resolve(projectRoot, process.env.DATA_DIR ?? '.data');
}

/** An engine that answers is as good as one installed here. */
async function probe(): Promise<readonly ToolFinding[]> {
  const [findings, engine] = await Promise.all([probeTools(), probeEngine()]);
  return findings.map((finding) =>
    finding.tool.name === 'docker' && engine !== undefined ? { ...finding, path: finding.path ?? 'answers' } : finding,
  );
}

function advice(findings: readonly ToolFinding[]): readonly string[] {
  return findings.filter(({ path }) => path === undefined).map(({ tool }) => `install ${tool.name}, for ${tool.usedFor}`);
}

function installPackages(packages: readonly string[]): void {
  const startedAt = Date.now();
  report(`installing ${packages.join(' ')} …`);
  apt(['update', '-qq']);
  apt(['install', '-y', '-qq', '--no-install-recommends', ...packages]);
  report(`installed in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** Its own output is shown only when it fails: it is long and helps nobody else. */
function apt(args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stdout, stderr, error } = spawnSync('apt-get', [...lockTimeout, ...args], {
    env,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return;
  const output = `${stdout}${stderr}`.trimEnd().split('\n').slice(-20).join('\n');
  throw new Error(`apt-get ${args[0] ?? ''} ended with ${error?.message ?? status ?? 'a signal'}:\n${output}`);
}

try {
  const startedAt = Date.now();
  const left = await withMachineLock('setup', report, setUp);
  for (const step of left) process.stdout.write(`  - ${step}\n`);
  if (left.length === 0) process.stdout.write(`Everything is there (${((Date.now() - startedAt) / 1000).toFixed(1)} s).\n`);
  else process.stdout.write('Do the above, then run `npm run setup` again. Without Docker, Drillhouse runs on local processes.\n');
  process.exitCode = left.length === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`Setup failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
