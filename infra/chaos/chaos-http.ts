import https, { type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import axios, { AxiosError, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { sleep, systemClock, type Clock } from '../cluster/meta/clock.ts';
import { ChaosError, toChaosError } from './chaos-error.ts';

export interface ChaosHttpOptions {
  /** For one request, its answer included. */
  readonly requestTimeoutMs?: number;
  /** How often a request is made again that had no answer, or one that may not stand: 429 and 5xx. */
  readonly retries?: number;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

export interface ChaosRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
}

const MAX_ANSWER_BYTES = 16 * 1_048_576;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;

/** Requests to one API server with a kubeconfig's credentials: its CA, and a client certificate, a token or what its plugin gives. */
export class ChaosHttp implements Disposable {
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly #config: KubeConfig;
  readonly #options: ChaosHttpOptions;
  #session: Promise<{ readonly http: AxiosInstance; readonly agent: https.Agent }> | undefined;

  constructor(config: KubeConfig, options: ChaosHttpOptions = {}) {
    this.#config = config;
    this.#options = options;
    this.clock = options.clock ?? systemClock;
    this.signal = options.signal;
  }

  [Symbol.dispose](): void {
    void this.#session?.then(
      ({ agent }) => agent.destroy(),
      () => undefined,
    );
    this.#session = undefined;
  }

  /** The answer's body. Throws ChaosError. A create that was carried out though its answer was lost comes back as AlreadyExists. */
  async send<T>(request: ChaosRequest): Promise<T> {
    const what = `${request.method} ${request.path}`;
    const { retries = 4 } = this.#options;
    for (let attempt = 0; ; attempt += 1) {
      this.signal?.throwIfAborted();
      try {
        return (await (await this.#open()).http.request<T>(toAxios(request, this.signal))).data;
      } catch (error) {
        const pauseMs = attempt < retries ? this.#pauseAfter(error, attempt) : undefined;
        if (pauseMs === undefined) throw toChaosError(error, what);
        await sleep(this.clock, pauseMs, this.signal);
      }
    }
  }

  /** How long to wait before the next try; undefined for what another try would not change. */
  #pauseAfter(error: unknown, attempt: number): number | undefined {
    if (!(error instanceof AxiosError) || error.code === AxiosError.ERR_CANCELED) return undefined;
    const backoffMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
    const { response } = error;
    if (response === undefined) return error.code === AxiosError.ERR_BAD_RESPONSE ? undefined : backoffMs;
    if (response.status === 401 && attempt === 0) {
      // A token may have run out: the next session asks the kubeconfig for another.
      this[Symbol.dispose]();
      return 0;
    }
    if (response.status !== 429 && response.status < 500) return undefined;
    const askedMs = Number(response.headers['retry-after']) * 1000;
    return askedMs > 0 ? Math.min(askedMs, MAX_PAUSE_MS) : backoffMs;
  }

  #open(): Promise<{ readonly http: AxiosInstance; readonly agent: https.Agent }> {
    this.#session ??= this.#connect().catch((error: unknown) => {
      this.#session = undefined;
      throw error;
    });
    return this.#session;
  }

  async #connect(): Promise<{ readonly http: AxiosInstance; readonly agent: https.Agent }> {
    const cluster = this.#config.getCurrentCluster();
    if (cluster === null) throw new ChaosError('Unreachable', 'The kubeconfig names no cluster.');
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const { ca, cert, key, rejectUnauthorized = true, servername } = options;
    const tls = { ca, cert, key, rejectUnauthorized, ...(servername === undefined ? {} : { servername }) };
    const agent = new https.Agent({ ...tls, keepAlive: true, maxSockets: 8 });
    const { Authorization } = (options.headers ?? {}) as { readonly Authorization?: string };
    const http = axios.create({
      baseURL: cluster.server,
      httpsAgent: agent,
      headers: { Accept: 'application/json', ...(Authorization === undefined ? {} : { Authorization }) },
      timeout: this.#options.requestTimeoutMs ?? 10_000,
      maxContentLength: MAX_ANSWER_BYTES,
      maxRedirects: 0,
      // The cluster is named by its kubeconfig alone, whatever the environment says of proxies.
      proxy: false,
    });
    return { http, agent };
  }
}

function toAxios({ method, path, query, body, contentType = 'application/json' }: ChaosRequest, signal?: AbortSignal): AxiosRequestConfig {
  return {
    method,
    url: path,
    ...(query === undefined ? {} : { params: query }),
    ...(body === undefined ? {} : { data: JSON.stringify(body), headers: { 'Content-Type': contentType } }),
    ...(signal === undefined ? {} : { signal }),
  };
}
