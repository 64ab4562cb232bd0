import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { WebSocketServer, type WebSocket } from 'ws';

/** A listener that stands in for a cluster's API server: requests and execs are handled by the test. Plain HTTP with a bearer token. */
export interface FakeApiServer extends AsyncDisposable {
  readonly kubeConfig: KubeConfig;
  readonly requests: {
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingMessage['headers'];
    readonly body: string;
  }[];
  respond: (request: IncomingMessage, response: ServerResponse) => void;
  onExec: (socket: WebSocket, url: URL) => void;
  /** Set: execs are answered with this instead. */
  refuseExec: { readonly status: number; readonly body: string } | undefined;
}

export async function startFakeApiServer(): Promise<FakeApiServer> {
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      fake.requests.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      fake.respond(request, response);
    });
  });
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false });
  http.on('upgrade', (request, socket, head) => {
    const { refuseExec: refusal } = fake;
    if (refusal === undefined) sockets.handleUpgrade(request, socket, head, (accepted) => sockets.emit('connection', accepted, request));
    else
      socket.end(
        `HTTP/1.1 ${refusal.status} Refused\r\nContent-Length: ${Buffer.byteLength(refusal.body)}\r\nConnection: close\r\n\r\n${refusal.body}`,
      );
  });
  sockets.on('connection', (socket, request) => fake.onExec(socket, new URL(request.url ?? '', 'http://api')));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { name: 'fake', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'operator', token: 'operator-token' },
  );
  const fake: FakeApiServer = {
    kubeConfig,
    requests: [],
    refuseExec: undefined,
    respond: (_request, response) => response.writeHead(404).end(),
    onExec: (socket) => socket.close(),
    [Symbol.asyncDispose]: async () => {
      for (const client of sockets.clients) client.terminate();
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
  return fake;
}
