import { createProcessRuntime } from '../process-runtime.ts';
import { containerSpec, quiet, readAll } from './process-fixture.ts';

/** Run by the tests as a user without rights: `ordinary-user.ts STATE_DIR` starts containers and prints what they saw as JSON. */
const runtime = await createProcessRuntime({ stateDir: process.argv[2] ?? '', log: quiet });
const cluster = await runtime.openCluster({ clusterId: 'user', dataDir: process.argv[2] ?? '' });
const pod = {
  podUid: 'u',
  namespace: 'n',
  name: 'p',
  hostname: 'p',
  dnsSearchNamespace: 'n',
  labels: {},
  shareProcessNamespace: false,
  hostAliases: [],
};
await cluster.runPodSandbox(pod);

async function run(name: string, overrides: Parameters<typeof containerSpec>[2]): Promise<string> {
  const { id } = await cluster.createContainer(containerSpec('u', name, { image: 'registry.lab/workspace:1.0', ...overrides }));
  const outcome = await cluster.startContainer(id);
  if (outcome.kind === 'failed') throw new Error(outcome.message);
  return id;
}

async function exec(id: string, script: string, tty = false): Promise<string> {
  await using session = await cluster.exec(id, { command: ['sh', '-c', script], tty, stdin: tty });
  const [text] = await Promise.all([readAll(session.stdout), readAll(session.stderr), session.exited]);
  return text.trim();
}

const main = await run('main', { command: ['sh', '-c', 'id; sleep 1000'] });
const root = await run('root', { command: ['sleep', '1000'], user: { uid: 0, gid: 0 } });
const eater = await run('eater', { command: ['tail', '/dev/zero'], memoryLimitBytes: 32 << 20 });
const first = await cluster.logs(main, { follow: true })[Symbol.asyncIterator]().next();
const report = {
  isolation: runtime.isolation,
  main: first.done === true ? '' : first.value.text.toString(),
  exec: await exec(main, 'id'),
  root: await exec(root, 'id'),
  capabilities: await exec(main, 'grep CapEff /proc/self/status'),
  rootCapabilities: await exec(root, 'grep CapEff /proc/self/status'),
  processes: await exec(main, 'ls -d /proc/[0-9]* | wc -l'),
  terminal: await exec(main, 'tty', true),
  oom: await ended(eater),
};
await cluster[Symbol.asyncDispose]();
await runtime[Symbol.asyncDispose]();
process.stdout.write(`${JSON.stringify(report)}\n`);

async function ended(id: string): Promise<unknown> {
  return new Promise((resolve) => {
    const look = async (): Promise<void> => {
      const state = await cluster.inspectContainer(id);
      if (state.kind === 'exited') resolve(state);
    };
    cluster.subscribe(() => void look());
    void look();
  });
}
