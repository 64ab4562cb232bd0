import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { hasListener } from '../shim/addresses.ts';
import { SILENCE } from '../shim/find-way.ts';
import { doorAddress, podPrefix, relayOf, type AddressBlock } from './address-blocks.ts';
import type { Endpoint } from './passage.ts';
import { ServiceProxies, type EffectsRule, type Forwarding, type PassageRule, type ProxyProblem } from './service-proxy.ts';

/** Askers at a time; more are turned away and go straight to the pod. */
const MAX_ASKERS = 512;
const ASK_TIMEOUT_MS = 5_000;
/** An address and a port. */
const MAX_QUESTION_BYTES = 32;
/** Ports of pods that are relayed at a time; the one that was asked for longest ago makes room for another. */
const MAX_RELAYS = 512;

/**
 * Where a cluster's Node programs ask for the way to another pod before they connect: `<ip> <port>` and a newline. The answer is an address for
 * the same port, the pod's own or a relay's, which does to the connection what the wire does, or `silence`. Who asks is told by the
 * address that the question comes from.
 */
export class WireDoor implements AsyncDisposable {
  readonly #server: Server;
  readonly #prefix: string;
  readonly #relays: ServiceProxies;
  /** By `ip:port` of the relay, in the order in which they were last asked for. */
  readonly #forwardings = new Map<string, Forwarding>();
  #passage: PassageRule = () => ({ kind: 'open', sent: [], received: [] });

  private constructor(block: AddressBlock, onProblem: ProxyProblem) {
    this.#prefix = podPrefix(block);
    this.#relays = new ServiceProxies(onProblem);
    this.#server = createServer((socket) => this.#serve(socket));
    this.#server.maxConnections = MAX_ASKERS;
  }

  static async listen(block: AddressBlock, onProblem: ProxyProblem): Promise<WireDoor> {
    const door = new WireDoor(block, onProblem);
    door.#server.listen({ host: doorAddress(block), port: 0 });
    await once(door.#server, 'listening');
    return door;
  }

  get address(): { readonly host: string; readonly port: number } {
    const { address, port } = this.#server.address() as AddressInfo;
    return { host: address, port };
  }

  /** Decides for every connection that is asked for or accepted from now on. */
  setPassage(rule: PassageRule): void {
    this.#passage = rule;
    this.#relays.setPassage(rule);
  }

  /** Makes the wire of every relayed connection what it is now. */
  setEffects(rule: EffectsRule): void {
    this.#relays.setEffects(rule);
  }

  #serve(socket: Socket): void {
    let question = '';
    socket.setEncoding('latin1');
    socket.setTimeout(ASK_TIMEOUT_MS, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('data', (text: string) => {
      question += text;
      if (question.length > MAX_QUESTION_BYTES) return void socket.destroy();
      if (!question.endsWith('\n')) return;
      const [ip = '', port] = question.trim().split(' ');
      void this.#find(socket.remoteAddress ?? '', { ip, port: Number(port) }).then((answer) => socket.end(answer));
    });
  }

  async #find(source: string, target: Endpoint): Promise<string> {
    if (!target.ip.startsWith(this.#prefix) || !Number.isInteger(target.port) || target.port < 1 || target.port > 65_535) return target.ip;
    const passage = this.#passage(source, target);
    if (passage.kind === 'silence') return SILENCE;
    // Where nobody listens the kernel shall refuse, which a relay could not.
    if (passage.sent.length + passage.received.length === 0 || !isListening(target)) return target.ip;
    return this.#relay(target);
  }

  async #relay(target: Endpoint): Promise<string> {
    const host = relayOf(target.ip);
    const key = `${host}:${target.port}`;
    this.#forwardings.delete(key);
    const [oldest] = this.#forwardings.keys();
    if (oldest !== undefined && this.#forwardings.size >= MAX_RELAYS) this.#forwardings.delete(oldest);
    this.#forwardings.set(key, { host, port: target.port, endpoints: [target] });
    await this.#relays.program(new Map(this.#forwardings));
    return host;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await this.#relays[Symbol.asyncDispose]();
  }
}

function isListening({ ip, port }: Endpoint): boolean {
  const table = readTable('tcp');
  return hasListener(table, ip, port) || hasListener(table, '0.0.0.0', port) || hasListener(readTable('tcp6'), '::', port);
}

function readTable(name: 'tcp' | 'tcp6'): string {
  try {
    return readFileSync(`/proc/net/${name}`, 'latin1');
  } catch {
    // A kernel without IPv6.
    return '';
  }
}
