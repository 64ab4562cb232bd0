import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage } from '../../infra/images/engine-images.ts';
import { debianReference } from '../../infra/images/image-plan.ts';
import { explainRegistry, pushedReference, pushImages, readLogin, type PushedImage } from '../../infra/images/push-images.ts';
import { readImageFolders } from '../../infra/images/image-folders.ts';
import { planServerImage } from '../../infra/images/server-image.ts';
import { connectEngine } from '../../infra/runtime/docker/engine.ts';
import { withoutEngine } from '../../infra/runtime/docker/testing/docker-fixture.ts';
import { startImageRegistry, type ImageRegistry } from './image-registry.ts';

const EPOCH_SECONDS = Date.UTC(2026, 0, 1) / 1000;
const TIMEOUT_MS = 110_000;
const own = `drillhouse/push-test-${process.pid}`;

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
}

/** Two builds of one thing: what the clock, a user's password day and the engine leave behind differs. */
const dockerfile = `ARG BASE
FROM \${BASE}
RUN date +%N > /var/log/dpkg.log && useradd --no-create-home somebody && ln -s /bin/true /usr/local/bin/link && chmod u+s /usr/bin/env && echo kept > /kept
LABEL drillhouse.test=push
`;

describe.skipIf(withoutEngine)('pushing images', () => {
  const engine = connectEngine();
  let registry: ImageRegistry;
  beforeAll(async () => {
    registry = await startImageRegistry();
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
    const images = await engine.calls.listImages({ filters: { label: ['drillhouse.test=push'] } });
    await Promise.all(images.map(({ Id }) => engine.calls.getImage(Id).remove({ force: true })));
  });

  const buildAndPush = async (): Promise<PushedImage> => {
    const reference = `${own}:1.0`;
    const recipe = { reference, parent: debianReference, dockerfile, files: [], hash: '' };
    await buildImage(engine, recipe, AbortSignal.timeout(TIMEOUT_MS));
    const options = { registry: `${registry.host}/school`, epochSeconds: EPOCH_SECONDS, login: undefined, report: () => undefined };
    const [pushed] = await pushImages(engine, [reference], options, AbortSignal.timeout(TIMEOUT_MS));
    // Else the engine would take the second build from its cache.
    await engine.calls.getImage(reference).remove({ force: true });
    return pushed!;
  };

  it('gives what was built twice one digest, keeps what is in it, and puts it where it was told', async () => {
    const [first, second] = [await buildAndPush(), await buildAndPush()];
    expect(second).toEqual(first);
    expect(first.reference).toBe(`${registry.host}/school/push-test-${process.pid}:1.0`);
    const manifest: Manifest = JSON.parse(registry.manifests.get(`school/push-test-${process.pid}:1.0`)!.toString());
    const top = registry.blobs.get(manifest.layers.at(-1)!.digest)!;
    const entries = new Map<string, { mode: number | undefined; linkname: string | null | undefined }>();
    const tar = extract();
    tar.end(gunzipSync(top));
    for await (const entry of tar) {
      entries.set(entry.header.name, { mode: entry.header.mode, linkname: entry.header.linkname });
      expect(entry.header.mtime.getTime() / 1000).toBeLessThanOrEqual(EPOCH_SECONDS);
      entry.resume();
    }
    expect(entries.get('usr/local/bin/link')?.linkname).toBe('/bin/true');
    expect(entries.get('usr/bin/env')?.mode).toBe(0o4755);
    expect([...entries.keys()]).toContain('kept');
    expect([...entries.keys()]).not.toContain('var/log/dpkg.log');
    const config = JSON.parse(registry.blobs.get(manifest.config.digest)!.toString());
    expect(config.created).toBe('2026-01-01T00:00:00.000Z');
    // The engine takes the account as it was made.
    const { stdout } = await promisify(execFile)('docker', ['run', '--rm', first.reference, 'cat', '/kept', '/etc/shadow']);
    expect(stdout).toMatch(/^kept$[^]*^somebody:!:20454:/m);
  });
});

describe('the server’s image', () => {
  it('holds all that the server imports and reads, and runs as nobody in particular', async () => {
    const { files, dockerfile: built } = await planServerImage(await readImageFolders(), '');
    const folder = await mkdtemp(path.join(tmpdir(), 'drillhouse-image-'));
    try {
      for (const { name, content } of files) {
        await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
        await writeFile(path.join(folder, name), content);
      }
      const cwd = path.join(folder, 'drillhouse');
      const start = promisify(execFile)(process.execPath, ['dist/node/server/main.mjs', 'migrate'], { cwd, env: {} });
      await expect(start).rejects.toMatchObject({
        stderr: expect.stringContaining('DATABASE_URL: name the PostgreSQL database') as unknown,
      });
      expect(await readdir(cwd)).toEqual(expect.arrayContaining(['certificates', 'labs', 'scenarios']));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    expect(built).toMatch(/^USER 10001:10001$/m);
    expect(files.some(({ name }) => /\.test\.ts$|\.env|\/\.git\/|\.data\//.test(name))).toBe(false);
  });
});

describe('where images are pushed', () => {
  it.each([
    ['registry.lab/inference:1.4.2', 'images.example/school', 'images.example/school/inference:1.4.2'],
    ['drillhouse/server:0.1.0', '127.0.0.1:5000', '127.0.0.1:5000/server:0.1.0'],
  ])('%s goes to %s as %s', (reference, registry, pushed) => {
    expect(pushedReference(reference, registry)).toBe(pushed);
  });

  it.each([
    ['https://images.example', /named without https/],
    ['Images.Example', /not a registry/],
    ['images.example/', /not a registry/],
    ['registry.lab', /not a registry/],
  ])('%s is refused', (registry, words) => {
    expect(explainRegistry(registry)).toMatch(words);
  });

  it('logs in as Docker’s client would, and not where nobody did', async () => {
    expect(await readLogin('images.example', { DOCKER_CONFIG: '/nowhere' })).toBeUndefined();
  });
});
