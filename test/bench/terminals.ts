import type { Socket } from 'socket.io-client';
import { terminalSchema, type AttemptView } from '../../server/contract/attempts.ts';
import type { ServerClient } from '../support/server-client.ts';
import { TerminalClient } from '../support/terminal-client.ts';
import { percentile, type Measurement } from './measure.ts';

const KEYS = 1_000;
const ECHO_TIMEOUT_MS = 60_000;
const FLOOD_BYTES = 100_000_000;

export async function openTerminal(client: ServerClient, socket: Socket, attempt: AttemptView): Promise<TerminalClient> {
  const { id } = terminalSchema.parse(await client.request('POST', `/api/attempts/${attempt.id}/terminals`, {}));
  const terminal = await TerminalClient.open(socket, id);
  await terminal.run('true');
  return terminal;
}

/** From sending a key to receiving its echo, one key at a time, over the wire; with a pause before each where one is given. */
export async function echoTimes(
  terminal: TerminalClient,
  keys = KEYS,
  pause: () => Promise<void> = () => Promise.resolve(),
): Promise<readonly number[]> {
  terminal.type('cat > /dev/null\r');
  await terminal.waitFor('/dev/null');
  await terminal.nextOutput(200);
  const times: number[] = [];
  for (let index = 0; index < keys; index += 1) {
    // Lines stay short: a terminal's line buffer ends at 4,096 bytes.
    const key = index % 60 === 59 ? '\r' : 'x';
    await pause();
    const startedAt = performance.now();
    const before = terminal.bytes;
    terminal.type(key);
    while (terminal.bytes === before) {
      await terminal.nextOutput(5_000);
      if (performance.now() - startedAt > ECHO_TIMEOUT_MS) throw new Error(`a key was not echoed within ${ECHO_TIMEOUT_MS / 1000} s`);
    }
    times.push(performance.now() - startedAt);
  }
  terminal.type('\r\u0004');
  return times;
}

export async function measureEcho(client: ServerClient, attempt: AttemptView): Promise<readonly Measurement[]> {
  const socket = await client.connect();
  try {
    const times = await echoTimes(await openTerminal(client, socket, attempt));
    return [
      { name: 'key to echo, p50', value: percentile(times, 0.5), unit: 'ms', target: { atMost: 1.5 }, basis: `${times.length} keys` },
      { name: 'key to echo, p99', value: percentile(times, 0.99), unit: 'ms', target: { atMost: 6 }, basis: `${times.length} keys` },
    ];
  } finally {
    socket.close();
  }
}

export async function measureFlood(client: ServerClient, attempt: AttemptView): Promise<Measurement> {
  const socket = await client.connect();
  try {
    const terminal = await openTerminal(client, socket, attempt);
    const before = terminal.bytes;
    const startedAt = performance.now();
    // No line ends, so that the terminal's driver adds nothing: every byte is counted.
    const { output } = await terminal.run(`head -c ${FLOOD_BYTES} /dev/zero | tr '\\0' x`, 120_000);
    const seconds = (performance.now() - startedAt) / 1000;
    const received = terminal.bytes - before;
    if (received < FLOOD_BYTES) throw new Error(`bytes were lost: ${received} of ${FLOOD_BYTES} came, ending in ${output.slice(-80)}`);
    return {
      name: 'terminal flood, nothing lost',
      value: received / seconds / 1e6,
      unit: 'MB/s',
      target: { atLeast: 20 },
      basis: `${FLOOD_BYTES / 1e6} MB`,
    };
  } finally {
    socket.close();
  }
}
