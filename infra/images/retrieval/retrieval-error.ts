/** A refusal that a client can act on: a stable code, and what is wrong in words. */
export class RetrievalError extends Error {
  readonly status: number;
  readonly code: RetrievalErrorCode;

  constructor(status: number, code: RetrievalErrorCode, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  body(): object {
    return { error: { message: this.message, code: this.code } };
  }
}

export type RetrievalErrorCode =
  | 'bad_request'
  | 'unauthorized'
  | 'not_found'
  | 'index_missing'
  | 'index_corrupt'
  | 'index_mismatch'
  | 'embedding_failed'
  | 'model_failed'
  | 'no_model'
  | 'build_running'
  | 'build_failed'
  | 'internal';
