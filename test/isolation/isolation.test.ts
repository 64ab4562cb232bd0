import { request as httpsRequest } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withoutEngine } from '../../infra/runtime/docker/testing/docker-fixture.ts';
import { connectAll, fetchAll, hostileCommands, resolveAll, sendAll, type Target } from './attempts.ts';
import { Captive, hostAddresses, startHostService, type HostService } from './world.ts';

const runtimes = withoutEngine ? (['process'] as const) : (['docker', 'process'] as const);
/** Services that a host often has, and the engine's own. */
const usualPorts = [22, 53, 80, 443, 2375, 2376, 5432, 6443, 10250];

describe.each(runtimes)('two sandboxes on %s', (runtime) => {
  let mine: Captive;
  let theirs: Captive;
  let host: HostService;

  beforeAll(async () => {
    // On processes, whoever listens on every address listens on those of pods too.
    host = await startHostService(runtime === 'docker' ? '::' : '127.0.0.1');
    [mine, theirs] = await Promise.all([Captive.start(runtime), Captive.start(runtime)]);
  });
  afterAll(async () => {
    host[Symbol.dispose]();
    await Promise.all([mine[Symbol.asyncDispose](), theirs[Symbol.asyncDispose]()]);
  });

  if (runtime === 'docker') {
    it('is a fair test: what is out of reach is there, and what is within reach is reached', async () => {
      const reachable = [
        { host: mine.podIp, port: 8080 },
        { host: 'inside', port: 80 },
        { host: 'kubernetes.default.svc', port: 443 },
      ];
      expect(await mine.run(connectAll(reachable))).toHaveLength(3);
      expect(await mine.run(sendAll([{ host: mine.podIp, port: 8080 }]))).toEqual([`${mine.podIp}:8080`]);
      expect(await theirs.run(connectAll([{ host: theirs.podIp, port: 8080 }]))).toHaveLength(1);
      for (const address of hostAddresses().filter((one) => !one.includes('%')))
        expect(await answers(`http://${address.includes(':') ? `[${address}]` : address}:${host.port}`)).toBe(true);
      expect(host.visitors.length).toBeGreaterThan(1);
      host.visitors.length = 0;
    });

    it('has no way by TCP to the other, the host, the engine or the cloud', async () => {
      const ports = [host.port, mine.apiPort, theirs.apiPort, theirs.podApi.port, ...usualPorts];
      const addresses = [...hostAddresses(), mine.podApi.host, theirs.podApi.host, '0.0.0.0', '169.254.169.254', 'host.docker.internal'];
      const all = addresses.flatMap((address) => ports.map((port) => ({ host: address, port })));
      const others: Target[] = [8080, 80, 22].map((port) => ({ host: theirs.podIp, port }));
      const own = `${mine.podApi.host}:${mine.podApi.port}`;
      expect(await mine.run(connectAll([...all.filter((one) => `${one.host}:${one.port}` !== own), ...others]))).toEqual([]);
      expect(host.visitors).toEqual([]);
    });

    it('has no way by UDP, broadcast or multicast either', async () => {
      // The subnet's own first and last addresses are among these, however it is cut.
      const edges = [0, 63, 64, 127, 128, 191, 192, 255].map((last) => mine.podIp.replace(/\.\d+$/, `.${last}`));
      const broadcasts = ['255.255.255.255', ...edges, '224.0.0.1', 'ff02::1%eth0', 'ff02::2%eth0'];
      const addresses = [...hostAddresses(), mine.podApi.host, theirs.podApi.host, theirs.podIp, ...broadcasts];
      const targets = addresses.flatMap((address) => [host.port, theirs.podApi.port, 53].map((port) => ({ host: address, port })));
      expect(await mine.run(sendAll([...targets, { host: theirs.podIp, port: 8080 }]))).toEqual([]);
      expect(host.visitors).toEqual([]);
    });

    it('resolves no name of the other, of the host or of the world', async () => {
      const names = [
        'drillhouse-system',
        'host.docker.internal',
        'gateway.docker.internal',
        'localhost.localdomain',
        'example.com',
        'deb.debian.org',
      ];
      expect(await mine.run(resolveAll([...names, 'box.theirs', `${theirs.config.currentContext}.svc.cluster.local`]))).toEqual([]);
    });

    it('asks the cluster’s own name server, which a trainee can look at and break', async () => {
      const names = ['inside', 'kubernetes.default.svc', 'kube-dns.kube-system.svc.cluster.local'];
      // The full name is found by resolvers that leave out the search path too.
      expect(((await mine.run(resolveAll(names))) as string[]).sort()).toEqual([
        'inside',
        'kube-dns.kube-system.svc.cluster.local',
        'kube-dns.kube-system.svc.cluster.local',
        'kubernetes.default.svc',
      ]);
      expect(await mine.cluster.kubectl(['exec', 'box', '--', 'getent', 'hosts', 'kubernetes.default'])).toMatch(
        / kubernetes\.default\.svc\.cluster\.local/,
      );
      expect(await mine.cluster.kubectl(['get', 'service', 'kube-dns', '-n', 'kube-system', '-o', 'jsonpath={.spec.clusterIP}'])).toBe(
        '10.96.0.10',
      );
      await theirs.cluster.kubectl(['delete', 'service', 'kube-dns', '-n', 'kube-system']);
      await expect.poll(() => theirs.run(resolveAll(['inside'])), { timeout: 30_000 }).toEqual([]);
    });

    it('cannot use the other’s API with its own token or a stolen one', async () => {
      const tokens = await Promise.all([mine, theirs].map((one) => one.adminToken()));
      const { host: gateway, port } = theirs.podApi;
      const elsewhere = [
        `https://${gateway}:${port}/version`,
        `https://${theirs.podIp}:${port}/version`,
        `https://127.0.0.1:${theirs.apiPort}/version`,
      ];
      expect(await mine.run(fetchAll(elsewhere, tokens))).toEqual([]);
      const own = `https://kubernetes.default.svc/api/v1/secrets`;
      expect(await mine.run(fetchAll([own], [tokens[0] ?? '']))).toEqual([`200 ${own}`]);
      expect(await mine.run(fetchAll([own], [tokens[1] ?? '']))).toEqual([`401 ${own}`]);
    });

    it.each(Object.entries(hostileCommands))('lets no container %s', async (_, command) => {
      const shell = `if { ${command}; } > /dev/null 2>&1; then echo done; else echo refused; fi`;
      expect(await mine.cluster.kubectl(['exec', 'box', '--', 'bash', '-c', shell])).toBe('refused\n');
    });
  }

  it('takes no credential of the other, token or certificate, from wherever it comes', async () => {
    const user = theirs.config.getCurrentUser();
    const certificate = {
      cert: Buffer.from(user?.certData ?? '', 'base64'),
      key: Buffer.from(user?.keyData ?? '', 'base64'),
    };
    expect(await statusOf(theirs.apiPort, certificate)).toBe(200);
    expect(await statusOf(mine.apiPort, certificate)).not.toBe(200);
    const token = (await theirs.cluster.kubectl(['create', 'token', 'default'])).trim();
    expect(await statusOf(mine.apiPort, {}, token)).toBe(401);
    expect([200, 403]).toContain(await statusOf(theirs.apiPort, {}, token));
  });

  it('makes no tunnel of a Service, a proxy or a forged address', async () => {
    const places: Target[] = [
      { host: mine.podApi.host, port: host.port },
      { host: '127.0.0.1', port: host.port },
      ...hostAddresses().flatMap((address) => (/^[\d.]+$/.test(address) ? [{ host: address, port: host.port }] : [])),
      { host: theirs.podIp, port: 8080 },
      { host: theirs.podApi.host, port: theirs.podApi.port },
      { host: '169.254.169.254', port: 80 },
    ];
    // What the API refuses outright, such as loopback addresses, is one way fewer.
    const made = await Promise.all(places.map((place, index) => tryApply(tunnel(`tunnel-${index}`, place))));
    expect(made.filter(Boolean).length).toBeGreaterThan(1);
    await tryApply(`apiVersion: v1\nkind: Service\nmetadata: {name: alias}\nspec: {type: ExternalName, externalName: 127.0.0.1.nip.io}`);
    const patch = JSON.stringify({ status: { podIP: mine.podApi.host, podIPs: [{ ip: mine.podApi.host }] } });
    await mine.cluster.kubectl(['patch', 'pod', 'box', '--subresource=status', '--type=merge', '-p', patch]).catch(() => undefined);
    const hosts = [...places.map((_, index) => `tunnel-${index}`), 'alias'];
    expect(await mine.run(connectAll(hosts.map((name) => ({ host: name, port: 80 }))))).toEqual([]);
    for (const name of hosts)
      await expect(mine.cluster.kubectl(['get', '--raw', `/api/v1/namespaces/default/services/${name}:80/proxy/`])).rejects.toThrow();
    for (const node of ['node-1', `node-1:${host.port}`, `127.0.0.1:${host.port}`])
      await expect(mine.cluster.kubectl(['get', '--raw', `/api/v1/nodes/${node}/proxy/`])).rejects.toThrow();
    expect(host.visitors).toEqual([]);
  });

  it('sends no probe of its kubelet elsewhere', async () => {
    for (const [name, probe] of Object.entries({
      http: `httpGet: {host: 127.0.0.1, port: ${host.port}}`,
      tcp: `tcpSocket: {host: 127.0.0.1, port: ${host.port}}`,
    }))
      await mine.cluster.apply(pod(`probe-${name}`, `readinessProbe: {${probe}, periodSeconds: 1, failureThreshold: 1}`));
    for (const name of ['probe-http', 'probe-tcp']) {
      await expect
        .poll(() => mine.cluster.kubectl(['get', 'events', '--field-selector', `involvedObject.name=${name},reason=Unhealthy`]), {
          timeout: 30_000,
        })
        .toMatch(/Readiness probe failed/);
    }
    expect(host.visitors).toEqual([]);
  });

  it.each([
    ['a host path', 'volumes: [{name: v, hostPath: {path: /}}]', ''],
    ['the host’s network', 'hostNetwork: true', ''],
    ['the host’s processes', 'hostPID: true', ''],
    ['the host’s memory segments', 'hostIPC: true', ''],
    ['privileges', '', 'securityContext: {privileged: true}'],
    ['a port of the host', '', 'ports: [{containerPort: 80, hostPort: 8081}]'],
    ['kernel parameters', 'securityContext: {sysctls: [{name: kernel.msgmax, value: "1"}]}', ''],
  ])('refuses a pod that wants %s, and says why', async (what, spec, container) => {
    const name = `wants-${what.replaceAll(/[^a-z]+/g, '-')}`;
    await mine.cluster.apply(pod(name, container, spec));
    const message = () => mine.cluster.kubectl(['get', 'pod', name, '-o', 'jsonpath={.status.phase} {.status.message}']);
    await expect.poll(message, { timeout: 30_000 }).toMatch(/^Failed .*this sandbox does not run pods with access to its host/);
  });

  it('refuses to debug its node', async () => {
    const made = await mine.cluster.kubectl(['debug', 'node/node-1', '--image=registry.lab/base:1.0', '--', 'sleep', '1']);
    const name = /node-debugger-\S+/.exec(made)?.[0] ?? '';
    const message = () => mine.cluster.kubectl(['get', 'pod', name, '-o', 'jsonpath={.status.message}']);
    await expect
      .poll(message, { timeout: 30_000 })
      .toMatch(/hostNetwork, hostPID, hostIPC, hostPath volume|does not run pods with access to its host/);
  });

  it('leads no symbolic link of a volume out of the pod', async () => {
    await mine.cluster.apply(symlinked);
    const message = () => mine.cluster.kubectl(['get', 'pod', 'linked', '-o', 'jsonpath={.status.containerStatuses[*].state}']);
    await expect
      .poll(message, { timeout: 30_000 })
      .toMatch(/CreateContainerConfigError|CreateContainerError|RunContainerError|ContainerCannotRun|StartError/);
    expect(await message()).not.toContain('root:x:0');
  });

  async function tryApply(yaml: string): Promise<boolean> {
    return mine.cluster.apply(yaml).then(
      () => true,
      () => false,
    );
  }
});

