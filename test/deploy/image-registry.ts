import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** As much of the OCI distribution API as a push needs. Docker speaks to registries on loopback without TLS. */
export interface ImageRegistry extends AsyncDisposable {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** By repository and tag. */
  readonly manifests: ReadonlyMap<string, Buffer>;
  readonly blobs: ReadonlyMap<string, Buffer>;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
}

const answerOf = (status: number, headers: Record<string, string> = {}): Answer => ({ status, headers });

export async function startImageRegistry(): Promise<ImageRegistry> {
  const manifests = new Map<string, Buffer>();
  const blobs = new Map<string, Buffer>();
  const uploads = new Map<string, Buffer[]>();
  const server = createServer((request, response) => {
    void answer(request).then(({ status, headers }) => response.writeHead(status, headers).end());
  });

  async function answer(request: IncomingMessage): Promise<Answer> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://registry');
    const body = await buffer(request);
    const [, name = '', kind, reference = ''] = /^\/v2\/(.+)\/(blobs|manifests)\/(.*)$/.exec(pathname) ?? [];
    if (kind === undefined) return answerOf(200);
    if (kind === 'manifests') {
      if (request.method !== 'PUT') return answerOf(404);
      manifests.set(`${name}:${reference}`, body);
      return answerOf(201, { 'docker-content-digest': digestOf(body) });
    }
    if (request.method === 'HEAD') {
      const blob = blobs.get(reference);
      return blob === undefined
        ? answerOf(404)
        : answerOf(200, { 'content-length': String(blob.byteLength), 'docker-content-digest': reference });
    }
    const id = request.method === 'POST' ? randomUUID() : (reference.split('/')[1] ?? '');
    const chunks = [...(uploads.get(id) ?? []), body];
    uploads.set(id, chunks);
    const digest = searchParams.get('digest');
    if (request.method !== 'PUT' || digest === null) {
      const size = Buffer.concat(chunks).byteLength;
      return answerOf(202, { location: `/v2/${name}/blobs/uploads/${id}`, range: `0-${Math.max(0, size - 1)}`, 'docker-upload-uuid': id });
    }
    const blob = Buffer.concat(chunks);
    if (digestOf(blob) !== digest) return answerOf(400);
    blobs.set(digest, blob);
    return answerOf(201, { 'docker-content-digest': digest });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    manifests,
    blobs,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
