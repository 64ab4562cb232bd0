import { z } from 'zod';
import type { Container, Probe } from '../../infra/cluster/meta/generated/types.ts';
import { PlatformError } from '../../grader/platform-error.ts';
import { objectFault } from './object-fault.ts';
import { proveOutage, statusesOf } from './outage.ts';
import { planRollout, requireServing } from './template-change.ts';

/** Weights move to slower storage, and a liveness probe gives up before they are loaded: the kubelet kills the server while it starts, again and again. */
export const probeTooEager = objectFault({
  id: 'probe-too-eager',
  title: 'Probe too eager',
  symptom: 'Events say Liveness probe failed and Killing; restarts count up, and no pod becomes ready.',
  leavesBehind: 'The container’s probes and environment, the strategy and the change-cause are as before.',
  /** How long the weights load from now on. */
  parameters: z.strictObject({ loadMs: z.int().min(2_000).max(60_000) }),
  plan: async (target, { loadMs }) => [
    planRollout(await requireServing(target), {
      container: (container) => ({ ...planEagerProbe(container), env: withEnv(container.env, 'LOAD_MS', String(loadMs)) }),
      cause: 'weights from the shared volume; notice hanging servers faster',
    }),
  ],
  prove: (target) =>
    proveOutage(target, (pod) =>
      statusesOf(pod).some(({ restartCount, lastState }) => restartCount > 0 && lastState?.terminated?.reason !== 'OOMKilled'),
    ),
});

/** The same look at the server that its probes take now, without any patience, and no startup probe to hold it back. Pure. */
export function planEagerProbe({ livenessProbe, readinessProbe, startupProbe: _, ...container }: Container): Container {
  const probe = livenessProbe ?? readinessProbe;
  if (probe === undefined) throw new PlatformError('ApiFailed', 'The workload has no probe that could be too eager.');
  const { httpGet, tcpSocket, exec, grpc } = probe;
  const look = Object.fromEntries(Object.entries({ httpGet, tcpSocket, exec, grpc }).filter(([, value]) => value !== undefined));
  const eager: Probe = { ...look, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1 };
  return {
    ...container,
    livenessProbe: eager,
    ...(readinessProbe === undefined ? {} : { readinessProbe }),
  };
}

function withEnv(env: Container['env'], name: string, value: string): NonNullable<Container['env']> {
  return [...(env ?? []).filter((variable) => variable.name !== name), { name, value }];
}
