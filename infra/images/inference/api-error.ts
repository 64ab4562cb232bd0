/** A refusal in vLLM's shape: an integer code inside the body equal to the HTTP status. */
export class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  readonly param: string | null;

  constructor(status: number, message: string, param: string | null = null) {
    super(message);
    this.status = status;
    this.type = typeOf[status] ?? 'InternalServerError';
    this.param = param;
  }

  body(): object {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.status } };
  }
}

const typeOf: Readonly<Record<number, string>> = {
  400: 'BadRequestError',
  404: 'NotFoundError',
  405: 'MethodNotAllowedError',
  413: 'RequestEntityTooLargeError',
  429: 'TooManyRequestsError',
  503: 'ServiceUnavailableError',
};
