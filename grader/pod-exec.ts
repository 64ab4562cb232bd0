import { PassThrough, Readable } from 'node:stream';
import { Exec, type KubeConfig, type V1Status } from '@kubernetes/client-node';
import { PlatformError, describeError } from './platform-error.ts';

/** A program to start in a container. */
export interface PodProgram {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
}

export interface PodCommand extends PodProgram {
  readonly stdin?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface CommandOutcome {
  readonly exitCode: number;
  /** At most {@link MAX_OUTPUT_BYTES}; more is cut off. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. Its exit code is a value; that it could not be run is thrown as PlatformError. */
export type RunInPod = (command: PodCommand) => Promise<CommandOutcome>;

const MAX_OUTPUT_BYTES = 8 * 1_048_576;
const STDIN_CHUNK_BYTES = 32_768;

/** Exec over client-node's WebSocket. */
export function podExec(config: KubeConfig): RunInPod {
  return async (command) => {
    const stdout = new Collector();
    const stderr = new Collector();
    const status = await execute(config, command, stdout.stream, stderr.stream);
    return { exitCode: exitCodeOf(status), stdout: stdout.text(), stderr: stderr.text() };
  };
}

async function execute(config: KubeConfig, command: PodCommand, stdout: PassThrough, stderr: PassThrough): Promise<V1Status> {
  const { namespace, pod, container, timeoutMs, signal } = command;
  const what = describeProgram(command);
  return new Promise((resolve, reject) => {
    let socket: Awaited<ReturnType<Exec['exec']>> | undefined;
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      settle();
      socket?.close();
    };
    const fail = (code: PlatformError['code'], message: string, cause?: unknown): void =>
      end(() => reject(new PlatformError(code, message, { cause })));
    const onAbort = (): void => end(() => reject(signal?.reason as Error));
    const timer = setTimeout(() => fail('TimedOut', `${what} did not end within ${timeoutMs / 1000} s.`), timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    new Exec(config)
      .exec(namespace, pod, container, [...command.command], stdout, stderr, toStream(command.stdin), false, (status) =>
        end(() => resolve(status)),
      )
      .then((opened) => {
        socket = opened;
        opened.onclose = () => fail('ExecFailed', `${what}: the connection ended before the command did.`);
      })
      .catch((error: unknown) => fail('ExecFailed', `${what} could not be run: ${reasonOf(error)}`, error));
  });
}

/** A string stream would be sent as one frame whatever its size. */
function toStream(text: string | undefined): Readable | null {
  return text === undefined ? null : Readable.from(inChunks(text), { objectMode: false });
}

/** Pieces that the API server takes as one frame each. */
export function inChunks(text: string): readonly Buffer[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.byteLength / STDIN_CHUNK_BYTES) }, (_, index) =>
    bytes.subarray(index * STDIN_CHUNK_BYTES, (index + 1) * STDIN_CHUNK_BYTES),
  );
}

export function describeProgram({ command, pod }: PodProgram): string {
  return `${command.slice(0, 3).join(' ')} in pod ${pod}`;
}

/** The WebSocket's error events are no Errors. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : describeError((error as { readonly message?: unknown } | null)?.message ?? error);
}

function exitCodeOf(status: V1Status): number {
  if (status.status === 'Success') return 0;
  const exitCode = status.details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
  if (exitCode === undefined) throw new PlatformError('ExecFailed', status.message ?? 'The command could not be run.');
  return Number(exitCode);
}

class Collector {
  readonly stream = new PassThrough();
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor() {
    this.stream.on('data', (chunk: Buffer) => {
      if (this.#bytes < MAX_OUTPUT_BYTES) this.#chunks.push(chunk);
      this.#bytes += chunk.byteLength;
    });
  }

  text(): string {
    return Buffer.concat(this.#chunks).subarray(0, MAX_OUTPUT_BYTES).toString('utf8');
  }
}
