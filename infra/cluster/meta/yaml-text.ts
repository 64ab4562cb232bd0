import { Lexer, LineCounter, parseDocument, Parser } from 'yaml';
import { maxDepth } from './convert.ts';
import { runBounded } from './run-bounded.ts';

/** More than a megabyte of honest YAML takes. */
const budgetMs = 1_000;

/** YAML reads as 1.1, like the Go library of Kubernetes (`yes` is true), without its sexagesimal numbers, dates and binary. */
const yamlOptions = { version: '1.1', schema: 'yaml-1.1', merge: true, uniqueKeys: false, customTags: withoutOddTags } as const;

type Tags = (string | { tag?: string; format?: string })[];

function withoutOddTags(tags: Tags): Tags {
  const odd = ['timestamp', 'binary', 'omap', 'pairs', 'set'];
  return tags.filter((tag) => {
    if (typeof tag === 'string') return !odd.includes(tag);
    return tag.format !== 'TIME' && !odd.some((name) => tag.tag === `tag:yaml.org,2002:${name}`);
  });
}

interface YamlBody {
  readonly value: unknown;
  readonly duplicates: string[];
}

/** Parses YAML (or JSON, which it includes) as the API server does, in bounds of depth, aliases and time. */
export function parseYaml(text: string): YamlBody {
  let body: YamlBody | undefined;
  const isDone = runBounded(() => {
    refuseDepth(text);
    body = readYaml(text);
  }, budgetMs);
  if (!isDone || body === undefined) throw new YamlFault('yaml: the document is too complex');
  return body;
}

/** Whether a text that somebody else wrote can be read at all within the bounds of {@link parseYaml}: to be asked before it is given to the library. */
export function isReadableYaml(text: string): boolean {
  try {
    parseYaml(text);
    return true;
  } catch (error) {
    if (error instanceof YamlFault) return false;
    throw error;
  }
}

/** The library reads nested collections by recursion and must not meet the end of the stack; how they nest is found without. */
function refuseDepth(text: string): void {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme)) continue;
    if (parser.stack.length > maxDepth) throw new YamlFault('yaml: exceeded max depth');
  }
}

function readYaml(text: string): YamlBody {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { ...yamlOptions, lineCounter } as Parameters<typeof parseDocument>[1]);
  const [fault] = document.errors;
  if (fault !== undefined) throw new YamlFault(`yaml: line ${fault.linePos?.[0].line ?? 1}: ${fault.message.split('\n')[0] ?? ''}`);
  const duplicates: string[] = [];
  findYamlDuplicates(document.contents, '', duplicates, 0);
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) as unknown, duplicates };
  } catch (error) {
    throw new YamlFault(`yaml: ${error instanceof Error ? error.message : 'cannot be read'}`);
  }
}

export class YamlFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'YamlFault';
  }
}

interface YamlPair {
  readonly key?: { readonly value?: unknown } | null;
  readonly value?: unknown;
}

function findYamlDuplicates(node: unknown, path: string, found: string[], depth: number): void {
  if (typeof node !== 'object' || node === null || !('items' in node) || !Array.isArray(node.items)) return;
  if (depth > maxDepth) throw new YamlFault('yaml: exceeded max depth');
  const seen = new Set<string>();
  (node.items as unknown[]).forEach((item, index) => {
    if (typeof item !== 'object' || item === null || !('key' in item)) {
      findYamlDuplicates(item, `${path}[${index}]`, found, depth + 1);
      return;
    }
    const pair = item as YamlPair;
    const key = String(pair.key?.value);
    const inner = path === '' ? key : `${path}.${key}`;
    if (seen.has(key)) found.push(`duplicate field "${inner}"`);
    seen.add(key);
    findYamlDuplicates(pair.value, inner, found, depth + 1);
  });
}
