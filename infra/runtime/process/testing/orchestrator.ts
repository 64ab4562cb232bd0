import { createProcessRuntime } from '../process-runtime.ts';
import { containerSpec, quiet } from './process-fixture.ts';

/** A process of its own for the tests to kill: `orchestrator.ts STATE_DIR MODE` starts a cluster, prints what it did, and waits. */
const [stateDir = '', mode] = process.argv.slice(2);
const runtime = await createProcessRuntime({ stateDir, log: quiet, bubblewrap: mode === 'off' ? 'off' : 'auto' });
const cluster = await runtime.openCluster({ clusterId: 'lasting', dataDir: stateDir });
const { ip } = await cluster.runPodSandbox({
  podUid: 'u1',
  namespace: 'ns',
  name: 'p',
  hostname: 'p',
  dnsSearchNamespace: 'ns',
  labels: {},
  shareProcessNamespace: false,
  hostAliases: [],
});

async function run(name: string, command: readonly string[]): Promise<string> {
  const { id } = await cluster.createContainer(containerSpec('u1', name, { command }));
  await cluster.startContainer(id);
  return id;
}

const server = `require('http').createServer((q,s)=>s.end('still here')).listen(8000,()=>console.log('listening'))`;
const serving = await run('server', ['node', '-e', server]);
for await (const { text } of cluster.logs(serving, { follow: true })) if (text.toString() === 'listening') break;
await cluster.programServices([
  {
    namespace: 'ns',
    name: 's',
    clusterIp: cluster.serviceCidr.replace('.0/24', '.9'),
    ports: [{ port: 8080, protocol: 'TCP', endpoints: [{ ip, port: 8000 }] }],
  },
]);
const started = {
  podIp: ip,
  podCidr: cluster.podCidr,
  serviceCidr: cluster.serviceCidr,
  sleeper: await run('sleeper', ['sleep', '1000']),
  brief: await run('brief', ['sh', '-c', 'sleep 0.5; exit 9']),
  chatty: await run('chatty', ['sh', '-c', 'i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i + 1)); sleep 0.05; done']),
};
process.stdout.write(`${JSON.stringify(started)}\n`);
setInterval(() => undefined, 60_000);
