import { findData } from './personal-data.ts';

/**
 * What one request's redaction put in place of what. With numbered placeholders the originals can be put back into the answer; the same
 * datum always gets the same placeholder.
 */
export class Redaction {
  readonly #numbered: boolean;
  readonly #placeholders = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  constructor(numbered: boolean) {
    this.#numbered = numbered;
  }

  /** How many different data were replaced. */
  get size(): number {
    return this.#placeholders.size;
  }

  mask(text: string, kinds: readonly string[]): string {
    let masked = '';
    let from = 0;
    for (const { entity, start, end, text: original } of findData(text, kinds)) {
      masked += text.slice(from, start) + this.#placeholderFor(entity, original);
      from = end;
    }
    return masked + text.slice(from);
  }

  #placeholderFor(entity: string, original: string): string {
    const known = this.#placeholders.get(original);
    if (known !== undefined) return known;
    const count = (this.#counts.get(entity) ?? 0) + 1;
    this.#counts.set(entity, count);
    const placeholder = this.#numbered ? `<${entity}_${count}>` : `<${entity}>`;
    this.#placeholders.set(original, placeholder);
    return placeholder;
  }

  /** The text with the originals back in it. */
  restore(text: string): string {
    if (!this.#numbered) return text;
    let restored = text;
    for (const [original, placeholder] of this.#placeholders) restored = restored.replaceAll(placeholder, () => original);
    return restored;
  }

  /** Restores a stream, whose pieces may cut a placeholder in two. */
  restorer(): StreamRestorer {
    return new StreamRestorer(this);
  }
}

const MAX_PLACEHOLDER = 40;

/** Holds back the shortest end of what came that may still become a placeholder. */
export class StreamRestorer {
  readonly #redaction: Redaction;
  #held = '';

  constructor(redaction: Redaction) {
    this.#redaction = redaction;
  }

  push(piece: string): string {
    const text = this.#held + piece;
    const open = text.lastIndexOf('<');
    const isUnfinished = open >= 0 && text.length - open < MAX_PLACEHOLDER && /^<[A-Z_]*\d*$/u.test(text.slice(open));
    this.#held = isUnfinished ? text.slice(open) : '';
    return this.#redaction.restore(isUnfinished ? text.slice(0, open) : text);
  }

  end(): string {
    const rest = this.#held;
    this.#held = '';
    return this.#redaction.restore(rest);
  }
}
