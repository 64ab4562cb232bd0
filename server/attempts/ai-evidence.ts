import { createHash } from 'node:crypto';
import type { Attempt } from './attempt.ts';

/** The policy and what was declared. The person's own words are kept with the attempt, from where they can be erased; here is their digest. */
export function aiEvidence(ai: Attempt['ai']): object | null {
  if (ai === null) return null;
  const { policy, acknowledgedBy, declaration } = ai;
  if (declaration === null) return { policy, acknowledgedBy, declaration };
  const { what, ...declared } = declaration;
  return { policy, acknowledgedBy, declaration: { ...declared, whatSha256: createHash('sha256').update(what).digest('hex') } };
}
