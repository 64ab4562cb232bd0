import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { monotonicClock } from '../inference/clock.ts';
import { runLoad } from './load.ts';
import { loadOrderSchema, type LoadLine } from './load-protocol.ts';
import { makeRequest } from './request.ts';

const MAX_ORDER_BYTES = 4 * 1_048_576;
/** Runs at once in one prober, this one included. */
const MAX_RUNS = 2;

/** Reads one order from stdin, runs it and writes its lines to stdout. */
export async function load(): Promise<void> {
  if (countRuns() > MAX_RUNS) throw new Error(`${MAX_RUNS} runs are under way already`);
  const cancelled = new AbortController();
  const cancel = (): void => cancelled.abort();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, cancel);
  // Nobody reads any more.
  process.stdout.once('error', cancel);
  const order = loadOrderSchema.parse(JSON.parse(await readFirstLine(cancel)));
  const tell = (line: LoadLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  // The clock's timers alone would not keep the process.
  const keepAlive = setInterval(() => undefined, 2 ** 30);
  const report = await runLoad(order, {
    clock: monotonicClock,
    startedAt: new Date(),
    send: makeRequest,
    tell,
    signal: cancelled.signal,
  }).finally(() => clearInterval(keepAlive));
  tell({ kind: 'report', report });
  process.stdin.destroy();
}

/** The order; whatever line comes after it that says so cancels. */
function readFirstLine(cancel: () => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    process.stdin.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes <= MAX_ORDER_BYTES) return;
      reject(new Error(`the order is larger than ${MAX_ORDER_BYTES} bytes`));
      process.stdin.destroy();
    });
    let isFirst = true;
    const lines = createInterface({ input: process.stdin });
    lines.on('line', (line) => {
      if (isFirst) resolve(line);
      else if (line.replaceAll(' ', '') === '{"kind":"cancel"}') cancel();
      isFirst = false;
    });
    lines.on('close', () => reject(new Error('no order came')));
  });
}

/** How many processes in this container do what this one does. */
function countRuns(): number {
  const own = [...process.execArgv, ...process.argv.slice(1)].join('\0');
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandOf(name) === own).length;
}

/** A process may end between being listed and being read. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(1, -1).join('\0');
  } catch {
    return '';
  }
}
