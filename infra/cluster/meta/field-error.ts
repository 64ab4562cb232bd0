import { goJson, goQuote } from './go-format.ts';

export type FieldErrorType =
  | 'NotFound'
  | 'Required'
  | 'Duplicate'
  | 'Invalid'
  | 'NotSupported'
  | 'Forbidden'
  | 'TooLong'
  | 'TooMany'
  | 'InternalError'
  | 'TypeInvalid';

/** One fault of an object, as k8s.io/apimachinery's field.Error. */
export interface FieldError {
  readonly type: FieldErrorType;
  /** E.g. `spec.containers[0].image`. */
  readonly path: string;
  /** Shown in the message for most types; undefined where there is none to show. */
  readonly value?: unknown;
  readonly detail: string;
}

const words: Readonly<Record<FieldErrorType, string>> = {
  NotFound: 'Not found',
  Required: 'Required value',
  Duplicate: 'Duplicate value',
  Invalid: 'Invalid value',
  NotSupported: 'Unsupported value',
  Forbidden: 'Forbidden',
  TooLong: 'Too long',
  TooMany: 'Too many',
  InternalError: 'Internal error',
  TypeInvalid: 'Invalid value',
};

const valueless = new Set<FieldErrorType>(['Required', 'Forbidden', 'TooLong', 'InternalError']);

export const required = (path: string, detail = ''): FieldError => ({ type: 'Required', path, detail });
export const invalid = (path: string, value: unknown, detail: string): FieldError => ({
  type: 'Invalid',
  path,
  value: value ?? null,
  detail,
});
export const duplicate = (path: string, value: unknown): FieldError => ({ type: 'Duplicate', path, value, detail: '' });
export const forbidden = (path: string, detail: string): FieldError => ({ type: 'Forbidden', path, detail });
export const notFound = (path: string, value: unknown): FieldError => ({ type: 'NotFound', path, value, detail: '' });
export const tooLong = (path: string, maxBytes: number): FieldError => ({
  type: 'TooLong',
  path,
  detail: `may not be more than ${maxBytes} bytes`,
});
/** `supported` is shown in the order given; Kubernetes sorts it. */
export const notSupported = (path: string, value: unknown, supported: readonly string[]): FieldError => ({
  type: 'NotSupported',
  path,
  value: value ?? '',
  detail: supported.length === 0 ? '' : `supported values: ${supported.map(goQuote).join(', ')}`,
});

/** The message without the field: `Invalid value: "x": must be …`. */
export function errorBody(error: FieldError): string {
  const head =
    valueless.has(error.type) || error.value === undefined ? words[error.type] : `${words[error.type]}: ${valueText(error.value)}`;
  return error.detail === '' ? head : `${head}: ${error.detail}`;
}

export function errorText(error: FieldError): string {
  return `${error.path}: ${errorBody(error)}`;
}

/** The cause's reason in a Status, e.g. FieldValueInvalid. */
export function causeReason(error: FieldError): string {
  return error.type === 'InternalError' ? 'InternalError' : `FieldValue${error.type}`;
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? goQuote(value) : goJson(value);
}
