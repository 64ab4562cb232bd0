import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { KubeConfig } from '@kubernetes/client-node';
import { LabCluster } from '../../infra/images/testing/lab-cluster.ts';

/** Something on the host that no sandbox may reach: stands for the orchestrator. */
export interface HostService extends Disposable {
  readonly port: number;
  /** Addresses that somebody came from, over TCP or UDP. */
  readonly visitors: string[];
}

export async function startHostService(address: '::' | '127.0.0.1'): Promise<HostService> {
  const visitors: string[] = [];
  const server = createServer((socket) => {
    visitors.push(socket.remoteAddress ?? '');
    socket.on('error', () => undefined).end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nthe host');
  });
  server.listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const datagrams = createSocket({ type: address === '::' ? 'udp6' : 'udp4' });
  datagrams.on('message', (_, from) => {
    visitors.push(from.address);
    datagrams.send('the host', from.port, from.address);
  });
  datagrams.bind(port, address);
  await once(datagrams, 'listening');
  return {
    port,
    visitors,
    [Symbol.dispose]: () => {
      server.close();
      datagrams.close();
    },
  };
}

/** All of the host's own addresses as a pod could name them: a link-local one with the pod's interface. */
export function hostAddresses(): readonly string[] {
  const found = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const named = found.map(({ address, family }) => (family === 'IPv6' && address.startsWith('fe80:') ? `${address}%eth0` : address));
  return [...new Set(['127.0.0.1', '::1', ...named])];
}

/** A trainee's cluster with a pod to break out of, in which a server answers on 8080, TCP and UDP. */
export class Captive implements AsyncDisposable {
  readonly cluster: LabCluster;
  readonly podIp: string;
  /** Where the API listens for people, on the host. */
  readonly apiPort: number;
  /** Where it listens for pods. */
  readonly podApi: { readonly host: string; readonly port: number };
  readonly config: KubeConfig;

  private constructor(cluster: LabCluster, facts: Pick<Captive, 'podIp' | 'podApi' | 'config'>) {
    this.cluster = cluster;
    this.podIp = facts.podIp;
    this.podApi = facts.podApi;
    this.config = facts.config;
    this.apiPort = Number(new URL(facts.config.getCurrentCluster()?.server ?? '').port);
  }

  static async start(runtime: 'docker' | 'process'): Promise<Captive> {
    const cluster = await LabCluster.start(runtime);
    await cluster.apply(box);
    await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/box', '--timeout=60s']);
    const podIp = await cluster.kubectl(['get', 'pod', 'box', '-o', 'jsonpath={.status.podIP}']);
    const api = await cluster.kubectl([
      'get',
      'endpoints',
      'kubernetes',
      '-o',
      'jsonpath={.subsets[0].addresses[0].ip} {.subsets[0].ports[0].port}',
    ]);
    const [host = '', port = ''] = api.split(' ');
    const config = new KubeConfig();
    config.loadFromString(await cluster.kubectl(['config', 'view', '--raw']));
    return new Captive(cluster, { podIp, podApi: { host, port: Number(port) }, config });
  }

  /** What a Node program in the box prints, as JSON. */
  async run(script: string): Promise<unknown> {
    return JSON.parse(await this.cluster.kubectl(['exec', 'box', '--', 'node', '-e', script])) as unknown;
  }

  /** A token that is cluster-admin here. */
  async adminToken(): Promise<string> {
    await this.cluster.kubectl(['create', 'clusterrolebinding', 'all', '--clusterrole=cluster-admin', '--serviceaccount=default:default']);
    return (await this.cluster.kubectl(['create', 'token', 'default'])).trim();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cluster[Symbol.asyncDispose]();
  }
}

const serve =
  "require('net').createServer(s=>s.on('error',()=>{}).end('HTTP/1.1 200 OK\\r\\nconnection: close\\r\\n\\r\\na pod')).listen(8080);" +
  "const u=require('dgram').createSocket('udp4');u.on('message',(m,f)=>u.send('a pod',f.port,f.address)).bind(8080)";

const box = `
apiVersion: v1
kind: Pod
metadata: {name: box, labels: {app: box}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: c
      image: registry.lab/base:1.0
      command: [node, -e, ${JSON.stringify(serve)}]
      securityContext: {capabilities: {add: [SYS_ADMIN, NET_ADMIN, NET_RAW, SYS_PTRACE, SYS_MODULE, MKNOD]}, seccompProfile: {type: Unconfined}}
      readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: inside}
spec: {selector: {app: box}, ports: [{name: tcp, port: 80, targetPort: 8080}]}
`;