async function answers(url: string): Promise<boolean> {
  return (await fetch(url)).ok;
}

/** The HTTP status, or what the connection ended with. */
function statusOf(port: number, certificate: { readonly cert?: Buffer; readonly key?: Buffer }, token?: string): Promise<number | string> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve) => {
    httpsRequest({ host: '127.0.0.1', port, path: '/api/v1/namespaces', rejectUnauthorized: false, headers, ...certificate }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      .end();
  });
}

function pod(name: string, container = '', spec = ''): string {
  const lines = [
    'apiVersion: v1',
    'kind: Pod',
    `metadata: {name: ${name}}`,
    'spec:',
    '  terminationGracePeriodSeconds: 0',
    ...(spec === '' ? [] : [`  ${spec}`]),
    '  containers:',
    '    - name: c',
    '      image: registry.lab/base:1.0',
    '      command: [sleep, "1000"]',
    ...(container === '' ? [] : [`      ${container}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** A Service with endpoints of the trainee's choice. */
function tunnel(name: string, { host, port }: Target): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {ports: [{port: 80, targetPort: ${port}}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
endpoints: [{addresses: [${host}], conditions: {ready: true}}]
ports: [{port: ${port}, protocol: TCP}]
`;
}

/** One container puts a link into the volume that they share, the other mounts what it leads to. */
const symlinked = `
apiVersion: v1
kind: Pod
metadata: {name: linked}
spec:
  terminationGracePeriodSeconds: 0
  volumes: [{name: v, emptyDir: {}}]
  initContainers:
    - {name: link, image: registry.lab/base:1.0, command: [ln, -s, /etc, /v/out], volumeMounts: [{name: v, mountPath: /v}]}
  containers:
    - {name: c, image: registry.lab/base:1.0, command: [cat, /stolen/passwd], volumeMounts: [{name: v, mountPath: /stolen, subPath: out}]}
`;
