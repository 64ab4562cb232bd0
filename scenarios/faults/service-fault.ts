import { PlatformError } from '../../grader/platform-error.ts';
import type { Service } from '../../infra/cluster/meta/generated/types.ts';
import type { Change } from './changes.ts';
import type { FaultTarget } from './fault.ts';

/** A change of the endpoint's Service. Throws PlatformError where there is none. */
export async function planServiceChange(target: FaultTarget, edit: (spec: NonNullable<Service['spec']>) => object): Promise<Change> {
  const { namespace, service: name } = target.endpoint;
  const ref = { kind: 'Service', namespace, name };
  const service = await target.objects.find<Service>(ref);
  if (service?.spec === undefined) throw new PlatformError('ApiFailed', `There is no Service ${name} to inject a fault into.`);
  return { kind: 'patch', ref, patch: { spec: edit(service.spec) } };
}
