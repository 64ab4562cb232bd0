import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { callHttp, readJson, readText } from './call-http.ts';

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  server = undefined;
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/path?x=1`;
}

const never = new AbortController().signal;
const get = { method: 'GET', headers: {}, signal: never };

describe('a call over HTTP', () => {
  it('sends method, path, headers and body with its length, and reads status, headers and JSON', async () => {
    const url = await serve((request, response) => {
      void readText({ status: 0, ok: true, headers: {}, body: request }, 1_000).then((body) => {
        const { method, url: path, headers } = request;
        response
          .writeHead(201, { 'X-Kept': 'yes' })
          .end(JSON.stringify({ method, path, type: headers['content-type'], length: headers['content-length'], body }));
      });
    });
    const answer = await callHttp(url, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'größe', signal: never });
    expect([answer.status, answer.ok, answer.headers['x-kept']]).toEqual([201, true, 'yes']);
    expect(await readJson(answer, 1_000)).toEqual({ method: 'POST', path: '/path?x=1', type: 'text/plain', length: '7', body: 'größe' });
  });

  it('does not follow a redirect, and takes nothing else for JSON', async () => {
    const url = await serve((_request, response) => response.writeHead(302, { location: '/elsewhere' }).end('over there'));
    const answer = await callHttp(url, get);
    expect([answer.status, answer.ok]).toEqual([302, false]);
    await expect(readJson(answer, 1_000)).rejects.toThrow(SyntaxError);
  });

  it('reads no more than it was allowed', async () => {
    const url = await serve((_request, response) => response.end('x'.repeat(1_001)));
    await expect(callHttp(url, get).then((answer) => readText(answer, 1_000))).rejects.toThrow(RangeError);
  });

  it('rejects with the system’s error where nobody listens, and where an answer breaks off', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half', () => response.destroy());
    });
    await expect(callHttp(url, get).then((answer) => readText(answer, 1_000))).rejects.toMatchObject({ code: 'ECONNRESET' });
    await new Promise<void>((resolve) => server?.close(() => resolve()));
    server = undefined;
    await expect(callHttp(url, get)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('ends with its signal, before the answer and within it', async () => {
    const url = await serve((request, response) => {
      if (request.method === 'GET') response.write('begun');
    });
    const before = callHttp(url, { ...get, method: 'POST', signal: AbortSignal.timeout(20) });
    await expect(before).rejects.toMatchObject({ name: 'AbortError', cause: { name: 'TimeoutError' } });
    const gone = new AbortController();
    const answer = await callHttp(url, { ...get, signal: gone.signal });
    gone.abort();
    await expect(readText(answer, 1_000)).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('asks once more where a kept connection turns out to be closed', async () => {
    const sockets = new Set<Socket>();
    let asked = 0;
    const url = await serve((request, response) => {
      asked += 1;
      // The second request on one connection meets a server that has just closed it.
      if (sockets.has(request.socket)) request.socket.resetAndDestroy();
      else response.end('ok');
      sockets.add(request.socket);
    });
    for (let round = 0; round < 2; round += 1) expect(await callHttp(url, get).then((answer) => readText(answer, 10))).toBe('ok');
    expect([asked, sockets.size]).toEqual([3, 2]);
  });
});
