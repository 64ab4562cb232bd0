import type { Pod } from '../meta/generated/types.ts';
import { containersOf, podSpec } from './pod-state.ts';

/**
 * What a pod may not ask for, whoever makes it: a trainee is cluster-admin in a sandbox, so this is where the sandbox's boundary is
 * kept, and no admission setting can move it. Undefined means that there is nothing to refuse.
 */
export function refusalOf(pod: Pod): string | undefined {
  const spec = podSpec(pod);
  const refused: string[] = [];
  if (spec.hostNetwork === true) refused.push('hostNetwork');
  if (spec.hostPID === true) refused.push('hostPID');
  if (spec.hostIPC === true) refused.push('hostIPC');
  if ((spec.securityContext?.sysctls ?? []).length > 0) refused.push('sysctls');
  for (const volume of spec.volumes ?? []) if (volume.hostPath !== undefined) refused.push(`hostPath volume "${volume.name}"`);
  for (const { container } of containersOf(pod)) {
    if (container.securityContext?.privileged === true) refused.push(`privileged container "${container.name}"`);
    if ((container.volumeDevices ?? []).length > 0) refused.push(`block devices in container "${container.name}"`);
    if ((container.ports ?? []).some(({ hostPort }) => hostPort !== undefined && hostPort !== 0))
      refused.push(`hostPort in container "${container.name}"`);
  }
  if (refused.length === 0) return undefined;
  return `this sandbox does not run pods with access to its host: ${refused.join(', ')}`;
}
