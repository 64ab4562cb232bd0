import { badImage } from './bad-image.ts';
import type { Fault } from './fault.ts';
import { memoryExhausted } from './memory-exhausted.ts';
import { missingSecret } from './missing-secret.ts';

const faults: readonly Fault[] = [badImage, missingSecret, memoryExhausted];

export const faultIds: readonly string[] = faults.map(({ id }) => id);

export function findFault(id: string): Fault | undefined {
  return faults.find((fault) => fault.id === id);
}
