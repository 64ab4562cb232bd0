import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicClock } from './clock.ts';
import { Engine } from './engine.ts';
import { drainServers, listen } from '../serving/lifecycle.ts';
import { cpuSlowdown } from './cpu-limit.ts';
import { createServer } from './http-server.ts';
import { BLOCK_TOKENS } from './kv-cache.ts';
import { log } from './log.ts';
import { allocate, heldBytes, hostBytes } from './memory.ts';
import { ServerMetrics } from './metrics.ts';
import { speedOn } from './models.ts';
import { readOptions, StartupError, UsageError, type ServerOptions } from './options.ts';
import { managementRoutes, routes, type Service } from './routes.ts';

/** Requests that run when SIGTERM comes get this long to end. */
const DRAIN_MS = 10_000;

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options.release.startError !== undefined) throw new StartupError(options.release.startError);
  const service = createService(options);
  const servers = [await listen(createServer(service, routes, options.tls), options.port, options.host)];
  if (options.managementPort !== undefined)
    servers.push(await listen(createServer(service, managementRoutes, undefined), options.managementPort, options.host));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void drain(servers));
  logStart(options);
  await load(service);
}

function createService(options: ServerOptions): Service {
  const metrics = new ServerMetrics(options);
  const engine = new Engine({
    speed: speedOn(options.model, options.device, options.deviceCount),
    slowdown: options.release.slowdown * slowdownOf(options),
    maxNumSeqs: options.maxNumSeqs,
    maxQueued: options.maxQueued,
    kvBlocks: Math.floor(options.kvCacheBytes / options.model.kvBytesPerToken / BLOCK_TOKENS),
    enablePrefixCaching: options.enablePrefixCaching,
    seed: options.seed,
    observe: metrics.observer,
    clock: monotonicClock,
  });
  metrics.watch(engine);
  return { options, metrics, engine, ready: false };
}

/** What a GPU computes does not wait for the CPU. */
function slowdownOf({ device, cpuLimitMilli }: ServerOptions): number {
  return device.name === 'cpu' ? cpuSlowdown(cpuLimitMilli) : 1;
}

async function load(service: Service): Promise<void> {
  const { model, device, kvCacheBytes, upstreamUrl } = service.options;
  const loadMs = service.options.loadMs * slowdownOf(service.options);
  const startedAt = performance.now();
  if (upstreamUrl === undefined) {
    log('info', 'loading weights', { model: model.id, weightsBytes: model.weightsBytes, kvCacheBytes });
    await allocate(hostBytes(model.weightsBytes + kvCacheBytes, device), loadMs, async (ms) => delay(ms));
  }
  service.ready = true;
  log('info', 'application startup complete', { tookMs: Math.round(performance.now() - startedAt), heldBytes: heldBytes() });
}

function logStart(options: ServerOptions): void {
  log('info', 'starting', {
    version: options.release.version,
    model: options.model.id,
    servedModelNames: options.servedModelNames,
    device: options.device.product,
    devices: options.deviceCount,
    ...(options.cpuLimitMilli === undefined ? {} : { cpuLimitMilli: options.cpuLimitMilli }),
    port: options.port,
    managementPort: options.managementPort,
    authentication: options.apiKeys.length > 0 ? 'api key' : 'none',
    tls:
      options.tls === undefined
        ? 'off'
        : (['server', 'client certificate optional', 'client certificate required'] as const)[options.tls.certReqs],
    maxModelLen: options.maxModelLen,
    maxNumSeqs: options.maxNumSeqs,
  });
}

async function drain(servers: readonly Server[]): Promise<void> {
  log('info', 'shutting down');
  await drainServers(servers, DRAIN_MS);
  process.exit(0);
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) {
    process.stderr.write(`${message}\n`);
    process.exit(2);
  }
  log('error', message, error instanceof StartupError || !(error instanceof Error) ? {} : { stack: error.stack });
  process.exit(1);
});
