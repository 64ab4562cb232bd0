import { PassThrough } from 'node:stream';
import { createInterface } from 'node:readline';
import { Exec, type KubeConfig } from '@kubernetes/client-node';
import { PlatformError } from './platform-error.ts';
import { describeProgram, inChunks, reasonOf, type PodProgram } from './pod-exec.ts';

/** A program in a pod that is talked to in lines, until either side ends it. */
export interface PodSession {
  send(line: string): void;
  /** Ends the program. `onEnd` is not called for it. */
  close(): void;
}

export interface PodSessionEvents {
  readonly onLine: (line: string) => void;
  /** Called once: the program ended, or the way to it was lost. */
  readonly onEnd: (reason: string) => void;
}

/** Resolves when lines can be sent. Throws PlatformError when the program could not be started. */
export type OpenInPod = (program: PodProgram, events: PodSessionEvents) => Promise<PodSession>;

const OPEN_TIMEOUT_MS = 10_000;
const MAX_LINE_BYTES = 16 * 1_048_576;
const MAX_STDERR_CHARS = 500;

/** Sessions by exec over client-node's WebSocket. */
export function podSessions(config: KubeConfig): OpenInPod {
  return async (program, events) => {
    const what = describeProgram(program);
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    let said = '';
    stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(0, MAX_STDERR_CHARS)));
    let isOver = false;
    const end = (reason: string | undefined): void => {
      if (isOver) return;
      isOver = true;
      stdin.end();
      if (reason !== undefined) events.onEnd(`${reason}${said === '' ? '' : `: ${said.trim()}`}`);
    };
    readLines(stdout, events.onLine, () => end(`${what} said more than ${MAX_LINE_BYTES} bytes in one line`));
    const { namespace, pod, container, command } = program;
    const opening = new Exec(config).exec(namespace, pod, container, [...command], stdout, stderr, stdin, false, () =>
      end(`${what} ended`),
    );
    const socket = await withinTime(opening, `${what} could not be started`);
    socket.onclose = () => end(`${what}: the connection ended`);
    return {
      send: (line) => {
        for (const chunk of inChunks(`${line}\n`)) stdin.write(chunk);
      },
      close: () => {
        end(undefined);
        socket.close();
      },
    };
  };
}

function readLines(stream: PassThrough, onLine: (line: string) => void, onTooLong: () => void): void {
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    const lineEnd = chunk.lastIndexOf(0x0a);
    bytes = lineEnd < 0 ? bytes + chunk.byteLength : chunk.byteLength - lineEnd - 1;
    if (bytes > MAX_LINE_BYTES) {
      stream.destroy();
      onTooLong();
    }
  });
  createInterface({ input: stream }).on('line', onLine);
}

async function withinTime<T extends { close(): void }>(opening: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      void opening.then((socket) => socket.close()).catch(() => undefined);
      reject(new PlatformError('TimedOut', `${what} within ${OPEN_TIMEOUT_MS / 1000} s.`));
    }, OPEN_TIMEOUT_MS);
  });
  try {
    return await Promise.race([opening, late]);
  } catch (error) {
    throw error instanceof PlatformError ? error : new PlatformError('ExecFailed', `${what}: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
