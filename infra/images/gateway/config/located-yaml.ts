import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';

/** Something to say about a place in a configuration file. */
export interface ConfigNote {
  /** 1-based; 1 where the file as a whole is meant. */
  readonly line: number;
  /** `model_list[0].litellm_params.rpm`; empty for the file. */
  readonly place: string;
  /** What is wrong, and what to do about it. */
  readonly message: string;
}

export type ConfigPath = readonly (string | number)[];

/** A YAML text that knows on which line each of its values stands. */
export class LocatedYaml {
  /** The plain value; undefined when the text is no YAML. */
  readonly value: unknown;
  readonly syntaxErrors: readonly ConfigNote[];
  readonly #document: Document;
  readonly #lines = new LineCounter();

  constructor(text: string) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    this.syntaxErrors = this.#document.errors.map((error) => ({
      line: this.#lines.linePos(error.pos[0]).line,
      place: '',
      message: `not valid YAML: ${error.message}. Check the indentation and quotes around this line.`,
    }));
    this.value = this.syntaxErrors.length > 0 ? undefined : this.#document.toJS({ maxAliasCount: 50 });
  }

  /** The line of the value at the path, or of the nearest thing around it that is there. */
  lineOf(path: ConfigPath): number {
    let node: unknown = this.#document.contents;
    let line = this.#startOf(node) ?? 1;
    for (const step of path) {
      const [key, value] = childOf(node, step);
      line = this.#startOf(key) ?? this.#startOf(value) ?? line;
      if (value === undefined) return line;
      node = value;
    }
    return line;
  }

  note(path: ConfigPath, message: string): ConfigNote {
    return { line: this.lineOf(path), place: formatPath(path), message };
  }

  #startOf(node: unknown): number | undefined {
    return isNode(node) && node.range ? this.#lines.linePos(node.range[0]).line : undefined;
  }
}

function childOf(node: unknown, step: string | number): readonly [Node | undefined, unknown] {
  if (isSeq(node)) return [undefined, node.items[Number(step)]];
  if (!isMap(node)) return [undefined, undefined];
  const pair = node.items.find(({ key }) => (isScalar(key) ? String(key.value) : String(key)) === String(step));
  return [isNode(pair?.key) ? pair.key : undefined, pair?.value];
}

export function formatPath(path: ConfigPath): string {
  return path.reduce<string>((text, step) => text + (typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`), '');
}
