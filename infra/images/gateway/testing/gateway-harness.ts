import type { Server } from 'node:http';
import { ManualClock } from '../../../cluster/meta/manual-clock.ts';
import { listen, portOf } from '../../serving/lifecycle.ts';
import { Gateway } from '../gateway.ts';
import { createServer } from '../http/server.ts';
import { configFrom } from './config-text.ts';

export const masterKey = 'sk-master-0001';

/** A gateway within the test, on a free port of loopback, whose time the test moves. */
export class GatewayHarness implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly gateway: Gateway;
  readonly url: string;
  readonly #server: Server;

  private constructor(clock: ManualClock, gateway: Gateway, server: Server) {
    this.clock = clock;
    this.gateway = gateway;
    this.#server = server;
    this.url = `http://127.0.0.1:${portOf(server)}`;
  }

  static async start(config: string): Promise<GatewayHarness> {
    const clock = new ManualClock();
    const gateway = new Gateway(configFrom(`${config}general_settings: { master_key: ${masterKey} }\n`), [], { clock, random: () => 0 });
    return new GatewayHarness(clock, gateway, await listen(createServer(gateway), 0, '127.0.0.1'));
  }

  request(path: string, body?: object, key = masterKey): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${key}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  chat(content: string, more: object = {}, key?: string): Promise<Response> {
    return this.request('/v1/chat/completions', { model: 'chat', messages: [{ role: 'user', content }], ...more }, key);
  }

  async json<T = Record<string, unknown>>(path: string, body?: object, key?: string): Promise<T> {
    return (await (await this.request(path, body, key)).json()) as T;
  }

  async newKey(limits: object): Promise<string> {
    return (await this.json<{ key: string }>('/key/generate', limits)).key;
  }

  /** The value of a metric's one line that has all these labels. */
  async metric(name: string, ...labels: readonly string[]): Promise<number | undefined> {
    const text = await (await this.request('/metrics')).text();
    const line = text.split('\n').find((one) => one.startsWith(`${name}{`) && labels.every((label) => one.includes(label)));
    return line === undefined ? undefined : Number(line.split(' ').at(-1));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
