import type { Json } from '../translation/openai-types.ts';

/** One request as `/spend/logs` shows it, in LiteLLM's fields. Messages and response are empty unless prompts are to be stored. */
export interface SpendRow {
  readonly request_id: string;
  readonly call_type: string;
  readonly api_key: string;
  readonly spend: number;
  readonly total_tokens: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly startTime: string;
  readonly endTime: string;
  readonly model: string;
  readonly model_id: string;
  readonly model_group: string;
  readonly custom_llm_provider: string;
  readonly api_base: string;
  readonly team_id: string;
  readonly end_user: string;
  readonly cache_hit: 'True' | 'False';
  readonly status: 'success' | 'failure';
  readonly metadata: Json;
  readonly messages: unknown;
  readonly response: unknown;
}

const MAX_ROWS = 2_000;

/** The last 2,000 requests. In memory only: sums by day are what is kept for longer. */
export class SpendLog {
  #rows: SpendRow[] = [];

  add(row: SpendRow): void {
    this.#rows.push(row);
    if (this.#rows.length > MAX_ROWS * 1.1) this.#rows = this.#rows.slice(-MAX_ROWS);
  }

  /** Newest last. */
  rows(matches: (row: SpendRow) => boolean = () => true): readonly SpendRow[] {
    return this.#rows.slice(-MAX_ROWS).filter(matches);
  }
}
