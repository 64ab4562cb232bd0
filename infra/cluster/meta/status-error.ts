import type { Status, StatusCause, StatusDetails } from './generated/types.ts';
import { causeReason, errorBody, errorText, type FieldError } from './field-error.ts';
import { goQuote } from './go-format.ts';
import { groupResourceOf } from './registry.ts';

/** A refusal by the API, in the form that goes to the client. */
export class StatusError extends Error {
  readonly status: Status;

  constructor(status: Status, options?: ErrorOptions) {
    super(status.message ?? status.reason ?? 'unknown failure', options);
    this.name = 'StatusError';
    this.status = status;
  }

  /** The HTTP status code. */
  get code(): number {
    return this.status.code ?? 500;
  }

  get reason(): string {
    return this.status.reason ?? '';
  }
}

/** A kubelet's refusal of a stream, which the API server passes on as it comes: in plain words and no Status. */
export class KubeletRefusal extends StatusError {
  constructor(message: string) {
    super({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: 'InternalError', code: 500 });
    this.name = 'KubeletRefusal';
  }
}

/** What a message speaks of; `resource` is the plural, e.g. deployments. */
export interface ResourceName {
  readonly group: string;
  readonly resource: string;
}

interface Failure {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: StatusDetails;
  readonly cause?: unknown;
}

function failure({ code, reason, message, details, cause }: Failure): StatusError {
  const status: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details !== undefined && { details }),
    code,
  };
  return new StatusError(status, cause === undefined ? undefined : { cause });
}

function detailsOf(info: ResourceName, name: string, more: Partial<StatusDetails> = {}): StatusDetails {
  return {
    ...(name !== '' && { name }),
    ...(info.group !== '' && { group: info.group }),
    ...(info.resource !== '' && { kind: info.resource }),
    ...more,
  };
}

export function notFound(info: ResourceName, name: string): StatusError {
  return failure({
    code: 404,
    reason: 'NotFound',
    message: `${groupResourceOf(info)} ${goQuote(name)} not found`,
    details: detailsOf(info, name),
  });
}

export function alreadyExists(info: ResourceName, name: string): StatusError {
  return failure({
    code: 409,
    reason: 'AlreadyExists',
    message: `${groupResourceOf(info)} ${goQuote(name)} already exists`,
    details: detailsOf(info, name),
  });
}

