export interface Leak {
  readonly kind: 'secret' | 'personal data';
  /** What it looks like, without saying it again. */
  readonly what: string;
}

const patterns: readonly (Leak & { readonly pattern: RegExp; readonly isReal?: (text: string) => boolean })[] = [
  { kind: 'secret', what: 'a private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ },
  { kind: 'secret', what: 'an API key', pattern: /\b(?:sk|pk|rk|ak|key)-[a-z0-9]*-?[A-Za-z0-9_-]{16,}/g, isReal: looksRandom },
  { kind: 'secret', what: 'an access key of a cloud', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/ },
  { kind: 'secret', what: 'a token of a code host', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|glpat-[\w-]{20,})/ },
  { kind: 'secret', what: 'a JSON web token', pattern: /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{4,}/ },
  { kind: 'secret', what: 'a bearer token', pattern: /\bbearer\s+([\w.~+/=-]{16,})/gi, isReal: looksRandom },
  {
    kind: 'secret',
    what: 'a password',
    pattern: /\b(?:password|passwd|secret|token)\s*[:=]\s*["']?([^\s"'<>{}$]{8,})/gi,
    isReal: looksRandom,
  },
  {
    kind: 'personal data',
    what: 'an email address',
    pattern: /\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b/g,
    isReal: (text) => !/@(?:[\w-]+\.)*example(?:\.\w+)?$|\.(?:invalid|test|local)$/i.test(text),
  },
  { kind: 'personal data', what: 'a payment card number', pattern: /\b(?:\d[ -]?){13,19}\b/g, isReal: isCardNumber },
  {
    kind: 'personal data',
    what: 'a bank account number',
    pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b/g,
    isReal: isIban,
  },
  { kind: 'personal data', what: 'a social security number', pattern: /\b(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b/ },
  {
    kind: 'personal data',
    what: 'a telephone number',
    pattern: /(?<![\w.+-])\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{2,4}(?:[ .-]?\d{2,4}){2,4}\b/,
  },
];

/**
 * Secrets and personal data in what people write: `secrets` wherever they stand, and what has the form of one. Each kind once. What a text means is beyond
 * it: a name of a person is not found. Pure.
 */
export function findLeaks(text: string, secrets: readonly string[] = []): readonly Leak[] {
  const known = secrets.some((secret) => secret.length >= 6 && text.includes(secret));
  const found = patterns.filter(({ pattern, isReal }) => {
    const matches = pattern.global ? [...text.matchAll(pattern)] : [pattern.exec(text)].filter((match) => match !== null);
    return matches.some((match) => isReal?.(match[1] ?? match[0]) ?? true);
  });
  return [
    ...(known ? [{ kind: 'secret' as const, what: 'a credential of this sandbox' }] : []),
    ...found.map(({ kind, what }) => ({ kind, what })),
  ];
}

/** A name such as `key-rotation-of-the-gateway` has no digits; what a machine made has letters and digits mixed. */
function looksRandom(text: string): boolean {
  return /\d/.test(text) && /[A-Za-z]/.test(text) && new Set(Array.from(text)).size >= 8;
}

/** Luhn's sum, over 13 to 19 digits. */
function isCardNumber(text: string): boolean {
  const digits = Array.from(text.replace(/\D/g, ''), Number).reverse();
  if (digits.length < 13 || digits.length > 19 || new Set(digits).size < 3) return false;
  const sum = digits.reduce((total, digit, index) => total + (index % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2), 0);
  return sum % 10 === 0;
}

/** ISO 13616: the rearranged number is 1 modulo 97. */
function isIban(text: string): boolean {
  const packed = text.replace(/\s/g, '');
  if (packed.length < 15 || packed.length > 34) return false;
  const digits = Array.from(packed.slice(4) + packed.slice(0, 4), (sign) => Number.parseInt(sign, 36).toString()).join('');
  return Array.from(digits).reduce((rest, digit) => (rest * 10 + Number(digit)) % 97, 0) === 1;
}
