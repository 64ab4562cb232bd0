import { isDeepStrictEqual } from 'node:util';
import type { ClusterRuntime, ServiceRoute } from '../../runtime/runtime.ts';
import type { ClusterLog } from '../cluster-options.ts';
import { messageOf } from '../client/api-errors.ts';
import { Backoff } from '../client/backoff.ts';
import type { InformerFactory } from '../client/informer-factory.ts';
import { resources } from '../client/resources.ts';
import type { Clock } from '../meta/clock.ts';
import type { EndpointSlice, Service } from '../meta/generated/types.ts';
import { planRoutes } from './plan-routes.ts';

export interface ServiceProxyOptions {
  readonly informers: InformerFactory;
  readonly runtime: ClusterRuntime;
  readonly clock: Clock;
  readonly log: ClusterLog;
}

/** Keeps the runtime's table of Services at what the API says. Resolves once the first table is in place. */
export async function startServiceProxy(options: ServiceProxyOptions): Promise<AsyncDisposable> {
  const proxy = new ServiceProxy(options);
  await proxy.start();
  return proxy;
}

/** Hands over the whole table, one call at a time: what changes during a call is in the next, and an unchanged table is none. */
class ServiceProxy implements AsyncDisposable {
  readonly #options: ServiceProxyOptions;
  readonly #retries = new Backoff({ baseMs: 200, maxMs: 10_000 });
  readonly #subscriptions: Disposable[] = [];
  #programmed: readonly ServiceRoute[] | undefined;
  #isDirty = false;
  #isDisposed = false;
  #working: Promise<void> | undefined;
  #retry: Disposable | undefined;

  constructor(options: ServiceProxyOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { informers, runtime } = this.#options;
    const services = informers.informer<Service>(resources.services);
    const slices = informers.informer<EndpointSlice>(resources.endpointSlices);
    await Promise.all([services.synced, slices.synced]);
    this.#subscriptions.push(
      services.subscribe(() => this.#changed()),
      slices.subscribe(() => this.#changed()),
      runtime.subscribe((event) => {
        if (event.kind !== 'runtime-back') return;
        this.#programmed = undefined;
        this.#changed();
      }),
    );
    this.#changed();
    await this.#working;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    for (const subscription of this.#subscriptions.splice(0)) subscription[Symbol.dispose]();
    this.#retry?.[Symbol.dispose]();
    await this.#working;
  }

  #changed(): void {
    this.#isDirty = true;
    if (this.#isDisposed) return;
    this.#working ??= this.#program();
  }

  async #program(): Promise<void> {
    // A batch of changes that comes in one turn of the event loop is one table.
    await Promise.resolve();
    try {
      while (this.#isDirty && !this.#isDisposed) {
        this.#isDirty = false;
        await this.#programOnce();
      }
    } finally {
      // In the same step as the loop's last look: a change in between would be forgotten.
      this.#working = undefined;
    }
  }

  async #programOnce(): Promise<void> {
    const { informers, runtime, clock, log } = this.#options;
    const services = informers.informer<Service>(resources.services).all();
    const slices = informers.informer<EndpointSlice>(resources.endpointSlices).all();
    const routes = planRoutes(services, slices);
    if (isDeepStrictEqual(routes, this.#programmed)) return;
    try {
      await runtime.programServices(routes);
      this.#programmed = routes;
      this.#retries.forget('');
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'service table not programmed, will retry');
      this.#retry?.[Symbol.dispose]();
      this.#retry = clock.after(this.#retries.next(''), () => this.#changed());
    }
  }
}
