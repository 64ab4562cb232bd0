import { goQuote } from './go-format.ts';
import { isLabelValue, isQualifiedName } from './names.ts';
import type { Requirement, Selector } from './selectors.ts';
import { badRequest } from './status-error.ts';

const operatorWords = new Set(['=', '==', '!=', 'in', 'notin', '>', '<']);

/** The grammar of k8s.io/apimachinery's labels package. */
export class SelectorParser {
  readonly #tokens: readonly string[];
  #index = 0;

  constructor(text: string) {
    this.#tokens = text.match(/[^\s,()=!<>]+|==|!=|[,()=!<>]/g) ?? [];
  }

  parse(): Selector {
    const requirements: Requirement[] = [];
    while (this.#peek() !== '') {
      if (!isKeyStart(this.#peek())) throw unparsed(`found '${this.#peek()}', expected: !, identifier, or 'end of string'`);
      requirements.push(this.#requirement());
      const next = this.#take();
      if (next === '') break;
      if (next !== ',') throw unparsed(`found '${next}', expected: ',' or 'end of string'`);
      if (!isKeyStart(this.#peek())) throw unparsed(`found '${this.#peek()}', expected: identifier after ','`);
    }
    return requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  }

  #peek(): string {
    return this.#tokens[this.#index] ?? '';
  }

  #take(): string {
    const token = this.#peek();
    this.#index += 1;
    return token;
  }

  #requirement(): Requirement {
    if (this.#peek() === '!') {
      this.#take();
      return { key: this.#key(), operator: '!', values: [] };
    }
    const key = this.#key();
    const next = this.#peek();
    if (next === '' || next === ',') return { key, operator: 'exists', values: [] };
    this.#take();
    if (!operatorWords.has(next)) throw unparsed(`found '${next}', expected: in, notin, =, ==, !=, gt, lt`);
    return this.#comparison(key, next);
  }

  #key(): string {
    const key = this.#take();
    if (!isIdentifier(key)) throw unparsed(`found '${key}', expected: identifier`);
    const [fault] = isQualifiedName(key);
    if (fault !== undefined) throw unparsed(`key: Invalid value: ${goQuote(key)}: ${fault}`);
    return key;
  }

  #comparison(key: string, word: string): Requirement {
    if (word === 'in' || word === 'notin') return { key, operator: word, values: this.#set(key) };
    const value = isIdentifier(this.#peek()) ? this.#take() : '';
    if (word === '>' || word === '<') {
      if (!/^[+-]?\d+$/.test(value))
        throw unparsed(`values[0]: Invalid value: ${goQuote(value)}: for 'Gt', 'Lt' operators, the value must be an integer`);
      return { key, operator: word === '>' ? 'gt' : 'lt', values: [value] };
    }
    checkValue(key, value);
    return { key, operator: word === '!=' ? 'notin' : 'in', values: [value] };
  }

  #set(key: string): string[] {
    const open = this.#take();
    if (open !== '(') throw unparsed(`found '${open}' expected: '('`);
    const values: string[] = [];
    for (;;) {
      const value = isIdentifier(this.#peek()) ? this.#take() : '';
      checkValue(key, value);
      values.push(value);
      const next = this.#take();
      if (next === ')') return [...new Set(values)].sort();
      if (next !== ',') throw unparsed(`found '${next}', expected: ',' or ')'`);
    }
  }
}

function isKeyStart(token: string): boolean {
  return token === '!' || isIdentifier(token);
}

function isIdentifier(token: string): boolean {
  return token !== '' && !/^[,()=!<>]/.test(token);
}

function checkValue(key: string, value: string): void {
  const [fault] = isLabelValue(value);
  if (fault !== undefined) throw unparsed(`values[0][${key}]: Invalid value: ${goQuote(value)}: ${fault}`);
}

function unparsed(reason: string): Error {
  return badRequest(`unable to parse requirement: ${reason}`);
}
