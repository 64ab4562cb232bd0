import { LineCounter, parseDocument, type Document } from 'yaml';
import type { LabProblem } from './lab-stage.ts';

type Path = readonly PropertyKey[];

/** A YAML file that knows where in it each value stands. */
export class YamlSource {
  readonly file: string;
  readonly #document: Document;
  readonly #text: string;
  readonly #lines = new LineCounter();

  constructor(file: string, text: string) {
    this.file = file;
    this.#text = text;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true });
  }

  /** What is wrong with it as YAML. */
  get syntaxProblems(): readonly LabProblem[] {
    return this.#document.errors.map((error) => ({
      file: this.file,
      ...this.#position(error.pos[0]),
      message: error.message,
      remedy: 'Mend the YAML: most often an indentation, a missing quote or a key that is there twice.',
    }));
  }

  toValue(): unknown {
    return this.#document.toJS({ maxAliasCount: 100 }) as unknown;
  }

  /** Line and column of the value at the path, or of the nearest that exists around it. */
  locate(path: Path): { readonly line?: number; readonly column?: number } {
    for (let length = path.length; length > 0; length -= 1) {
      const node = this.#document.getIn(path.slice(0, length), true) as { readonly range?: readonly [number, number, number] } | undefined;
      if (node?.range !== undefined) return this.#position(node.range[0]);
    }
    return { line: 1, column: 1 };
  }

  /** Where a text first stands that is known only once the values were put in. */
  locateText(pattern: RegExp): { readonly line?: number; readonly column?: number } {
    const offset = this.#text.search(pattern);
    return offset < 0 ? {} : this.#position(offset);
  }

  /** Where the key of an entry stands: what is said of unknown keys should point at them. */
  locateKey(path: Path, key: string): { readonly line?: number; readonly column?: number } {
    const map = (path.length === 0 ? this.#document.contents : this.#document.getIn(path, true)) as
      { readonly items?: readonly unknown[] } | undefined;
    const pair = map?.items?.find((item) => (item as { readonly key?: { readonly value?: unknown } }).key?.value === key) as
      { readonly key?: { readonly range?: readonly [number, number, number] } } | undefined;
    return pair?.key?.range === undefined ? this.locate(path) : this.#position(pair.key.range[0]);
  }

  #position(offset: number): { readonly line: number; readonly column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }
}
