import { goQuote } from './go-format.ts';

/**
 * Finds keys that stand twice in one JSON object, which JSON.parse passes over in silence.
 *
 * Nearly no body has any, so that the check is two counts: of the colons outside strings in the text, and of the keys in what was
 * parsed. Only where they differ is the text read again, slowly, to say where.
 */
export function duplicateFields(text: string, parsed: unknown): string[] {
  return colonsOutsideStrings(text) === countKeys(parsed) ? [] : new DuplicateFinder(text).find();
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

function colonsOutsideStrings(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === colon) count += 1;
    else if (code === quote) i = endOfString(text, i);
  }
  return count;
}

/** The index of the quote that closes the string which opens at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, index: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(index - 1 - slashes) === backslash) slashes += 1;
  return slashes % 2 === 1;
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countKeys(item), 0);
  let count = 0;
  for (const item of Object.values(value)) count += 1 + countKeys(item);
  return count;
}

/** Walks a text that JSON.parse has accepted. */
class DuplicateFinder {
  readonly #text: string;
  #index = 0;
  readonly #found: string[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  find(): string[] {
    this.#value('');
    return this.#found;
  }

  #value(path: string): void {
    this.#space();
    const next = this.#text.charAt(this.#index);
    if (next === '{') this.#object(path);
    else if (next === '[') this.#array(path);
    else if (next === '"') this.#string();
    else while (this.#index < this.#text.length && !/[,\]}\s]/.test(this.#text.charAt(this.#index))) this.#index += 1;
    this.#space();
  }

  #object(path: string): void {
    const seen = new Set<string>();
    this.#index += 1;
    this.#space();
    while (this.#text.charAt(this.#index) !== '}') {
      const key = this.#string();
      const inner = path === '' ? key : `${path}.${key}`;
      if (seen.has(key)) this.#found.push(`duplicate field ${goQuote(inner)}`);
      seen.add(key);
      this.#space();
      this.#index += 1;
      this.#value(inner);
      this.#comma();
    }
    this.#index += 1;
  }

  #array(path: string): void {
    this.#index += 1;
    this.#space();
    for (let item = 0; this.#text.charAt(this.#index) !== ']'; item += 1) {
      this.#value(`${path}[${item}]`);
      this.#comma();
    }
    this.#index += 1;
  }

  #string(): string {
    const end = endOfString(this.#text, this.#index);
    const raw = this.#text.slice(this.#index, end + 1);
    this.#index = end + 1;
    return JSON.parse(raw) as string;
  }

  #comma(): void {
    if (this.#text.charAt(this.#index) === ',') this.#index += 1;
    this.#space();
  }

  #space(): void {
    while (this.#text.charCodeAt(this.#index) <= 0x20) this.#index += 1;
  }
}
