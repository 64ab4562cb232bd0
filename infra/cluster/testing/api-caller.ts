import https from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import type { BareControlPlane } from './bare-control-plane.ts';
import { clientCredentials } from './client-credentials.ts';

export interface ApiAnswer {
  readonly code: number;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as JSON; throws where it is none. */
  json<T = Record<string, unknown>>(): T;
}

export interface ApiRequest {
  /** An object is sent as JSON, bytes as they are. */
  readonly body?: object | string | Buffer;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** Requests past any client library, as one person of a cluster, on one kept connection at a time. */
export class ApiCaller implements Disposable {
  readonly #url: string;
  readonly #agent: https.Agent;

  constructor(plane: BareControlPlane, identity: 'admin' | 'operator') {
    this.#url = plane.url;
    this.#agent = new https.Agent({ ...clientCredentials(plane.kubeconfig(identity)), keepAlive: true, maxSockets: 8 });
  }

  call(method: string, path: string, { body, headers = {} }: ApiRequest = {}): Promise<ApiAnswer> {
    const bytes = body === undefined || Buffer.isBuffer(body) || typeof body === 'string' ? body : JSON.stringify(body);
    const typed = bytes === undefined ? headers : { 'content-type': 'application/json', ...headers };
    return new Promise((resolve, reject) => {
      const request = https.request(
        this.#url + path,
        { method, headers: typed as Record<string, string>, agent: this.#agent },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.once('error', reject);
          answer.once('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            resolve({ code: answer.statusCode ?? 0, text, headers: answer.headers, json: <T>() => JSON.parse(text) as T });
          });
        },
      );
      request.once('error', reject);
      request.end(bytes);
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
