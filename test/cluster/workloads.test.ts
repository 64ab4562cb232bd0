import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClusterProcess } from './cluster-process.ts';

const nodes = `
- {name: node-1, cpuMilli: 4000, memoryBytes: 8589934592}
- {name: node-2, cpuMilli: 4000, memoryBytes: 8589934592}
- {name: spare, cpuMilli: 4000, memoryBytes: 8589934592, labels: {role: spare}, taints: [{key: role, value: spare, effect: NoSchedule}]}
- name: gpu-1
  cpuMilli: 8000
  memoryBytes: 17179869184
  taints: [{key: nvidia.com/gpu, value: present, effect: NoSchedule}]
  extendedResources: {nvidia.com/gpu: 2}
`;
const image = 'registry.lab/base:1.0';

/** What workloads do, seen with a real kubectl on a cluster whose containers are processes. Each test has a namespace of its own. */
describe.concurrent('on a cluster of several nodes', () => {
  let cluster: ClusterProcess;

  beforeAll(async () => {
    cluster = await ClusterProcess.start(nodes);
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  it('a claim waits for its first pod, keeps its data over pods, and goes when nobody uses it', async () => {
    const k = await cluster.namespace('claims');
    const claim = (name: string, more = ''): string =>
      `{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: ${name}}, spec: {accessModes: [ReadWriteOnce], ${more}resources: {requests: {storage: 1Gi}}}}`;
    const pod = `
apiVersion: v1
kind: Pod
metadata: {name: writer}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: c, image: '${image}', command: [sh, -c, 'echo run >> /data/log; sleep 1000'], volumeMounts: [{name: d, mountPath: /data}]}
  volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]`;
    await k.apply(`${claim('data')}\n---\n${claim('odd', 'storageClassName: nope, ')}`);
    expect(await k.field('pvc data', '{.spec.storageClassName} {.status.phase}')).toBe('standard Pending');
    await k.until(/waiting for first consumer to be created before binding/, 'events --for=pvc/data');
    await k.until(/ProvisioningFailed .*storageclass.storage.k8s.io "nope" not found/, 'events --for=pvc/odd');
    for (let run = 1; run <= 2; run += 1) {
      await k.apply(pod);
      await k.do('wait pod/writer --for=condition=Ready --timeout=30s');
      await k.until(new RegExp(`^(run\n){${run}}$`), 'exec writer -- cat /data/log');
      if (run === 1) await k.do('delete pod writer');
    }
    expect(await k.field('pvc data', '{.status.phase}')).toBe('Bound');
    const volume = await k.field('pvc data', '{.spec.volumeName}');
    await k.do('delete pvc data --wait=false');
    expect(await k.do('get pvc data')).toContain('Terminating');
    await k.do('delete pod writer');
    await k.do('wait --for=delete pvc/data --timeout=30s');
    await k.do(`wait --for=delete pv/${volume} --timeout=30s`);
  });

  it('a StatefulSet starts its pods one after another, each with a volume of its own that outlives it', async () => {
    const k = await cluster.namespace('stateful');
    await k.apply(`
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: c
        image: ${image}
        command: [sh, -c, 'hostname >> /data/names; sleep 1000']
        readinessProbe: {exec: {command: [test, -s, /data/names]}, periodSeconds: 1}
        volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
  - {metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}}`);
    await k.do('rollout status sts/db --timeout=60s');
    const [first, second] = (await k.field('pods', '{range .items[*]}{.status.startTime} {end}')).split(' ');
    expect(first! <= second!).toBe(true);
    await k.do('scale sts db --replicas=1');
    await k.do('wait --for=delete pod/db-1 --timeout=30s');
    expect(await k.field('pvc', '{.items[*].metadata.name}')).toBe('data-db-0 data-db-1');
    await k.do('scale sts db --replicas=2');
    await k.do('rollout status sts/db --timeout=60s');
    expect(await k.do('exec db-1 -- cat /data/names')).toBe('db-1\ndb-1\n');
    expect(await k.do('exec db-0 -- cat /data/names')).toBe('db-0\n');
  });

  it('a rollout is told, kept in its history, undone and restarted', async () => {
    const k = await cluster.namespace('rollouts');
    const workload = (kind: string, command: string): string => `
apiVersion: apps/v1
kind: ${kind}
metadata: {name: web, annotations: {kubernetes.io/change-cause: 'to ${command}'}}
spec:
  selector: {matchLabels: {app: ${kind}}}
  template:
    metadata: {labels: {app: ${kind}}}
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: c, image: '${image}', command: [sleep, '${command}']}]}`;
    for (const kind of ['Deployment', 'DaemonSet']) {
      await k.apply(workload(kind, '1000'));
      await k.do(`rollout status ${kind}/web --timeout=60s`);
      await k.apply(workload(kind, '2000'));
      await k.do(`rollout status ${kind}/web --timeout=60s`);
      expect(await k.do(`rollout history ${kind}/web`)).toMatch(/1 +to 1000\n2 +to 2000/);
      await k.do(`rollout undo ${kind}/web`);
      await k.do(`rollout status ${kind}/web --timeout=60s`);
      expect(await k.field(`${kind} web`, '{.spec.template.spec.containers[0].command[1]}')).toBe('1000');
      expect(await k.do(`rollout history ${kind}/web`)).toMatch(/2 +to 2000\n3 +to 1000/);
    }
    await k.do('rollout pause deployment/web');
    expect((await k.try('rollout restart deployment/web')).stderr).toContain("can't restart paused deployment");
    // A node whose taint the pods do not tolerate has none of them.
    expect((await k.field('pods -l app=DaemonSet', '{.items[*].spec.nodeName}')).split(' ').sort()).toEqual(['node-1', 'node-2']);
  });

  it('a drain keeps to the budget, then empties the node', async () => {
    const k = await cluster.namespace('drain');
    await k.apply(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      nodeSelector: {role: spare}
      tolerations: [{key: role, operator: Exists}]
      volumes: [{name: v, emptyDir: {}}]
      containers: [{name: c, image: '${image}', command: [sleep, '1000']}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}`);
    await k.do('rollout status deploy/web --timeout=60s');
    await k.until(/^0 2$/, 'get pdb web -o', 'jsonpath={.status.disruptionsAllowed} {.status.currentHealthy}');
    expect((await k.try('drain spare')).stderr).toContain('cannot delete Pods with local storage (use --delete-emptydir-data to override)');
    const refused = await k.try('drain spare --delete-emptydir-data --timeout=1s');
    expect(refused.stderr).toContain("Cannot evict pod as it would violate the pod's disruption budget.");
    await k.do('delete pdb web');
    expect(await k.do('drain spare --delete-emptydir-data --timeout=30s')).toContain('node/spare drained');
    expect(await k.do('get node spare')).toContain('Ready,SchedulingDisabled');
    expect(await k.do('get pods')).toMatch(/(\S+ +0\/1 +Pending.*\n){2}/);
    await k.do('uncordon spare');
    await k.do('rollout status deploy/web --timeout=60s');
  });

  it('a debugging container joins a pod, and a copy of the pod is made', async () => {
    const k = await cluster.namespace('debugging');
    await k.do(`run target --image=${image} -- sleep 1000`);
    await k.do('wait pod/target --for=condition=Ready --timeout=30s');
    const debug = await k.send('echo typed-$((1+1))\nexit 3\n', `debug target -i --quiet --image=${image} -c d1 --profile=general -- sh`);
    expect(debug.stdout.match(/typed-2/g)).toHaveLength(1);
    await k.until(/^3$/, 'get pod target -o', 'jsonpath={.status.ephemeralContainerStatuses[0].state.terminated.exitCode}');
    await k.do(`debug target --image=${image} --copy-to=copy -c target --profile=general -- sleep 2000`);
    await k.do('wait pod/copy --for=condition=Ready --timeout=30s');
    expect(await k.field('pod copy', '{.spec.containers[*].command}')).toBe('["sleep","2000"]');
    const node = await k.try(`debug node/node-1 --image=${image} --profile=general -- true`);
    expect(node.code).toBe(0);
    await k.until(/this sandbox does not run pods with access to its host/, 'events --types=Warning');
  });

  it('run gives back what a command printed and how it ended; logs of every kind', async () => {
    const k = await cluster.namespace('running');
    const run = await k.send('cat\n', `run once --image=${image} --restart=Never --rm -i --quiet -- sh -c`, 'echo out; exit 4');
    expect([run.code, run.stdout]).toEqual([4, 'out\n']);
    expect((await k.try('get pod once')).stderr).toContain('pods "once" not found');
    await k.apply(`
apiVersion: v1
kind: Pod
metadata: {name: duo, labels: {app: duo}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: a, image: '${image}', command: [sh, -c, 'echo a1; echo a2 >&2; sleep 1000']}
  - {name: b, image: '${image}', command: [sh, -c, 'echo b1; exit 1']}`);
    await k.until(/^b1\n$/, 'logs duo -c b -p');
    expect(await k.do('logs duo -c a')).toBe('a1\na2\n');
    expect(await k.do('logs duo -c a --tail=1')).toBe('a2\n');
    expect(await k.do('logs -l app=duo --prefix --all-containers')).toMatch(
      /\[pod\/duo\/a\] a1\n\[pod\/duo\/a\] a2\n(\[pod\/duo\/b\] b1\n)?/,
    );
    expect(await k.do('logs duo -c a --timestamps --tail=1')).toMatch(/^\d{4}-\d\d-\d\dT\S+Z a2\n$/);
    expect((await k.try('logs duo -c a -p')).stderr).toContain('previous terminated container "a" in pod "duo" not found');
    expect(await k.until(/BackOff/, 'events --for=pod/duo --types=Warning')).toContain('Back-off restarting failed container b in pod duo');
  });

  it('volumes follow their objects, limits evict, groups own', async () => {
    const k = await cluster.namespace('volumes');
    await k.do('create configmap conf --from-literal=key=one');
    await k.do('create secret generic keys --from-literal=key=hidden');
    await k.apply(`
apiVersion: v1
kind: Pod
metadata: {name: vol}
spec:
  terminationGracePeriodSeconds: 1
  securityContext: {fsGroup: 2000}
  containers:
  - name: c
    image: ${image}
    securityContext: {runAsUser: 1000}
    command: [sh, -c, 'sleep 1000']
    volumeMounts: [{name: conf, mountPath: /conf}, {name: conf, mountPath: /one, subPath: key}, {name: keys, mountPath: /keys}, {name: e, mountPath: /e}]
  volumes:
  - {name: conf, configMap: {name: conf}}
  - {name: keys, secret: {secretName: keys, defaultMode: 0400}}
  - {name: e, emptyDir: {sizeLimit: 1Mi}}`);
    await k.do('wait pod/vol --for=condition=Ready --timeout=30s');
    const exec = (script: string): Promise<string> => k.do('exec vol -- sh -c', script);
    expect(await exec('cat /keys/key; touch /e/mine; stat -c " %g" /e/mine')).toBe('hidden 2000\n');
    await k.do('patch configmap conf -p', '{"data":{"key":"two"}}');
    await k.until(/^two$/, 'exec vol -- cat /conf/key');
    expect(await exec('cat /one')).toBe('one');
    await exec('head -c 3000000 /dev/zero > /e/big');
    await k.do('wait pod/vol --for=jsonpath={.status.reason}=Evicted --timeout=60s');
    expect(await k.field('pod vol', '{.status.phase}: {.status.message}')).toBe(
      'Failed: Usage of EmptyDir volume "e" exceeds the limit "1Mi". ',
    );
  });

  it('GPUs are given out once, on the node that has them', async () => {
    const k = await cluster.namespace('gpus');
    const pod = (name: string, count: number): string =>
      `{apiVersion: v1, kind: Pod, metadata: {name: ${name}}, spec: {terminationGracePeriodSeconds: 1, tolerations: [{key: nvidia.com/gpu, operator: Exists}],
        containers: [{name: c, image: '${image}', command: [sleep, '1000'], resources: {limits: {nvidia.com/gpu: ${count}}}}]}}`;
    await k.apply(pod('both', 2));
    await k.do('wait pod/both --for=condition=Ready --timeout=30s');
    expect(await k.field('pod both', '{.spec.nodeName}')).toBe('gpu-1');
    await k.apply(pod('late', 1));
    await k.until(/Insufficient nvidia.com\/gpu/, 'events --for=pod/late');
    await k.do('delete pod both');
    await k.do('wait pod/late --for=condition=Ready --timeout=30s');
  });

  it('jobs run to their end, by hand from a CronJob too, and a policy ends them at once', async () => {
    const k = await cluster.namespace('jobs');
    await k.do(`create cronjob hourly --image=${image} --schedule=@hourly -- true`);
    await k.do('create job now --from=cronjob/hourly');
    await k.do('wait job/now --for=condition=complete --timeout=30s');
    expect(await k.field('job now', '{.metadata.ownerReferences[0].kind}')).toBe('CronJob');
    await k.apply(`
apiVersion: batch/v1
kind: Job
metadata: {name: condemned}
spec:
  backoffLimit: 6
  podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {containerName: c, operator: In, values: [42]}}]}
  template: {spec: {restartPolicy: Never, containers: [{name: c, image: '${image}', command: [sh, -c, 'exit 42']}]}}`);
    await k.do('wait job/condemned --for=condition=failed --timeout=30s');
    expect(await k.field('job condemned', '{.status.conditions[?(@.type=="Failed")].reason}')).toBe('PodFailurePolicy');
    expect(await k.field('pods -l job-name=condemned', '{.items[*].metadata.name}')).not.toContain(' ');
  });

  it('a ReplicationController is scaled, exposed and takes its pods along', async () => {
    const k = await cluster.namespace('controllers');
    await k.apply(`
apiVersion: v1
kind: ReplicationController
metadata: {name: old}
spec:
  replicas: 1
  template:
    metadata: {labels: {app: old}}
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: c, image: '${image}', command: [sleep, '1000'], ports: [{containerPort: 80}]}]}`);
    await k.do('scale rc old --current-replicas=1 --replicas=2');
    await k.until(/^2$/, 'get rc old -o', 'jsonpath={.status.readyReplicas}');
    await k.do('expose rc old');
    await k.until(/^\S+ \S+$/, 'get endpoints old -o', 'jsonpath={.subsets[0].addresses[*].ip}');
    await k.do('delete rc old');
    await k.do('wait --for=delete pod -l app=old --timeout=30s');
  });
});
