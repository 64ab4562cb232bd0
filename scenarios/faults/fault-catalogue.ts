import { alertSilent } from './alert-silent.ts';
import { badImage } from './bad-image.ts';
import { badRelease } from './bad-release.ts';
import { brokenStream } from './broken-stream.ts';
import { cachePoisoned } from './cache-poisoned.ts';
import { certificateExpired } from './certificate-expired.ts';
import { chaosNetworkDelay } from './chaos-network-delay.ts';
import { chaosPodKill } from './chaos-pod-kill.ts';
import { clockSkew } from './clock-skew.ts';
import { configDrift } from './config-drift.ts';
import { contextOverflow } from './context-overflow.ts';
import { costRunaway } from './cost-runaway.ts';
import { cpuThrottled } from './cpu-throttled.ts';
import { embeddingMismatch } from './embedding-mismatch.ts';
import { expiredKey } from './expired-key.ts';
import { fallbackBroken } from './fallback-broken.ts';
import { dnsBroken } from './dns-broken.ts';
import type { Fault } from './fault.ts';
import { gatewayRateLimit } from './gateway-rate-limit.ts';
import { gpuExhausted } from './gpu-exhausted.ts';
import { gpuHeld } from './gpu-held.ts';
import { guardrailDown } from './guardrail-down.ts';
import { harmfulOutput } from './harmful-output.ts';
import { indexGone } from './index-gone.ts';
import { indexStale } from './index-stale.ts';
import { kvCacheExhausted } from './kv-cache-exhausted.ts';
import { latencyRegression } from './latency-regression.ts';
import { leakedKey } from './leaked-key.ts';
import { memoryExhausted } from './memory-exhausted.ts';
import { missingSecret } from './missing-secret.ts';
import { modelRetired } from './model-retired.ts';
import { networkPolicyTooTight } from './network-policy-too-tight.ts';
import { nodeLost } from './node-lost.ts';
import { nodesCordoned } from './nodes-cordoned.ts';
import { nothingWrong } from './nothing-wrong.ts';
import { overBroadRole } from './over-broad-role.ts';
import { personalDataInLogs } from './personal-data-in-logs.ts';
import { personalDataLeaked } from './personal-data-leaked.ts';
import { probeTooEager } from './probe-too-eager.ts';
import { promptInjection } from './prompt-injection.ts';
import { providerOutage } from './provider-outage.ts';
import { providerOverload } from './provider-overload.ts';
import { providerQuotaSpent } from './provider-quota-spent.ts';
import { providerRateLimit } from './provider-rate-limit.ts';
import { queueCollapse } from './queue-collapse.ts';
import { quotaHit } from './quota-hit.ts';
import { readinessBroken } from './readiness-broken.ts';
import { rolloutStuck } from './rollout-stuck.ts';
import { rotatedSecret } from './rotated-secret.ts';
import { selectorTypo } from './selector-typo.ts';
import { slowStream } from './slow-stream.ts';
import { staleEnvironment } from './stale-environment.ts';
import { volumeMissing } from './volume-missing.ts';
import { wrongAnswersRelease } from './wrong-answers-release.ts';
import { wrongAnswers } from './wrong-answers.ts';
import { wrongArchitecture } from './wrong-architecture.ts';
import { wrongKey } from './wrong-key.ts';
import { wrongModelName } from './wrong-model-name.ts';
import { wrongNode } from './wrong-node.ts';
import { wrongTargetPort } from './wrong-target-port.ts';

/** Of an endpoint that is an inference server. */
const endpointFaults: readonly Fault[] = [
  badImage,
  missingSecret,
  memoryExhausted,
  rotatedSecret,
  configDrift,
  wrongModelName,
  contextOverflow,
  quotaHit,
  probeTooEager,
  readinessBroken,
  selectorTypo,
  wrongTargetPort,
  networkPolicyTooTight,
  certificateExpired,
  volumeMissing,
  rolloutStuck,
  nodesCordoned,
  gpuExhausted,
  dnsBroken,
];

/** Of such an endpoint too: its releases, its capacity, its keys and its clock. */
const inferenceFaults: readonly Fault[] = [
  wrongArchitecture,
  badRelease,
  latencyRegression,
  wrongAnswersRelease,
  cpuThrottled,
  kvCacheExhausted,
  queueCollapse,
  wrongKey,
  clockSkew,
  nodeLost,
];

/** Of an endpoint that runs on a node with GPUs. */
const acceleratorFaults: readonly Fault[] = [gpuHeld, wrongNode];

/** Of what stands beside the endpoint: retrieval and monitoring. */
const componentFaults: readonly Fault[] = [indexStale, indexGone, embeddingMismatch, alertSilent];

/** Of an endpoint that is an AI gateway. */
const gatewayFaults: readonly Fault[] = [
  fallbackBroken,
  gatewayRateLimit,
  guardrailDown,
  promptInjection,
  personalDataInLogs,
  cachePoisoned,
  costRunaway,
];

/** Of the outside parties that sell answers. */
const providerFaults: readonly Fault[] = [
  providerRateLimit,
  providerQuotaSpent,
  providerOutage,
  providerOverload,
  expiredKey,
  slowStream,
  brokenStream,
  modelRetired,
  harmfulOutput,
  personalDataLeaked,
  wrongAnswers,
];

/** Of who may do what, and with which key. */
const identityFaults: readonly Fault[] = [overBroadRole, leakedKey, staleEnvironment];

/** Of any endpoint, by experiments of Chaos Mesh. */
const chaosFaults: readonly Fault[] = [chaosNetworkDelay, chaosPodKill];

/** Of nothing at all. */
const controls: readonly Fault[] = [nothingWrong];

const faults: readonly Fault[] = [
  ...endpointFaults,
  ...inferenceFaults,
  ...acceleratorFaults,
  ...componentFaults,
  ...gatewayFaults,
  ...providerFaults,
  ...identityFaults,
  ...chaosFaults,
  ...controls,
];

export const endpointFaultIds: readonly string[] = endpointFaults.map(({ id }) => id);
export const inferenceFaultIds: readonly string[] = inferenceFaults.map(({ id }) => id);
export const acceleratorFaultIds: readonly string[] = acceleratorFaults.map(({ id }) => id);
export const componentFaultIds: readonly string[] = componentFaults.map(({ id }) => id);
export const gatewayFaultIds: readonly string[] = gatewayFaults.map(({ id }) => id);
export const providerFaultIds: readonly string[] = providerFaults.map(({ id }) => id);
export const chaosFaultIds: readonly string[] = chaosFaults.map(({ id }) => id);
export const faultIds: readonly string[] = faults.map(({ id }) => id);

export function findFault(id: string): Fault | undefined {
  return faults.find((fault) => fault.id === id);
}
