import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { RecordingStore } from './recording-store.ts';
import { ScreenLines } from './screen-lines.ts';
import type { TerminalSize } from './shell.ts';

/** A command that changes the cluster, as it was typed, without its options and values: those may hold secrets. */
export interface TypedChange {
  readonly atMs: number;
  readonly command: string;
}

/** The beginning of a recording, which holds hours of typing; a flood is not read to its end. */
const MAX_READ_BYTES = 5_000_000;
const MAX_LINE_CHARACTERS = 4_000;
const MAX_CHANGES = 40;
/** Recordings whose changes are remembered. */
const MAX_KEPT = 200;

/** Not only at the beginning: what is typed while a command still runs is echoed before the prompt, and again after it. */
const prompt = /\S+@\S+:[^$#]*[$#] (?<typed>.+)$/;
const changing =
  /\bkubectl(?:\s+(?:-n|--namespace)[= ]\S+)*\s+(?<verb>apply|patch|replace|edit|scale|set|delete|create|drain|cordon|uncordon|taint|label|annotate|rollout\s+(?:restart|undo|pause|resume))\b(?<objects>(?:\s+[a-z][\w./-]*){0,2})/g;

/** What was typed in one line of a terminal, as it stands on the screen; undefined for output. Pure. */
function typedIn(line: string): string | undefined {
  return prompt.exec(line)?.groups?.['typed'];
}

/** The changes in one line of a terminal. Pure. */
export function changesIn(line: string): readonly string[] {
  const typed = typedIn(line);
  if (typed === undefined) return [];
  return [...typed.matchAll(changing)].map(({ groups }) =>
    `kubectl ${groups?.['verb'] ?? ''}${groups?.['objects'] ?? ''}`.replace(/\s+/g, ' ').trim(),
  );
}

const dimension = z.number().int().min(1).max(1_000);
const headerSchema = z.object({ timestamp: z.number(), width: dimension, height: dimension });
const eventSchema = z.tuple([z.number(), z.string(), z.string()]);
const sizeSchema = z
  .templateLiteral([z.number(), 'x', z.number()])
  .transform((size) => size.split('x').map(Number))
  .pipe(z.tuple([dimension, dimension]))
  .transform(([columns, rows]): TerminalSize => ({ columns, rows }));

/** What changed the cluster by a recording, each at the time of its Enter. */
async function readTypedChanges(store: RecordingStore, terminalId: string): Promise<readonly TypedChange[]> {
  return readTyped(store, terminalId, MAX_CHANGES, (line, atMs) => changesIn(line).map((command) => ({ atMs, command })));
}

/** What `pick` makes of each line that was typed, and when. */
export function readTypedLines<T>(
  store: RecordingStore,
  terminalId: string,
  limit: number,
  pick: (typed: string, atMs: number) => readonly T[],
): Promise<readonly T[]> {
  return readTyped(store, terminalId, limit, (line, atMs) => {
    const typed = typedIn(line);
    return typed === undefined ? [] : pick(typed, atMs);
  });
}

async function readTyped<T>(
  store: RecordingStore,
  terminalId: string,
  limit: number,
  pick: (line: string, atMs: number) => readonly T[],
): Promise<readonly T[]> {
  const found: T[] = [];
  /** Of the output that was written and is not on the screen yet. */
  const times: number[] = [];
  using screen = new ScreenLines((line) => {
    const [atMs] = times;
    if (atMs !== undefined && found.length < limit) found.push(...pick(line.slice(0, MAX_LINE_CHARACTERS), atMs));
  });
  for await (const event of readEvents(store, terminalId)) {
    if (found.length >= limit) break;
    if ('columns' in event) {
      screen.resize(event);
      continue;
    }
    times.push(event.atMs);
    screen.write(event.output, () => times.shift());
  }
  await screen.finish();
  return found.slice(0, limit);
}

/** A recording that is missing or broken has nothing from there on. */
async function* readEvents(store: RecordingStore, terminalId: string): AsyncGenerator<TerminalSize | { atMs: number; output: string }> {
  let startedAtMs: number | undefined;
  try {
    const input = Readable.from(store.read(terminalId, 0, MAX_READ_BYTES));
    for await (const row of createInterface({ input, crlfDelay: Infinity })) {
      if (startedAtMs === undefined) {
        const { timestamp, width, height } = headerSchema.parse(JSON.parse(row));
        startedAtMs = timestamp * 1000;
        yield { columns: width, rows: height };
        continue;
      }
      const [seconds, kind, data] = eventSchema.parse(JSON.parse(row));
      if (kind === 'r') yield sizeSchema.parse(data);
      if (kind === 'o') yield { atMs: Math.round(startedAtMs + seconds * 1000), output: data };
    }
  } catch {
    return;
  }
}

/** The same, read anew only where the recording has grown. */
export class TypedChanges {
  readonly #known = new Map<string, { readonly bytes: number; readonly changes: Promise<readonly TypedChange[]> }>();
  readonly #store: RecordingStore;

  constructor(store: RecordingStore) {
    this.#store = store;
  }

  async of(terminalId: string): Promise<readonly TypedChange[]> {
    const bytes = (await this.#store.size(terminalId)) ?? 0;
    const known = this.#known.get(terminalId);
    if (known?.bytes === bytes) return known.changes;
    const changes = readTypedChanges(this.#store, terminalId);
    this.#known.delete(terminalId);
    this.#known.set(terminalId, { bytes, changes });
    const eldest = this.#known.keys().next().value;
    if (this.#known.size > MAX_KEPT && eldest !== undefined) this.#known.delete(eldest);
    return changes;
  }
}
