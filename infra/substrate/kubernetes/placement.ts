/** One of the clusters that sandboxes may be placed on, as it is now. */
export interface Candidate {
  readonly name: string;
  /** Relative: a cluster of weight 2 is filled twice as far as one of weight 1 before both are full. */
  readonly weight: number;
  readonly capacity: number;
  /** Sandboxes there, with those that are being made or removed. */
  readonly inUse: number;
  /** Why nothing can be placed there now; absent: it can. */
  readonly trouble?: string;
}

export type Placement =
  | { readonly kind: 'placed'; readonly name: string }
  | { readonly kind: 'full'; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** Where the next sandbox goes: to the cluster that is least filled for its weight, the first of the list among equals. Clusters in trouble are passed by. Pure. */
export function planPlacement(candidates: readonly Candidate[]): Placement {
  const healthy = candidates.filter(({ trouble }) => trouble === undefined);
  if (healthy.length === 0) return { kind: 'unavailable', reason: candidates.map(({ trouble = '' }) => trouble).join(' ') };
  const [first, ...others] = healthy.filter(({ inUse, capacity }) => inUse < capacity);
  if (first === undefined)
    return {
      kind: 'full',
      reason: `All clusters are full: ${healthy.map(({ name, inUse, capacity }) => `${name} ${inUse} of ${capacity}`).join(', ')}.`,
    };
  const filled = ({ inUse, weight }: Candidate): number => (inUse + 1) / weight;
  return { kind: 'placed', name: others.reduce((best, next) => (filled(next) < filled(best) ? next : best), first).name };
}
