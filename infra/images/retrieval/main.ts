import { systemClock } from '../../cluster/meta/clock.ts';
import { log } from '../inference/log.ts';
import { wallTimeMs } from '../inference/wall-clock.ts';
import { drainServers, listen } from '../serving/lifecycle.ts';
import { createEmbedder } from './embedder.ts';
import { createServer, type Service } from './http-server.ts';
import { RetrievalMetrics } from './metrics.ts';
import { readOptions, UsageError, type RetrievalOptions } from './options.ts';
import { Retriever } from './retriever.ts';

/** Requests that run when SIGTERM comes get this long to end. */
const DRAIN_MS = 10_000;

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.env);
  const service = createService(options);
  const server = await listen(createServer(service), options.port, options.host);
  const stopped = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      stopped.abort();
      void drainServers([server], DRAIN_MS).then(() => process.exit(0));
    });
  log('info', 'starting', { documents: options.documents, index: options.index, build: options.build, port: options.port });
  await buildAtStart(service, stopped.signal);
}

function createService(options: RetrievalOptions): Service {
  const metrics = new RetrievalMetrics();
  const embedder = createEmbedder(options);
  const clock = { ...systemClock, now: wallTimeMs };
  const retriever = new Retriever({ documents: options.documents, indexFile: options.index, embedder, metrics, clock });
  return { options, metrics, retriever };
}

/** A service without an index serves on and says why; whoever mends it asks for a build. */
async function buildAtStart({ options, retriever }: Service, signal: AbortSignal): Promise<void> {
  const { state, reason } = await retriever.report();
  const isWanted = options.build === 'always' || (options.build === 'missing' && state === 'missing');
  if (!isWanted) {
    log(state === 'ready' ? 'info' : 'error', `index ${state}`, reason === undefined ? {} : { reason });
    return;
  }
  try {
    const { documents, chunks, model, dimensions } = await retriever.build(signal);
    log('info', 'index built', { documents, chunks, model, dimensions });
  } catch (error) {
    log('error', 'index not built', { reason: error instanceof Error ? error.message : String(error) });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
});
