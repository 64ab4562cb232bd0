import { readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import type { SupervisorConfig, WireMessage } from '../wire.ts';
import { SupervisorServer } from './server.ts';
import { Supervisor } from './supervisor.ts';

/** Time for an orchestrator that closes one connection to open the next. */
const EMPTY_EXIT_MS = 2_000;

/**
 * The supervisor's program: `node supervisor.mjs CONFIG`. It runs in a session of its own, says `ready` on stdout when it listens, and
 * ends when it has nothing to hold and nobody to serve, or when no orchestrator has come for the orphan time-out.
 */
async function main(): Promise<void> {
  for (const kind of ['uncaughtException', 'unhandledRejection'] as const) process.on(kind, survive);
  // Containers of other users look into folders made here.
  process.umask(0o022);
  const config = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as SupervisorConfig;
  let exitTimer: NodeJS.Timeout | undefined;
  // An orchestrator may leave while its last cluster is still ending.
  const planExit = (): void => {
    clearTimeout(exitTimer);
    if (server.hasOrchestrator) return;
    exitTimer = setTimeout(() => void end(), supervisor.isEmpty ? EMPTY_EXIT_MS : config.orphanTimeoutMs);
  };
  const server = new SupervisorServer(planExit, () => void end());
  const supervisor = new Supervisor(config, (message: WireMessage) => server.broadcast(message), planExit);
  const end = async (): Promise<void> => {
    await supervisor.shutdown();
    rmSync(config.socketPath, { force: true });
    await server.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end());
  process.on('SIGHUP', () => undefined);
  if (await answers(config.socketPath)) throw new Error(`Another supervisor answers on ${config.socketPath}.`);
  await supervisor.start();
  rmSync(config.socketPath, { force: true });
  await server.listen(supervisor, config.socketPath);
  planExit();
  process.stdout.on('error', () => undefined);
  process.stdout.write('ready\n');
}

/**
 * Notes a failure that nobody handled and goes on. Every container hangs on this process, so that a fault in serving one of them must
 * not end all the others.
 */
function survive(error: unknown): void {
  process.stderr.write(`${new Date().toISOString()} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

main().catch((error: unknown) => {
  survive(error);
  process.exit(1);
});
