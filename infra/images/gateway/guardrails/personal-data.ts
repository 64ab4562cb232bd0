/** One kind of data that may not leave, and how to tell it from what only looks like it. */
export interface DataPattern {
  /** As Presidio names the entity. */
  readonly entity: string;
  readonly pattern: RegExp;
  /** A checksum or plausibility rule; without one every match counts. */
  readonly isReal?: (match: string) => boolean;
}

const CARD = /(?<![\w+-])(?:\d[ -]?){12,18}\d(?![\w-])/gu;

/** Checked in this order: the more certain kinds come first, and nothing is matched twice. */
export const prebuiltPatterns: Readonly<Record<string, DataPattern>> = {
  private_key: {
    entity: 'PRIVATE_KEY',
    pattern: /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:[^-]|-(?!----)){1,8000}-----END [A-Z ]{0,30}PRIVATE KEY-----/gu,
  },
  api_key: {
    entity: 'API_KEY',
    pattern:
      /(?<!\w)(?:sk-(?:ant-|proj-)?[A-Za-z0-9_-]{16,200}|gh[pousr]_[A-Za-z0-9]{30,100}|github_pat_\w{22,200}|xox[abpr]-[\w-]{10,100}|AKIA[0-9A-Z]{16}|AIza[\w-]{35})(?![\w-])/gu,
  },
  aws_access_key: { entity: 'API_KEY', pattern: /(?<!\w)AKIA[0-9A-Z]{16}(?!\w)/gu },
  github_token: { entity: 'API_KEY', pattern: /(?<!\w)gh[pousr]_[A-Za-z0-9]{30,100}(?!\w)/gu },
  iban: {
    entity: 'IBAN_CODE',
    pattern: /(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![\w-])/gu,
    isReal: hasIbanChecksum,
  },
  credit_card: { entity: 'CREDIT_CARD', pattern: CARD, isReal: isCard },
  visa: { entity: 'CREDIT_CARD', pattern: CARD, isReal: (match) => match.startsWith('4') && isCard(match) },
  mastercard: { entity: 'CREDIT_CARD', pattern: CARD, isReal: (match) => /^(?:5[1-5]|2[2-7])/u.test(match) && isCard(match) },
  amex: { entity: 'CREDIT_CARD', pattern: CARD, isReal: (match) => /^3[47]/u.test(match) && isCard(match) },
  us_ssn: { entity: 'US_SSN', pattern: /(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/gu },
  email: { entity: 'EMAIL_ADDRESS', pattern: /(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])/gu },
  phone: {
    entity: 'PHONE_NUMBER',
    pattern: /(?<![\w.:/-])(?:\+|\(|0)?\d[\d ().\-/]{6,22}\d(?![\w.:/-])(?!\.\d)/gu,
    isReal: looksLikePhone,
  },
  prompt_injection: {
    entity: 'PROMPT_INJECTION',
    pattern:
      /(?:ignore|disregard|forget)\s+(?:all\s+|any\s+)?(?:of\s+)?(?:the\s+|your\s+|my\s+)?(?:previous|prior|above|earlier|system)\s+(?:instructions?|prompts?|rules|messages?)|(?:reveal|print|repeat|show)\s+(?:me\s+)?(?:your|the)\s+system\s+prompt|you\s+are\s+now\s+(?:dan\b|in\s+developer\s+mode)/giu,
  },
};

/** Kinds that are personal data or secrets; an injection is a threat, not a datum to mask. */
export const personalKinds: readonly string[] = ['private_key', 'api_key', 'iban', 'credit_card', 'us_ssn', 'email', 'phone'];
export const secretKinds: readonly string[] = ['private_key', 'api_key'];

export interface Finding {
  readonly kind: string;
  readonly entity: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Everything of these kinds in the text, in its order, without overlaps. */
export function findData(text: string, kinds: readonly string[]): readonly Finding[] {
  const found: Finding[] = [];
  for (const [kind, { entity, pattern, isReal }] of Object.entries(prebuiltPatterns)) {
    if (!kinds.includes(kind)) continue;
    for (const match of text.matchAll(pattern)) {
      const [start, end] = [match.index, match.index + match[0].length];
      const overlaps = found.some((other) => start < other.end && other.start < end);
      if (!overlaps && (isReal?.(match[0]) ?? true)) found.push({ kind, entity, start, end, text: match[0] });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

/** ISO 13616: the first four characters move to the end, letters count from 10, and the whole leaves 1 when divided by 97. */
function hasIbanChecksum(text: string): boolean {
  const compact = text.replace(/ /gu, '');
  if (compact.length < 15 || compact.length > 34) return false;
  let remainder = 0;
  for (const sign of compact.slice(4) + compact.slice(0, 4))
    for (const digit of String(parseInt(sign, 36))) remainder = (remainder * 10 + Number(digit)) % 97;
  return remainder === 1;
}

/** How the large issuers' numbers begin and how long they are: Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay. */
const issued =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|(?:6011|64[4-9]\d|65\d\d)\d{12}|35\d{14}|62\d{14,17})$/u;

function isCard(text: string): boolean {
  return issued.test(text.replace(/\D/gu, '')) && hasLuhnChecksum(text);
}

/** ISO 7812: every second digit from the right counts double, its digits summed, and the whole is a multiple of ten. */
function hasLuhnChecksum(text: string): boolean {
  const digits = text.replace(/\D/gu, '').split('').reverse().map(Number);
  const sum = digits.reduce((total, digit, index) => total + (index % 2 === 0 ? digit : digit * 2 > 9 ? digit * 2 - 9 : digit * 2), 0);
  return sum % 10 === 0;
}

/** Numbers are many and phones few: an international prefix, a trunk zero or brackets, or North America's 3-3-4, with 9 to 15 digits. */
function looksLikePhone(text: string): boolean {
  const digits = text.replace(/\D/gu, '').length;
  if (digits < 9 || digits > 15 || /^\d{1,3}(?:\.\d{1,3}){3}$/u.test(text)) return false;
  if (/^\+\d/u.test(text)) return true;
  if (!/[ ().\-/]/u.test(text)) return false;
  return /^(?:\(?0\d|\(\d{3}\))/u.test(text) || /^(?:1[ .-])?\d{3}[ .-]\d{3}[ .-]\d{4}$/u.test(text);
}
