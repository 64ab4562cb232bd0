import { badImage } from './bad-image.ts';
import { certificateExpired } from './certificate-expired.ts';
import { configDrift } from './config-drift.ts';
import { contextOverflow } from './context-overflow.ts';
import type { Fault } from './fault.ts';
import { gpuExhausted } from './gpu-exhausted.ts';
import { memoryExhausted } from './memory-exhausted.ts';
import { missingSecret } from './missing-secret.ts';
import { networkPolicyTooTight } from './network-policy-too-tight.ts';
import { nodesCordoned } from './nodes-cordoned.ts';
import { probeTooEager } from './probe-too-eager.ts';
import { quotaHit } from './quota-hit.ts';
import { readinessBroken } from './readiness-broken.ts';
import { rolloutStuck } from './rollout-stuck.ts';
import { rotatedSecret } from './rotated-secret.ts';
import { selectorTypo } from './selector-typo.ts';
import { volumeMissing } from './volume-missing.ts';
import { wrongModelName } from './wrong-model-name.ts';
import { wrongTargetPort } from './wrong-target-port.ts';

const faults: readonly Fault[] = [
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
];

export const faultIds: readonly string[] = faults.map(({ id }) => id);

export function findFault(id: string): Fault | undefined {
  return faults.find((fault) => fault.id === id);
}
