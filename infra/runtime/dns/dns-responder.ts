import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  decode,
  encode,
  streamDecode,
  streamEncode,
  AUTHORITATIVE_ANSWER,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import type { Packet } from 'dns-packet';
import { clusterDomain, Zone, type ZoneAnswer } from './zone.ts';
import type { ServiceRoute } from '../runtime.ts';

/** Response codes of RFC 1035. */
const rcode = { noError: 0, formatError: 1, noName: 3, notImplemented: 4 } as const;

/** What a datagram holds where the question does not say more (RFC 1035), and the most that is sent whatever it says. */
const PLAIN_UDP_BYTES = 512;
const MAX_UDP_BYTES = 1_232;
const MAX_TCP_CONNECTIONS = 64;
const TCP_IDLE_MS = 10_000;
const MAX_QUESTION_BYTES = 4_096;
/** Far more than pods of one sandbox ask; what exceeds it gets no answer, so that a flood costs the machine little. */
const MAX_QUESTIONS_A_SECOND = 5_000;
/** The bits of the flags that say what kind of request it is; zero is a question. */
const OPCODE_MASK = 0x7800;
const BIND_ATTEMPTS = 5;

/** Answers one cluster's names over UDP and TCP. Asks nobody else, whatever it is asked. */
export class DnsResponder implements AsyncDisposable {
  readonly port: number;
  readonly #datagrams: DatagramSocket;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  #zone = new Zone([]);
  #budget = { second: 0, left: MAX_QUESTIONS_A_SECOND };

  private constructor(server: Server, datagrams: DatagramSocket, port: number) {
    this.port = port;
    this.#server = server;
    this.#datagrams = datagrams;
    server.maxConnections = MAX_TCP_CONNECTIONS;
    server.on('connection', (socket) => this.#serve(socket)).on('error', () => undefined);
    datagrams.on('message', (message, from) => this.#reply(message, from.address, from.port)).on('error', () => undefined);
  }

  /** Listens on one port for both protocols: the wanted one where it is free. */
  static async listen(host: string, wantedPort = 0): Promise<DnsResponder> {
    for (let attempt = 1; ; attempt += 1) {
      const server = createServer();
      const datagrams = createSocket({ type: 'udp4' });
      try {
        server.listen({ host, port: attempt === 1 ? wantedPort : 0 });
        await once(server, 'listening');
        const { port } = server.address() as AddressInfo;
        datagrams.bind({ address: host, port, exclusive: true });
        await once(datagrams, 'listening');
        return new DnsResponder(server, datagrams, port);
      } catch (error) {
        server.close();
        datagrams.close();
        if (attempt === BIND_ATTEMPTS || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      }
    }
  }

  setServices(services: readonly ServiceRoute[]): void {
    this.#zone = new Zone(services);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    const closed = [once(this.#server, 'close'), once(this.#datagrams, 'close')];
    this.#server.close();
    this.#datagrams.close();
    await Promise.all(closed);
  }

  #reply(message: Buffer, address: string, port: number): void {
    if (!this.#mayAnswer()) return;
    const question = parse(message, decode);
    if (question === undefined) return;
    const answer = planReply(question, this.#zone);
    const whole = encode(answer);
    const room = Math.min(MAX_UDP_BYTES, Math.max(PLAIN_UDP_BYTES, ednsBytes(question)));
    this.#datagrams.send(whole.length <= room ? whole : encode(truncated(answer)), port, address, () => undefined);
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    let received: Buffer = Buffer.alloc(0);
    socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
    socket.on('error', () => undefined).once('close', () => this.#connections.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const length = 2 + received.readUInt16BE(0);
        const question = this.#mayAnswer() ? parse(received.subarray(0, length), streamDecode) : undefined;
        if (question === undefined) return void socket.destroy();
        socket.write(streamEncode(planReply(question, this.#zone)));
        received = received.subarray(length);
      }
      if (received.length > MAX_QUESTION_BYTES) socket.destroy();
    });
  }

  #mayAnswer(): boolean {
    const second = Math.floor(performance.now() / 1_000);
    if (second !== this.#budget.second) this.#budget = { second, left: MAX_QUESTIONS_A_SECOND };
    this.#budget.left -= 1;
    return this.#budget.left >= 0;
  }
}

/** Undefined for what is no question: noise is not answered. */
function parse(message: Buffer, read: (buffer: Buffer) => Packet | null): Packet | undefined {
  try {
    const packet = read(message);
    return packet?.type === 'query' ? packet : undefined;
  } catch {
    return undefined;
  }
}

/** The whole answer to one packet. Pure but for the order of addresses. */
export function planReply(packet: Packet, zone: Zone): Packet {
  const [question, ...others] = packet.questions ?? [];
  const asked = (packet.flags ?? 0) & RECURSION_DESIRED;
  const base = { type: 'response' as const, id: packet.id ?? 0, questions: packet.questions ?? [], additionals: ednsOf(packet) };
  const flags = asked | RECURSION_AVAILABLE;
  if (question === undefined || others.length > 0) return { ...base, flags: flags | rcode.formatError };
  if (((packet.flags ?? 0) & OPCODE_MASK) !== 0) return { ...base, flags: flags | rcode.notImplemented };
  const answer = zone.answer(question.name, question.type);
  // Where nothing is found, the authority says for how long that may be remembered.
  const authorities = answer.kind === 'found' ? [] : [authorityOf()];
  const code = answer.kind === 'unknown' ? rcode.noName : rcode.noError;
  return { ...base, answers: answersOf(answer), authorities, flags: flags | AUTHORITATIVE_ANSWER | code };
}

type Records = NonNullable<Packet['answers']>;

function answersOf(answer: ZoneAnswer): Records {
  return answer.kind === 'empty' ? [] : [...answer.answers];
}

const NEGATIVE_TTL_SECONDS = 5;

function authorityOf(): Records[number] {
  const data = { mname: `ns.dns.${clusterDomain}`, rname: `hostmaster.${clusterDomain}`, serial: 1, refresh: 7_200, retry: 1_800 };
  const times = { expire: 86_400, minimum: NEGATIVE_TTL_SECONDS };
  return { type: 'SOA', name: clusterDomain, ttl: NEGATIVE_TTL_SECONDS, data: { ...data, ...times } };
}

function ednsBytes({ additionals = [] }: Packet): number {
  const option = additionals.find((record) => record.type === 'OPT');
  return option?.type === 'OPT' ? option.udpPayloadSize : 0;
}

/** Who speaks EDNS (RFC 6891) is answered in it. */
function ednsOf(packet: Packet): Records {
  const hasOption = (packet.additionals ?? []).some((record) => record.type === 'OPT');
  if (!hasOption) return [];
  return [
    { type: 'OPT', name: '.', udpPayloadSize: MAX_UDP_BYTES, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] },
  ];
}

function truncated(answer: Packet): Packet {
  return { ...answer, answers: [], authorities: [], flags: (answer.flags ?? 0) | TRUNCATED_RESPONSE };
}
