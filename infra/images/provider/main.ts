import { createServer, type Server } from 'node:http';
import { systemClock } from '../../cluster/meta/clock.ts';
import { log } from '../inference/log.ts';
import { drainServers, listen, portOf } from '../serving/lifecycle.ts';
import { alphaFace } from './alpha/alpha-face.ts';
import { betaFace } from './beta/beta-face.ts';
import { createControlServer } from './control-server.ts';
import { runControlOrders } from './ctl.ts';
import { readFaultFile } from './fault-file.ts';
import { KeyRing, KeysFileError } from './keys.ts';
import { OptionsError, readOptions, type ProviderOptions } from './options.ts';
import { Provider } from './provider.ts';
import { PublicServer } from './public-server.ts';

/** Requests that run when SIGTERM comes get this long to end. */
const DRAIN_MS = 10_000;
const faces = { alpha: alphaFace, beta: betaFace };

async function serve(options: ProviderOptions): Promise<void> {
  const clock = systemClock;
  const keys = new KeyRing(options.keysFile, clock);
  const provider = new Provider({ face: faces[options.face], clock, keys, seed: options.seed });
  if (options.faultsFile !== undefined) provider.faults.replace(readFaultFile(options.faultsFile));
  const publicServer = new PublicServer(provider, options);
  const control = createControlServer({ provider, publicServer, tokenHash: options.controlToken.hash, faultsFile: options.faultsFile });
  const management = createManagementServer(provider);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop([publicServer.server, control, management]));
  const port = await publicServer.open();
  await listen(management, options.managementPort, options.host);
  await listen(control, options.controlPort, '127.0.0.1');
  log('info', 'listening', { face: options.face, port, managementPort: portOf(management), controlPort: portOf(control) });
}

function createManagementServer(provider: Provider): Server {
  return createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    if (path === '/healthz') response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n');
    else if (path === '/metrics')
      void provider.metrics.registry
        .metrics()
        .then((text) => response.writeHead(200, { 'content-type': provider.metrics.registry.contentType }).end(text));
    else response.writeHead(404).end();
  });
}

async function stop(servers: readonly Server[]): Promise<void> {
  log('info', 'shutting down');
  await drainServers(servers, DRAIN_MS);
  process.exit(0);
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`provider: ${message}\n`);
  process.exit(error instanceof OptionsError || error instanceof KeysFileError ? 2 : 1);
}

async function main([command = 'serve']: readonly string[]): Promise<void> {
  const options = readOptions(process.env);
  if (command === 'serve') await serve(options);
  else if (command === 'ctl') await runControlOrders(options.controlPort, options.controlToken.plain);
  else throw new OptionsError('usage: provider serve | ctl < ORDERS.jsonl');
}

main(process.argv.slice(2)).catch(fail);