export const staleMessage = 'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(info: ResourceName, name: string, message = staleMessage): StatusError {
  return failure({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${groupResourceOf(info)} ${goQuote(name)}: ${message}`,
    details: detailsOf(info, name),
  });
}

/** Fields of a server-side apply that others own. */
export function applyConflict(message: string, causes: readonly StatusCause[]): StatusError {
  return failure({ code: 409, reason: 'Conflict', message, details: { causes: [...causes] } });
}

/** `kind` is qualified by the group in the message, e.g. `Deployment.apps "x" is invalid: …`. */
export function invalid(
  kind: { readonly group: string; readonly kind: string },
  name: string | undefined,
  errors: readonly FieldError[],
): StatusError {
  const texts = [...new Set(errors.map(errorText))];
  const list = texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
  const causes = errors.map((error) => ({ reason: causeReason(error), message: errorBody(error), field: error.path }));
  const qualified = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  return failure({
    code: 422,
    reason: 'Invalid',
    message: `${qualified} ${goQuote(name ?? '')} is invalid: ${list}`,
    details: {
      ...(name !== undefined && name !== '' && { name }),
      ...(kind.group !== '' && { group: kind.group }),
      kind: kind.kind,
      causes,
    },
  });
}

/** A patch that cannot be applied to the object as it stands. */
export function unprocessablePatch(): StatusError {
  return failure({ code: 422, reason: 'Invalid', message: 'the server rejected our request due to an error in our request', details: {} });
}

export function badRequest(message: string): StatusError {
  return failure({ code: 400, reason: 'BadRequest', message });
}

/** With an empty name the refusal is of the whole resource. */
export function forbidden(info: ResourceName, name: string, message: string): StatusError {
  const subject = name === '' ? groupResourceOf(info) : `${groupResourceOf(info)} ${goQuote(name)}`;
  return failure({
    code: 403,
    reason: 'Forbidden',
    message: info.resource === '' ? `forbidden: ${message}` : `${subject} is forbidden: ${message}`,
    details: detailsOf(info, name),
  });
}

const policyCodes: Readonly<Record<string, number>> = { Unauthorized: 401, Forbidden: 403, RequestEntityTooLarge: 413, Invalid: 422 };

/** The refusal of an admission policy: worded as forbidden, whatever its reason says it is. */
export function policyDenial(info: ResourceName, name: string, reason: string, message: string): StatusError {
  return failure({
    code: policyCodes[reason] ?? 422,
    reason,
    message: `${groupResourceOf(info)}${name === '' ? '' : ` ${goQuote(name)}`} is forbidden: ${message}`,
    details: detailsOf(info, name, { causes: [{ message }] }),
  });
}

/** What somebody tried to do, as authorisation sees it. */
export interface AccessAttempt {
  readonly user: string;
  readonly verb: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly name?: string;
  readonly namespace?: string;
  /** Of requests that are for no resource. */
  readonly path?: string;
}

/** The refusal of an authoriser; `why` is its reason, where it gave one. */
export function accessDenied(attempt: AccessAttempt, why = ''): StatusError {
  const tail = why === '' ? '' : `: ${why}`;
  const head = `User ${goQuote(attempt.user)} cannot ${attempt.verb}`;
  if (attempt.path !== undefined) return forbidden({ group: '', resource: '' }, '', `${head} path ${goQuote(attempt.path)}${tail}`);
  const { group = '', resource = '', subresource = '', namespace = '', name = '' } = attempt;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? ' at the cluster scope' : ` in the namespace ${goQuote(namespace)}`;
  // Kubernetes names the resource without its subresource in front and in the details, with it in the sentence.
  return forbidden({ group, resource }, name, `${head} resource ${goQuote(whole)} in API group ${goQuote(group)}${where}${tail}`);
}

export function unauthorized(): StatusError {
  return failure({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
}

export function methodNotSupported(info: ResourceName, action: string): StatusError {
  return failure({
    code: 405,
    reason: 'MethodNotAllowed',
    message: `${action} is not supported on resources of kind ${goQuote(groupResourceOf(info))}`,
    details: detailsOf(info, ''),
  });
}

/** The router's refusal of a method that a path does not have, whatever the resource could do elsewhere. */
export function methodNotAllowed(): StatusError {
  const message = 'the server does not allow this method on the requested resource';
  return failure({ code: 405, reason: 'MethodNotAllowed', message, details: {} });
}

/** The router's refusal of a path that is nowhere in a group that is served. */
export function noSuchPath(): StatusError {
  return failure({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource', details: {} });
}

/** Without `accepted` the words of the router, which refuses before anybody asks what the resource would take. */
export function unsupportedMediaType(accepted?: readonly string[]): StatusError {
  if (accepted === undefined)
    return failure({ code: 415, reason: 'UnsupportedMediaType', message: '415: Unsupported Media Type', details: {} });
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return failure({ code: 415, reason: 'UnsupportedMediaType', message });
}

export function notAcceptable(accepted: readonly string[]): StatusError {
  return failure({ code: 406, reason: 'NotAcceptable', message: `only the following media types are accepted: ${accepted.join(', ')}` });
}

/** History that is gone: an old watch or continue token. */
export function expired(message: string): StatusError {
  return failure({ code: 410, reason: 'Expired', message });
}

/** A version that no write has reached yet: trying again soon is right, listing anew is not. */
export function futureVersion(asked: number, current: number): StatusError {
  const message = `Too large resource version: ${asked}, current: ${current}`;
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  return failure({ code: 504, reason: 'Timeout', message: `Timeout: ${message}`, details: { causes, retryAfterSeconds: 1 } });
}

export function tooManyRequests(message: string, retryAfterSeconds: number, causes: readonly StatusCause[] = []): StatusError {
  const details = { ...(causes.length > 0 && { causes: [...causes] }), ...(retryAfterSeconds > 0 && { retryAfterSeconds }) };
  return failure({ code: 429, reason: 'TooManyRequests', message, details });
}

export function internalError(error: unknown): StatusError {
  const text = error instanceof Error ? error.message : String(error);
  const details = { causes: [{ message: text }] };
  return failure({ code: 500, reason: 'InternalError', message: `Internal error occurred: ${text}`, details, cause: error });
}

export function requestEntityTooLarge(message: string): StatusError {
  return failure({ code: 413, reason: 'RequestEntityTooLarge', message: `Request entity too large: ${message}` });
}

export function serviceUnavailable(reason: string): StatusError {
  return failure({ code: 503, reason: 'ServiceUnavailable', message: reason });
}

/** The Status to answer for whatever was thrown. What is no StatusError is a fault of ours and says so. */
export function toStatus(error: unknown): Status {
  return error instanceof StatusError ? error.status : internalError(error).status;
}

/** Whether the error is a StatusError of that reason, e.g. NotFound. */
export function hasReason(error: unknown, reason: string): error is StatusError {
  return error instanceof StatusError && error.reason === reason;
}
