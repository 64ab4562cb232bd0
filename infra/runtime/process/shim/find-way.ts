import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { PodWire } from './pod-wire.ts';

/** When Linux sends a connection's first packet again while nobody answers; after the last wait it gives up. */
const SYN_RETRIES_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000];
const ASK_TIMEOUT_MS = 5_000;
/** The door's word for packets that vanish. */
export const SILENCE = 'silence';

/**
 * The address to connect to for `ip:port`: the pod itself, or a relay that does to the connection what the wire does. While packets vanish it
 * asks again as the kernel would, and so finds through when the wire is mended. Fails as a connection without an answer does.
 */
export async function findWay(
  door: PodWire['door'],
  target: { readonly ip: string; readonly port: number },
  podIp: string,
  signal: AbortSignal,
): Promise<string> {
  for (const waitMs of SYN_RETRIES_MS) {
    const answer = await ask(door, target, podIp);
    if (answer !== SILENCE) return answer;
    await delay(waitMs, undefined, { signal });
  }
  throw timedOut(target.ip, target.port);
}

/** A door that does not answer is gone with its supervisor, and with that the wire's troubles. */
function ask(door: PodWire['door'], { ip, port }: { readonly ip: string; readonly port: number }, podIp: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ ...door, localAddress: podIp });
    let answer = '';
    socket.setTimeout(ASK_TIMEOUT_MS, () => socket.destroy());
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => (answer += text));
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(answer === '' ? ip : answer));
    socket.end(`${ip} ${port}\n`);
  });
}

function timedOut(address: string, port: number): NodeJS.ErrnoException {
  return Object.assign(new Error(`connect ETIMEDOUT ${address}:${port}`), {
    ...{ errno: -110, code: 'ETIMEDOUT', syscall: 'connect' },
    address,
    port,
  });
}
