import { expect, it } from 'vitest';
import { faultIds } from './fault-catalogue.ts';
import { findFaultRefusal } from './fault-ground.ts';

/** By hand: whoever adds a fault says here whether a namespace of a shared cluster carries it. */
const onSharedCluster: Readonly<Record<'carried' | 'refused' | 'with Chaos Mesh', string>> = {
  carried: `bad-image missing-secret memory-exhausted rotated-secret config-drift wrong-model-name context-overflow probe-too-eager readiness-broken
    selector-typo wrong-target-port certificate-expired volume-missing rollout-stuck gpu-exhausted wrong-architecture bad-release latency-regression
    wrong-answers-release cpu-throttled kv-cache-exhausted queue-collapse wrong-key clock-skew index-stale index-gone embedding-mismatch alert-silent
    fallback-broken gateway-rate-limit guardrail-down prompt-injection personal-data-in-logs cache-poisoned cost-runaway provider-rate-limit
    provider-quota-spent provider-outage provider-overload expired-key slow-stream broken-stream model-retired harmful-output personal-data-leaked
    wrong-answers leaked-key stale-environment nothing-wrong`,
  refused: 'quota-hit network-policy-too-tight nodes-cordoned dns-broken node-lost gpu-held wrong-node over-broad-role',
  'with Chaos Mesh': 'chaos-network-delay chaos-pod-kill',
};
const words = (text: string): readonly string[] => text.trim().split(/\s+/);

it('knows of every fault whether a shared cluster carries it', () => {
  expect(Object.values(onSharedCluster).flatMap(words).sort()).toEqual([...faultIds].sort());
});

it.each(words(onSharedCluster.carried))('carries %s on a shared cluster', (id) => {
  expect(findFaultRefusal(id, { ownCluster: false, chaos: false })).toBeUndefined();
});

it.each(words(onSharedCluster.refused))('refuses %s there, with the reason, and carries it on a cluster of its own', (id) => {
  expect(findFaultRefusal(id, { ownCluster: false, chaos: true })).toMatch(/^its? .+/);
  expect(findFaultRefusal(id, { ownCluster: true, chaos: false })).toBeUndefined();
});

it.each(words(onSharedCluster['with Chaos Mesh']))('carries %s where Chaos Mesh is served, and only there', (id) => {
  expect(findFaultRefusal(id, { ownCluster: true, chaos: false })).toContain('Chaos Mesh');
  expect(findFaultRefusal(id, { ownCluster: false, chaos: true })).toBeUndefined();
});
