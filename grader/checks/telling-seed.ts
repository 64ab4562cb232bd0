import { setImmediate as nextTurn } from 'node:timers/promises';
import { knowsAnswer } from '../../infra/images/inference/answer.ts';
import { modelProfiles } from '../../infra/images/inference/models.ts';
import { planLoad } from '../../infra/images/prober/load-plan.ts';
import type { PlannedOrder } from '../../infra/images/prober/load-protocol.ts';
import { providerModels } from '../../infra/images/provider/models.ts';

/** Each costs the time to plan a run, about ten milliseconds. */
const CANDIDATES = 12;
/** The simulated servers answer from this seed where nobody says otherwise. */
const ANSWER_SEED = 0;

interface KnownModel {
  readonly id: string;
  readonly quality: number;
}

/** A share that stands so far on its true side is told apart by more than one answer. */
const CLEAR_MARGIN = 0.005;

/** How a run's questions show the known models. */
interface Showing {
  /** How far the one that is nearest to the wrong side of the threshold stands from it, as a share; below zero it would be misjudged. */
  readonly margin: number;
  /** The largest distance between what a model is and what it seems to be. */
  readonly deviation: number;
}

/**
 * A seed whose questions show models as they are. A hundred questions drawn at random make a model of 92% look like one of 86% often enough, and neither a
 * verdict nor a figure may depend on luck: of some seeds the one is taken that shows every model on the price list on its true side of the threshold, and
 * nearest to what it is. Which questions those are nobody can know before, and what was done to prompt, cache and answers shows as ever.
 */
export async function pickTellingSeed(draw: () => number, orderOf: (seed: number) => PlannedOrder, threshold: number): Promise<number> {
  const tried: (Showing & { readonly seed: number })[] = [];
  for (let candidate = 0; candidate < CANDIDATES; candidate += 1) {
    const seed = draw();
    tried.push({ seed, ...showModels(orderOf(seed), threshold) });
    // Others wait for the same thread.
    await nextTurn();
  }
  const clear = tried.filter(({ margin }) => margin >= CLEAR_MARGIN);
  const best = clear.length > 0 ? clear.toSorted((a, b) => a.deviation - b.deviation) : tried.toSorted((a, b) => b.margin - a.margin);
  return best[0]?.seed ?? draw();
}

/** Pure. */
export function showModels(order: PlannedOrder, threshold: number): Showing {
  const questions = planLoad(order).flatMap(({ prompt }) => (prompt.judge.kind === 'equals' ? [prompt.text] : []));
  const seen = modelsOf(order).map(({ id, quality }) => {
    const right = questions.filter((prompt) => knowsAnswer({ model: id, prompt, seed: ANSWER_SEED, quality })).length;
    return { quality, share: right / questions.length };
  });
  return {
    margin: Math.min(...seen.map(({ quality, share }) => (share - threshold) * (quality >= threshold ? 1 : -1))),
    deviation: Math.max(...seen.map(({ quality, share }) => Math.abs(share - quality))),
  };
}

/** Those on the price list; all where there is none. */
function modelsOf({ prices }: PlannedOrder): readonly KnownModel[] {
  const known: readonly KnownModel[] = [...providerModels.filter(({ kind }) => kind === 'chat'), ...modelProfiles];
  const priced = known.filter(({ id }) => Object.hasOwn(prices, id));
  return priced.length === 0 ? known : priced;
}
