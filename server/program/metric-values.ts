import { DAY_MS } from '../clock.ts';
import type { FigureValue } from '../contract/program.ts';
import type { MetricDefinition } from './metric-definitions.ts';

export const WINDOW_MS = 30 * DAY_MS;

/** Fewer people than this could be told apart in a number, so none is shown. */
export const LEAST_PEOPLE = 3;

/** One thing that counts: at its time, `value` of it. For a share 1 counts towards it and 0 does not. */
export interface Fact {
  readonly atMs: number;
  readonly value: number;
  /** Whose it is, where it is somebody's. */
  readonly personId?: string;
  /** What it was, for whoever may look. */
  readonly source?: FactSource;
}

/** `due`: a lab that was due, and the attempt that was in time. */
export type FactSource =
  | { readonly kind: 'attempt'; readonly attemptId: string }
  | { readonly kind: 'due'; readonly lab: string; readonly attemptId: string | null }
  | { readonly kind: 'row'; readonly id: string };

/** The figure of the facts after `fromMs` and up to `toMs`. */
export function figureOf(definition: MetricDefinition, facts: readonly Fact[], fromMs: number, toMs: number): FigureValue {
  const counted = facts.filter(({ atMs }) => atMs > fromMs && atMs <= toMs);
  const of = counted.length;
  if (definition.personal) {
    const people = new Set(counted.map(({ personId }) => personId)).size;
    if (people > 0 && people < LEAST_PEOPLE)
      return {
        value: null,
        of,
        why: `Only ${people} ${people === 1 ? 'person has' : 'people have'} taken part, too few to show without showing who.`,
      };
  }
  // That nobody opened a ticket is a figure, but only where tickets are known at all.
  if (of === 0 && !(definition.kind === 'monthly' && facts.length > 0))
    return { value: null, of: 0, why: 'Nothing was recorded in this time.' };
  const sum = counted.reduce((total, { value }) => total + value, 0);
  if (definition.kind === 'monthly') return { value: (sum * WINDOW_MS) / (toMs - fromMs), of, why: null };
  return { value: (sum / of) * (definition.kind === 'share' ? 100 : 1), of, why: null };
}
