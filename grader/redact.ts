const MASK = '[redacted]';
/** Names of fields and environment variables whose value is never evidence; `secretName` and its like only name an object. */
const secretName = /^(?!.*name$).*(authorization|cookie|api[-_]?key|token|secret|password|passwd|private|credential)/i;
const pemBlock = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g;
const bearer = /\b(bearer|basic)\s+[\w.~+/=-]+/gi;
const MAX_TEXT = 2_000;
const MAX_DEPTH = 12;

/**
 * Makes a value fit to be kept as evidence: data of Secrets, keys, tokens and private keys are masked, `secrets` wherever they occur, long
 * texts cut, and the machinery's own bookkeeping (managedFields) left out.
 */
export function redact(value: unknown, secrets: readonly string[] = [], depth = 0): unknown {
  if (typeof value === 'string') return redactText(value, secrets);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (Array.isArray(value)) return value.map((item) => redact(item, secrets, depth + 1));
  return redactObject(value as Readonly<Record<string, unknown>>, secrets, depth);
}

export function redactText(text: string, secrets: readonly string[] = []): string {
  const masked = secrets
    .filter((secret) => secret.length >= 6)
    .reduce((current, secret) => current.replaceAll(secret, MASK), text)
    .replace(pemBlock, MASK)
    .replace(bearer, `$1 ${MASK}`);
  return masked.length > MAX_TEXT ? `${masked.slice(0, MAX_TEXT)}... (${masked.length} characters)` : masked;
}

function redactObject(object: Readonly<Record<string, unknown>>, secrets: readonly string[], depth: number): unknown {
  const isSecret = object['kind'] === 'Secret';
  const isNamedValue = typeof object['name'] === 'string' && 'value' in object && secretName.test(object['name']);
  const entries = Object.entries(object)
    .filter(([key]) => key !== 'managedFields')
    .map(([key, inner]): [string, unknown] => {
      if (isSecret && (key === 'data' || key === 'stringData')) return [key, maskAll(inner)];
      if (isSecret && key === 'metadata') return [key, redact(withoutLastApplied(inner), secrets, depth + 1)];
      if (isNamedValue && key === 'value') return [key, MASK];
      if (typeof inner === 'string' && secretName.test(key)) return [key, MASK];
      return [key, redact(inner, secrets, depth + 1)];
    });
  return Object.fromEntries(entries);
}

function maskAll(data: unknown): unknown {
  return typeof data === 'object' && data !== null ? Object.fromEntries(Object.keys(data).map((key) => [key, MASK])) : MASK;
}

/** `kubectl apply` keeps a Secret's data in this annotation as well. */
function withoutLastApplied(metadata: unknown): unknown {
  const { annotations, ...rest } = metadata as { readonly annotations?: Readonly<Record<string, string>> };
  if (annotations === undefined) return metadata;
  const kept = Object.entries(annotations).filter(([key]) => key !== 'kubectl.kubernetes.io/last-applied-configuration');
  return { ...rest, annotations: Object.fromEntries(kept) };
}
