import type { Pod } from '../infra/cluster/meta/generated/types.ts';
import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';
import { sleep } from '../infra/cluster/meta/clock.ts';
import { systemNamespace } from '../infra/substrate/system-namespace.ts';
import { createAuthority, issueCertificate, type PemPair } from '../grader/certificates.ts';
import { decodeSecret } from '../grader/credentials.ts';
import { hostOf, type Endpoint } from '../grader/endpoint.ts';
import { refOf, type KubeObjects } from '../grader/kube-objects.ts';
import { describePod, isReady } from '../grader/workload.ts';
import { randomBytes } from 'node:crypto';
import { StageError } from './lab-stage.ts';
import { pollDelayMs } from './poll-delay.ts';
import type { SandboxAccess } from './sandbox.ts';
import { authorityName, authoritySecret, proberObject, proberPod, readyFile, workspacePod } from './system-objects.ts';
import type { Values } from './template.ts';

const PODS_TIMEOUT_MS = 90_000;
const NAMESPACE_TIMEOUT_MS = 60_000;
/** The least between two looks. */
const POLL_MS = 50;
/** With these a pod of ours will never start by waiting. */
const hopeless: readonly string[] = ['InvalidImageName', 'ErrImageNeverPull', 'CreateContainerConfigError'];

/** Creates what is absent and leaves what is there: a set-up that was interrupted is simply run again. */
export async function createAbsent(objects: KubeObjects, wanted: readonly KubeObject[]): Promise<void> {
  for (const object of wanted) {
    if ((await objects.find(refOf(object))) === undefined) await objects.create(object);
  }
}

/** A namespace that is there and stays: one that a trainee deleted goes first, with all that was in it. */
export async function ensureNamespace({ objects, clock }: SandboxAccess, name: string, signal: AbortSignal): Promise<void> {
  const startedAtMs = clock.now();
  for (;;) {
    const present = await objects.find({ kind: 'Namespace', name });
    if (present === undefined) await objects.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    else if (present.metadata.deletionTimestamp === undefined) return;
    const waitedMs = clock.now() - startedAtMs;
    if (waitedMs > NAMESPACE_TIMEOUT_MS) throw new StageError('TimedOut', `The namespace ${name} is still being deleted.`);
    await sleep(clock, pollDelayMs(waitedMs, POLL_MS), signal);
  }
}

/** The lab's certificate authority, made at the first call. */
export async function ensureAuthority(objects: KubeObjects): Promise<PemPair> {
  const ref = { kind: 'Secret', namespace: systemNamespace, name: authorityName };
  const present = await objects.find<KubeObject & { readonly data?: Record<string, string> }>(ref);
  if (present !== undefined) {
    const { 'ca.crt': cert = '', 'ca.key': key = '' } = decodeSecret(present);
    return { cert, key };
  }
  const authority = await createAuthority('Drillhouse lab CA');
  await objects.create(authoritySecret(authority));
  return authority;
}

/** What manifests of a healthy state may name besides the variant's values: credentials made for this sandbox alone. */
export async function makeCredentialValues(authority: PemPair, endpoint: Endpoint): Promise<Values> {
  const names = [endpoint.service, `${endpoint.service}.${endpoint.namespace}`, hostOf(endpoint), `${hostOf(endpoint)}.cluster.local`];
  const [server, client] = await Promise.all([
    issueCertificate(authority, { commonName: hostOf(endpoint), usage: 'server', names }),
    issueCertificate(authority, { commonName: 'application', usage: 'client' }),
  ]);
  return {
    apiKey: makeKey(endpoint),
    otherKey: makeKey(endpoint),
    adminKey: makeKey(endpoint),
    caCertificate: authority.cert,
    serverCertificate: server.cert,
    serverKey: server.key,
    clientCertificate: client.cert,
    clientKey: client.key,
  };
}

function makeKey({ key }: Endpoint): string {
  return `${key.prefix}${randomBytes(16).toString('hex')}`;
}

/** Starts workspace and prober where they are absent, and waits until both can be used. */
export async function ensureSystemPods(access: SandboxAccess, workspace: KubeObject, signal: AbortSignal): Promise<void> {
  await createAbsent(access.objects, [workspace, proberObject()]);
  await Promise.all([awaitPod(access, workspacePod, signal), awaitPod(access, proberPod, signal)]);
  // The container runs before its start script is through.
  const command = ['bash', '-c', `until [ -e ${readyFile} ]; do sleep 0.02; done`];
  await access.run({ ...workspacePod, command, timeoutMs: 15_000, signal });
}

/** The prober again, should it have been lost: without it no verdict can be given. */
export async function ensureProber(access: SandboxAccess, signal: AbortSignal): Promise<void> {
  await createAbsent(access.objects, [proberObject()]);
  await awaitPod(access, proberPod, signal);
}

export async function awaitPod(
  { objects, clock }: SandboxAccess,
  at: { readonly namespace: string; readonly pod: string },
  signal: AbortSignal,
): Promise<void> {
  const startedAtMs = clock.now();
  for (;;) {
    const pod = await objects.find<Pod>({ kind: 'Pod', namespace: at.namespace, name: at.pod });
    if (pod !== undefined && isReady(pod)) return;
    const words = pod === undefined ? 'not there' : describePod(pod);
    if (hopeless.some((reason) => words.startsWith(reason)))
      throw new StageError('PlatformFailed', `The ${at.pod} pod does not start: ${words}.`);
    const waitedMs = clock.now() - startedAtMs;
    if (waitedMs > PODS_TIMEOUT_MS)
      throw new StageError('TimedOut', `The ${at.pod} pod was not ready within ${PODS_TIMEOUT_MS / 1000} s: it is ${words}.`);
    await sleep(clock, pollDelayMs(waitedMs, POLL_MS), signal);
  }
}
