import type { ClusterRuntime } from '../../../runtime/runtime.ts';
import { MAX_PROBE_OUTPUT_BYTES } from './probe-outcome.ts';

export type CommandOutcome =
  { readonly kind: 'exited'; readonly exitCode: number; readonly output: string } | { readonly kind: 'timed-out' };

/** Runs a command in a container and collects both its streams, bounded; the signal is its timeout and ends the process. */
export async function runCommand(
  runtime: ClusterRuntime,
  id: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<CommandOutcome> {
  await using session = await runtime.exec(id, { command, tty: false, stdin: false });
  const chunks: Buffer[] = [];
  let bytes = 0;
  const collect = (chunk: Buffer): void => {
    // The streams must be read to their end, or a process that says much would never exit.
    if (bytes < MAX_PROBE_OUTPUT_BYTES) chunks.push(chunk);
    bytes += chunk.length;
  };
  const ended = [session.stdout, session.stderr].map((stream) => readAll(stream, collect));
  const exited = Promise.all([session.exited, ...ended]).then(([{ exitCode }]) => exitCode);
  const outcome = await Promise.race([exited, aborted(signal)]);
  if (outcome === undefined) {
    exited.catch(() => {});
    return { kind: 'timed-out' };
  }
  return { kind: 'exited', exitCode: outcome, output: Buffer.concat(chunks).subarray(0, MAX_PROBE_OUTPUT_BYTES).toString('utf8') };
}

function readAll(stream: NodeJS.ReadableStream | null, collect: (chunk: Buffer) => void): Promise<void> {
  if (stream === null) return Promise.resolve();
  return new Promise((resolve) => {
    stream.on('data', collect);
    for (const event of ['end', 'close', 'error']) stream.once(event, () => resolve());
  });
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
