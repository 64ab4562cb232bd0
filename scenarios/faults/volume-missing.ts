import { z } from 'zod';
import { PlatformError } from '../../grader/platform-error.ts';
import { objectFault } from './object-fault.ts';
import { proveOutage, statusesOf } from './outage.ts';
import { planRollout, requireServing, type Serving } from './template-change.ts';

/** A release mounts a ConfigMap that nobody has created. */
export const volumeMissing = objectFault({
  id: 'volume-missing',
  title: 'Volume missing',
  symptom: 'Pods stay in ContainerCreating; events say FailedMount: configmap not found.',
  leavesBehind: 'The pods’ volumes, the strategy and the change-cause are as before.',
  parameters: z.strictObject({ suffix: z.string().regex(/^[a-z0-9-]+$/) }),
  plan: async (target, { suffix }) => {
    const serving = await requireServing(target);
    return [planRollout(serving, { pod: { volumes: moveConfig(serving, suffix) }, cause: `configuration ${suffix}` })];
  },
  prove: (target) =>
    proveOutage(
      target,
      (pod) => statusesOf(pod).some(({ state }) => state?.waiting?.reason === 'ContainerCreating') && pod.spec?.nodeName !== undefined,
    ),
});

type Volumes = NonNullable<NonNullable<NonNullable<Serving['deployment']['spec']>['template']['spec']>['volumes']>;

function moveConfig({ deployment }: Serving, suffix: string): Volumes {
  const volumes = deployment.spec?.template.spec?.volumes ?? [];
  const first = volumes.find(({ configMap }) => configMap?.name !== undefined);
  if (first === undefined) throw new PlatformError('ApiFailed', 'The workload mounts no ConfigMap, so none can be missing.');
  return volumes.map((volume) =>
    volume === first ? { ...volume, configMap: { ...volume.configMap, name: `${volume.configMap?.name ?? ''}-${suffix}` } } : volume,
  );
}
