import { Environment, type ParseResult } from '@marcbachmann/cel-js';
import { addKubernetesLibrary } from './cel-library.ts';

/** What all expressions of one write may take, in `runBounded`. They end by themselves, but the patterns in them may not. */
export const celBudgetMs = 200;
/** Programs kept compiled by one dialect. Bounded, since definitions come and go. */
const maxCompiled = 1000;

export type CelOutcome =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly reason: string }
  /** It uses what this implementation of CEL has not: Kubernetes' URLs, addresses, authorizer. */
  | { readonly kind: 'unsupported' };

/** CEL with Kubernetes' own functions, over a fixed set of variables of any type. */
export class CelDialect {
  readonly #environment: Environment;
  readonly #compiled = new Map<string, ParseResult | undefined>();

  constructor(variables: readonly string[]) {
    this.#environment = addKubernetesLibrary(new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false }));
    for (const name of variables) this.#environment.registerVariable(name, 'dyn');
  }

  evaluate(expression: string, context: Readonly<Record<string, unknown>>): CelOutcome {
    const program = this.#compile(expression);
    if (program === undefined) return { kind: 'unsupported' };
    try {
      return { kind: 'value', value: program(context) as unknown };
    } catch (error) {
      const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
      if (typeof code !== 'string') throw error;
      if (code === 'no_matching_overload' || code === 'unknown_variable') return { kind: 'unsupported' };
      return { kind: 'failed', reason: firstLine(message).replace(/^N/, 'n') };
    }
  }

  #compile(expression: string): ParseResult | undefined {
    if (this.#compiled.has(expression)) return this.#compiled.get(expression);
    if (this.#compiled.size >= maxCompiled) this.#compiled.clear();
    let program: ParseResult | undefined;
    try {
      program = this.#environment.parse(expression);
    } catch {
      program = undefined;
    }
    this.#compiled.set(expression, program);
    return program;
  }
}

const grammar = new Environment({ enableOptionalTypes: true });

/** The fault in an expression's grammar, or undefined where there is none. Names and types are not looked at. */
export function celSyntaxFault(expression: string): string | undefined {
  try {
    grammar.parse(expression);
    return undefined;
  } catch (error) {
    return firstLine((error as { readonly message?: unknown }).message);
  }
}

function firstLine(message: unknown): string {
  return String(message).split('\n', 1)[0] ?? '';
}

/** A JSON value as CEL sees one without a schema: whole numbers are ints. */
export function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, celValue(one)]));
}
