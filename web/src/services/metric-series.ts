import type { Metrics } from '../../../server/contract/attempts.ts';

/** One line of a chart: what it is called, in which unit, and how a value is read off two scrapes. */
export interface SeriesSpec {
  readonly label: string;
  /** `gauge` as it is, `rate` a counter's growth a second, `mean` a histogram's average over the time between two scrapes. */
  readonly kind: 'gauge' | 'rate' | 'mean';
  /** Without `_sum` and `_count` for `mean`. */
  readonly metric: string;
  readonly scale?: number;
}

export interface ChartSpec {
  readonly title: string;
  readonly unit: string;
  readonly series: readonly SeriesSpec[];
}

/** The vLLM metrics worth watching, by what one asks of an inference server: is it loaded, how fast is it, is its cache full, does it fail. */
export const INFERENCE_CHARTS: readonly ChartSpec[] = [
  {
    title: 'Requests',
    unit: 'requests',
    series: [
      { label: 'Running', kind: 'gauge', metric: 'vllm:num_requests_running' },
      { label: 'Waiting', kind: 'gauge', metric: 'vllm:num_requests_waiting' },
    ],
  },
  {
    title: 'Tokens',
    unit: 'tokens/s',
    series: [
      { label: 'Generated', kind: 'rate', metric: 'vllm:generation_tokens_total' },
      { label: 'Prompt', kind: 'rate', metric: 'vllm:prompt_tokens_total' },
    ],
  },
  {
    title: 'Latency',
    unit: 'ms',
    series: [
      { label: 'First token', kind: 'mean', metric: 'vllm:time_to_first_token_seconds', scale: 1_000 },
      { label: 'Whole answer', kind: 'mean', metric: 'vllm:e2e_request_latency_seconds', scale: 1_000 },
    ],
  },
  { title: 'KV cache', unit: '% used', series: [{ label: 'Used', kind: 'gauge', metric: 'vllm:kv_cache_usage_perc', scale: 100 }] },
];

/** Five minutes at one scrape every two seconds. */
export const MAX_SCRAPES = 150;

/** Keeps the newest scrapes; one from before the last (a late answer) is left out. */
export function appendScrape(scrapes: readonly Metrics[], scrape: Metrics): readonly Metrics[] {
  const last = scrapes.at(-1);
  if (last !== undefined && Date.parse(scrape.at) <= Date.parse(last.at)) return scrapes;
  return [...scrapes, scrape].slice(-MAX_SCRAPES);
}

/** All label sets of one metric added up; null where a scrape has none of it. */
export function sumOf(scrape: Metrics, name: string): number | null {
  const values = scrape.samples.filter((sample) => sample.name === name).map((sample) => sample.value);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
}

/** The value at each scrape; null where it cannot be known: no such metric, a failed scrape, or a counter that began anew. */
export function seriesValues(scrapes: readonly Metrics[], spec: SeriesSpec): (number | null)[] {
  return scrapes.map((scrape, index) => {
    const previous = scrapes[index - 1];
    const value = scrape.ok ? readValue(scrape, previous?.ok === true ? previous : null, spec) : null;
    return value === null ? null : value * (spec.scale ?? 1);
  });
}

function readValue(now: Metrics, before: Metrics | null, spec: SeriesSpec): number | null {
  switch (spec.kind) {
    case 'gauge':
      return sumOf(now, spec.metric);
    case 'rate': {
      const grown = growth(now, before, spec.metric);
      const seconds = before === null ? 0 : (Date.parse(now.at) - Date.parse(before.at)) / 1_000;
      return grown === null || seconds <= 0 ? null : grown / seconds;
    }
    case 'mean': {
      const sum = growth(now, before, `${spec.metric}_sum`);
      const count = growth(now, before, `${spec.metric}_count`);
      return sum === null || count === null || count === 0 ? null : sum / count;
    }
  }
}

/** Null when the counter fell, which means that its process was restarted. */
function growth(now: Metrics, before: Metrics | null, name: string): number | null {
  const current = sumOf(now, name);
  const earlier = before === null ? null : sumOf(before, name);
  return current === null || earlier === null || current < earlier ? null : current - earlier;
}
