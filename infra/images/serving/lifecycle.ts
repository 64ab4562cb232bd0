import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves once the server listens; rejects when it cannot. Port 0 takes any free one. */
export function listen(server: Server, port: number, host: string | undefined): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

/** The port that a listening server really has. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** How often connections are looked for whose last request has ended: nothing tells when one becomes idle. */
const IDLE_CHECK_MS = 50;

/** Takes no new connections and gives requests under way this long to end. */
export async function drainServers(servers: readonly Server[], withinMs: number): Promise<void> {
  const closed = Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  const idle = setInterval(() => {
    for (const server of servers) server.closeIdleConnections();
  }, IDLE_CHECK_MS);
  await Promise.race([closed, delay(withinMs)]);
  clearInterval(idle);
}
