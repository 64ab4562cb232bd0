import type { Pod, Taint, Toleration } from '../meta/generated/types.ts';

export function tolerates({ key = '', operator = 'Equal', value = '', effect = '' }: Toleration, taint: Taint): boolean {
  if (effect !== '' && effect !== taint.effect) return false;
  if (key === '') return operator === 'Exists';
  if (key !== taint.key) return false;
  return operator === 'Exists' || value === (taint.value ?? '');
}

export function isTolerated(pod: Pod, taint: Taint): boolean {
  return (pod.spec?.tolerations ?? []).some((toleration) => tolerates(toleration, taint));
}

/** Whether nothing about a node's taints keeps a new pod away. */
export function toleratesScheduling(pod: Pod, taints: readonly Taint[]): boolean {
  return taints.every((taint) => taint.effect === 'PreferNoSchedule' || isTolerated(pod, taint));
}
