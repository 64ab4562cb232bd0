import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const VERSION = 1;
const COUNTER_BYTES = 8;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;
/** Replicas come and go with every update; those that sent least recently are forgotten. */
const MAX_SENDERS = 64;

interface Sender {
  readonly key: Buffer;
  /** Of the newest message. */
  counter: bigint;
}

/**
 * What replicas say to each other passes through Redis, keys typed in terminals included. So it is sealed with the installation's own secret: who reads along
 * in Redis learns nothing but who speaks and how much, and what somebody else put there, put elsewhere or played again does not open.
 */
export class Seal {
  readonly #secret: string;
  readonly #id: string;
  readonly #key: Buffer;
  readonly #senders = new Map<string, Sender>();
  #counter = 0n;

  /** `id` is another one with every start of the process: a counter never meets the same key twice. */
  constructor(secret: string, id: string) {
    this.#secret = secret;
    this.#id = id;
    this.#key = keyOf(secret, id);
  }

  /** `channel` is sealed with it. Messages open in the order in which they were sealed. */
  close(channel: string, message: Buffer): Buffer {
    this.#counter += 1n;
    const head = headOf(this.#id, this.#counter);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonceOf(this.#counter));
    cipher.setAAD(Buffer.concat([head, Buffer.from(channel)]));
    const sealed = Buffer.concat([cipher.update(message), cipher.final()]);
    return Buffer.concat([head, cipher.getAuthTag(), sealed]);
  }

  /** Undefined for what no replica of this installation sealed for this channel, and for what was opened before. */
  open(channel: string, bytes: Buffer): { readonly from: string; readonly message: Buffer } | undefined {
    const idLength = bytes[1] ?? 0;
    const headLength = 2 + idLength + COUNTER_BYTES;
    if (bytes[0] !== VERSION || bytes.length < headLength + TAG_BYTES) return undefined;
    const from = bytes.subarray(2, 2 + idLength).toString('latin1');
    const counter = bytes.readBigUInt64BE(2 + idLength);
    const sender = this.#senders.get(from) ?? { key: keyOf(this.#secret, from), counter: 0n };
    if (counter <= sender.counter) return undefined;
    const message = decrypt(sender.key, counter, bytes, headLength, channel);
    if (message === undefined) return undefined;
    sender.counter = counter;
    this.#remember(from, sender);
    return { from, message };
  }

  #remember(from: string, sender: Sender): void {
    this.#senders.delete(from);
    this.#senders.set(from, sender);
    const eldest = this.#senders.keys().next().value;
    if (this.#senders.size > MAX_SENDERS && eldest !== undefined) this.#senders.delete(eldest);
  }
}

function decrypt(key: Buffer, counter: bigint, bytes: Buffer, headLength: number, channel: string): Buffer | undefined {
  const decipher = createDecipheriv(ALGORITHM, key, nonceOf(counter));
  decipher.setAAD(Buffer.concat([bytes.subarray(0, headLength), Buffer.from(channel)]));
  decipher.setAuthTag(bytes.subarray(headLength, headLength + TAG_BYTES));
  const opened = decipher.update(bytes.subarray(headLength + TAG_BYTES));
  try {
    decipher.final();
    return opened;
  } catch {
    return undefined;
  }
}

function headOf(id: string, counter: bigint): Buffer {
  const head = Buffer.alloc(2 + id.length + COUNTER_BYTES);
  head[0] = VERSION;
  head[1] = id.length;
  head.write(id, 2, 'latin1');
  head.writeBigUInt64BE(counter, 2 + id.length);
  return head;
}

function nonceOf(counter: bigint): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeBigUInt64BE(counter, NONCE_BYTES - COUNTER_BYTES);
  return nonce;
}

function keyOf(secret: string, id: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, id, 'drillhouse replicas', 32));
}
