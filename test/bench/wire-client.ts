import { connect, type TLSSocket } from 'node:tls';

export interface WireTarget {
  readonly port: number;
  readonly authority: string;
  readonly token: string;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: string;
  readonly body: Buffer;
}

/**
 * One kept-alive HTTPS connection that asks one thing at a time. Spares what an HTTP library spends on each request, so that a load
 * generator on a small machine leaves the processor to what it measures. Understands answers with a content length, which are all that
 * objects and lists have.
 */
export class WireClient implements Disposable {
  readonly #socket: TLSSocket;
  readonly #head: string;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #expected = 0;
  #headBytes = 0;
  #headText = '';
  #settle: { resolve(answer: WireAnswer): void; reject(error: Error): void } | undefined;

  private constructor(socket: TLSSocket, token: string) {
    this.#socket = socket;
    this.#head = `Host: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nUser-Agent: kubectl/v1.36.2 (linux/amd64)\r\n`;
    socket.on('data', (data: Buffer) => this.#take(data));
    socket.on('error', (error: Error) => this.#settle?.reject(error));
    socket.once('close', () => this.#settle?.reject(new Error('the server closed the connection')));
  }

  static async open({ port, authority, token }: WireTarget): Promise<WireClient> {
    const socket = connect({ host: '127.0.0.1', port, ca: authority });
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    socket.setNoDelay(true);
    return new WireClient(socket, token);
  }

  request(method: string, path: string, options: { readonly body?: string; readonly headers?: string } = {}): Promise<WireAnswer> {
    const { body = '', headers = '' } = options;
    const length = body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(`${method} ${path} HTTP/1.1\r\n${this.#head}${headers}${length}\r\n${body}`);
    });
  }

  [Symbol.dispose](): void {
    this.#settle = undefined;
    this.#socket.destroy();
  }

  #take(data: Buffer): void {
    this.#chunks.push(data);
    this.#bytes += data.byteLength;
    if (this.#expected === 0) this.#readHead();
    if (this.#expected !== 0 && this.#bytes >= this.#expected) this.#finish();
  }

  #readHead(): void {
    const received = this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks);
    this.#chunks = [received];
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return;
    this.#headText = received.toString('latin1', 0, end);
    this.#headBytes = end + 4;
    this.#expected = this.#headBytes + Number(/content-length: (\d+)/i.exec(this.#headText)?.[1] ?? 0);
  }

  #finish(): void {
    const whole = this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks);
    const answer = { status: Number(this.#headText.slice(9, 12)), headers: this.#headText, body: whole.subarray(this.#headBytes) };
    this.#chunks = [];
    this.#bytes = 0;
    this.#expected = 0;
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.resolve(answer);
  }
}
