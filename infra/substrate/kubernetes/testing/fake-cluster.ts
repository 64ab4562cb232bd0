import { startFakeApiServer, type FakeApiServer } from '../../../../server/testing/fake-api-server.ts';

interface Space {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>>; readonly deletionTimestamp?: string };
  readonly status?: object;
}

/** An API server that knows namespaces and lets everybody do everything, until it is told to fail. */
export class FakeCluster implements AsyncDisposable {
  readonly api: FakeApiServer;
  readonly #spaces = new Map<string, Space>();
  /** Set: every answer has this status. */
  failing: number | undefined;
  /** Set: namespaces that are deleted stay for this reason. */
  keptBy: string | undefined;

  private constructor(api: FakeApiServer) {
    this.api = api;
    api.respond = ({ method = '', url = '' }, response) => {
      const [code, body] =
        this.failing === undefined ? this.#answer(method, url) : [this.failing, { message: 'failing', code: this.failing }];
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
  }

  static async start(): Promise<FakeCluster> {
    return new FakeCluster(await startFakeApiServer());
  }

  get namespaces(): readonly string[] {
    return [...this.#spaces.keys()].sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api[Symbol.asyncDispose]();
  }

  #answer(method: string, url: string): readonly [code: number, body: object] {
    const { pathname, searchParams } = new URL(url, 'http://api');
    const [, name] = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(pathname) ?? [];
    if (pathname === '/version') return [200, { major: '1', minor: '36', gitVersion: 'v1.36.2' }];
    if (pathname.endsWith('/selfsubjectreviews')) return [201, { status: { userInfo: { username: 'orchestrator' } } }];
    if (pathname.endsWith('/selfsubjectaccessreviews')) return [201, { status: { allowed: true } }];
    if (pathname === '/api/v1/namespaces') return method === 'POST' ? this.#create() : this.#list(searchParams.get('labelSelector') ?? '');
    if (name !== undefined && method === 'DELETE') return [this.#end(name) ? 200 : 404, { code: 404, reason: 'NotFound' }];
    const space = name === undefined ? undefined : this.#spaces.get(name);
    if (space !== undefined) return [200, space];
    return method === 'POST' ? [201, {}] : [404, { message: 'not found', reason: 'NotFound', code: 404 }];
  }

  #end(name: string): boolean {
    const space = this.#spaces.get(name);
    if (space === undefined || this.keptBy === undefined) return this.#spaces.delete(name);
    const status = { conditions: [{ type: 'NamespaceFinalizersRemaining', status: 'True', message: this.keptBy }] };
    this.#spaces.set(name, { metadata: { ...space.metadata, deletionTimestamp: new Date().toISOString() }, status });
    return true;
  }

  #create(): readonly [number, object] {
    const asked = JSON.parse(this.api.requests.at(-1)?.body ?? '{}') as Space;
    const space = { metadata: { ...asked.metadata, creationTimestamp: new Date().toISOString() } };
    this.#spaces.set(space.metadata.name, space);
    return [201, space];
  }

  #list(selector: string): readonly [number, object] {
    const wanted = selector.split(',').map((pair) => pair.split('='));
    const items = [...this.#spaces.values()].filter(({ metadata }) =>
      wanted.every(([key = '', value]) => metadata.labels?.[key] === value),
    );
    return [200, { items }];
  }
}
