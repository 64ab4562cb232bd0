import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterRuntime } from '../../runtime/runtime.ts';
import type { Container } from '../meta/generated/types.ts';

const MAX_FILE_BYTES = 4096;
/** What stands in for an empty file where the policy falls back to the log. */
const MAX_LOG_BYTES = 2048;
const MAX_LOG_LINES = 80;

export function terminationLogPath(podDir: string, container: string, attempt: number): string {
  return join(podDir, 'containers', container, String(attempt), 'termination-log');
}

/** A container's last words: the file at its terminationMessagePath, or the end of its log where it failed without a word. */
export async function terminationMessage(
  runtime: ClusterRuntime,
  path: string,
  id: string,
  container: Container,
  exitCode: number,
): Promise<string> {
  const written = await readStart(path);
  if (written !== '' || container.terminationMessagePolicy !== 'FallbackToLogsOnError' || exitCode === 0) return written;
  const lines: string[] = [];
  for await (const line of runtime.logs(id, { follow: false, tailLines: MAX_LOG_LINES })) lines.push(`${line.text.toString('utf8')}\n`);
  return lines.join('').slice(-MAX_LOG_BYTES);
}

async function readStart(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_FILE_BYTES), 0, MAX_FILE_BYTES, 0);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
