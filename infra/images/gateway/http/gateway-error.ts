export interface GatewayErrorDetails {
  /** LiteLLM's word for it; "None" where LiteLLM has none. */
  readonly type?: string;
  readonly param?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** More for machines, as `provider_specific_fields`. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly contentPolicy?: boolean;
  readonly cause?: unknown;
}

/** A refusal of the gateway, or a provider's in the gateway's words: what the client gets, in whichever face it speaks. */
export class GatewayError extends Error {
  /** HTTP status. 529 becomes 503 for OpenAI's clients, who do not know it. */
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
  /** True when the content was at fault: no retry helps. */
  readonly contentPolicy: boolean;

  constructor(status: number, message: string, details: GatewayErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'GatewayError';
    this.status = status;
    this.type = details.type ?? 'None';
    this.param = details.param ?? null;
    this.headers = details.headers ?? {};
    this.fields = details.fields;
    this.contentPolicy = details.contentPolicy ?? false;
  }

  /** The same refusal with more to say. */
  continued(more: string): GatewayError {
    const { type, param, headers, fields, contentPolicy, cause } = this;
    return new GatewayError(this.status, `${this.message}${more}`, {
      type,
      param,
      headers,
      contentPolicy,
      cause,
      ...(fields === undefined ? {} : { fields }),
    });
  }
}

/** As LiteLLM's proxy answers: the code is the status, as a string. */
export function openAiErrorBody(error: GatewayError): object {
  const code = String(openAiStatus(error));
  const fields = error.fields === undefined ? {} : { provider_specific_fields: error.fields };
  return { error: { message: error.message, type: error.type, param: error.param, code, ...fields } };
}

export function openAiStatus({ status }: GatewayError): number {
  return status === 529 ? 503 : status;
}

const anthropicTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

export function anthropicErrorBody(error: GatewayError, requestId: string): Readonly<Record<string, unknown>> {
  return { type: 'error', error: { type: anthropicTypes[error.status] ?? 'api_error', message: error.message }, request_id: requestId };
}
