import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Credentials } from '../../grader/credentials.ts';
import type { EmbeddedSubstrate } from '../../infra/substrate/embedded.ts';
import { openSubstrate } from '../../infra/substrate/open-substrate.ts';
import { systemNamespace } from '../../infra/substrate/system-namespace.ts';
import { loadCatalogue, ownLabsDir } from '../../labs/catalogue.ts';
import { awaitChecks, signsOfLife } from '../../labs/health-checks.ts';
import { planLabVariant, RenderedLab } from '../../labs/lab.ts';
import { accessSandbox } from '../../labs/sandbox.ts';
import { createStage } from '../../labs/stage.ts';
import { authorityName } from '../../labs/system-objects.ts';
import { faultIds, findFault } from '../../scenarios/faults/fault-catalogue.ts';
import type { FaultTarget, Proof } from '../../scenarios/faults/fault.ts';

/** What a lab would set; those that are not here take no parameters. */
const parameters: Readonly<Record<string, object>> = {
  'bad-image': { image: 'registry.lab/inference:1.4.3' },
  'memory-exhausted': { kvCache: '512Mi', fallbackLimit: '48Mi' },
  'context-overflow': { maxModelLen: 64 },
  'quota-hit': { memory: '64Mi' },
  'readiness-broken': { path: '/healthz' },
  'wrong-target-port': { targetPort: 8080 },
  'certificate-expired': { expiredForDays: 3 },
  'volume-missing': { suffix: 'v3' },
  'rollout-stuck': { deadlineSeconds: 5, zone: 'eu-west-9z' },
  'network-policy-too-tight': { name: 'default-deny' },
  'gpu-exhausted': { gpus: 2 },
  'probe-too-eager': { loadMs: 8_000 },
};

const LIVE_WITHIN_MS = 60_000;
const RECOVERED_WITHIN_MS = 90_000;
const signal = new AbortController().signal;
let dataDir: string;
let substrate: EmbeddedSubstrate;
let lab: RenderedLab;
let target: FaultTarget;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'faults-test-'));
  substrate = await openSubstrate({ runtime: 'process', dataDir, log: pino({ level: 'fatal' }), report: () => undefined });
  const { operatorConfig } = await substrate.provision('faults', () => undefined, signal);
  const { labs } = await loadCatalogue([ownLabsDir]);
  const endpointLab = labs.find(({ summary }) => summary.slug === 'endpoint')!;
  const variant = planLabVariant(endpointLab, 'faults');
  await createStage(endpointLab, { variant, kubeConfig: operatorConfig, signal, progress: () => undefined }).prepare('incident');
  lab = new RenderedLab(endpointLab, variant);
  const access = accessSandbox(operatorConfig, signal);
  const { endpoint } = lab.file;
  const credentials = new Credentials(access.objects, endpoint, { kind: 'Secret', namespace: systemNamespace, name: authorityName });
  target = { ...access, endpoint, credentials, baseline: undefined, signal, readFile: () => Promise.resolve(undefined) };
}, 120_000);

afterAll(async () => {
  await substrate[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
}, 60_000);

async function untilLive(look: () => Promise<Proof>): Promise<Proof> {
  const deadline = Date.now() + LIVE_WITHIN_MS;
  for (;;) {
    const proof = await look();
    if (proof.live || Date.now() > deadline) return proof;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

describe('on a healthy endpoint', () => {
  it.each(faultIds)(
    '%s is injected, shown to be live, and taken back',
    async (id) => {
      await awaitChecks(signsOfLife(lab), target, RECOVERED_WITHIN_MS);
      const fault = findFault(id)!;
      const data = JSON.parse(JSON.stringify(await fault.inject(target, parameters[id] ?? {}))) as unknown;
      const proof = await untilLive(() => fault.prove(target, data));
      await fault.recover(target, data);
      expect(proof.live, JSON.stringify(proof)).toBe(true);
      await awaitChecks(signsOfLife(lab), target, RECOVERED_WITHIN_MS);
    },
    LIVE_WITHIN_MS + 2 * RECOVERED_WITHIN_MS,
  );
});
