import { KubeConfig, CoreV1Api, Watch } from '@kubernetes/client-node';
const kc = new KubeConfig(); kc.loadFromFile(process.argv[2]!);
const core = kc.makeApiClient(CoreV1Api); const watch = new Watch(kc);
const starts = new Map<string, number>(); const results: number[] = []; const waiters = new Map<string, () => void>();
await watch.watch('/api/v1/namespaces/default/pods', {}, (_t, pod) => {
  const ready = pod.status?.conditions?.find((c: any) => c.type === 'Ready' && c.status === 'True');
  const at = starts.get(pod.metadata.name);
  if (ready && at !== undefined) { results.push(performance.now() - at); starts.delete(pod.metadata.name); waiters.get(pod.metadata.name)?.(); }
}, () => {});
for (let i = 0; i < 20; i++) {
  const name = `lat-${i}`;
  const done = new Promise<void>((r) => waiters.set(name, r));
  starts.set(name, performance.now());
  await core.createNamespacedPod({ namespace: 'default', body: { metadata: { name }, spec: { containers: [{ name: 'c', image: 'registry.lab/base:1.0', command: ['sleep', 'inf'] }], terminationGracePeriodSeconds: 0 } } });
  await done;
}
results.sort((a, b) => a - b);
console.log('pod to Ready ms: min', results[0]!.toFixed(0), 'p50', results[10]!.toFixed(0), 'max', results.at(-1)!.toFixed(0));
const t = performance.now();
await core.deleteCollectionNamespacedPod({ namespace: 'default' });
while ((await core.listNamespacedPod({ namespace: 'default' })).items.length > 0) await new Promise((r) => setTimeout(r, 20));
console.log('20 pods deleted in', (performance.now() - t).toFixed(0), 'ms');
process.exit(0);
