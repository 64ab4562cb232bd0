import type { Prices } from '../config/gateway-config.ts';
import type { Usage } from '../translation/openai-types.ts';

/** What an answer cost, in US dollars. */
export function costOf({ inputTokens, outputTokens, cachedTokens }: Usage, prices: Prices): number {
  return (inputTokens - cachedTokens) * prices.input + cachedTokens * prices.cachedInput + outputTokens * prices.output;
}
