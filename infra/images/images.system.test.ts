import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockerFixture, withoutEngine, type TestCluster } from '../runtime/docker/testing/docker-fixture.ts';
import { connectEngine } from '../runtime/docker/engine.ts';
import { importForeignImages } from './foreign-image.ts';
import { ensureImages } from './image-set.ts';

describe.skipIf(withoutEngine)('the images', () => {
  let fixture: DockerFixture;
  let cluster: TestCluster;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    cluster = await fixture.openCluster('images');
  });

  afterAll(() => fixture[Symbol.asyncDispose]());

  test('are not built twice', async () => {
    const startedAt = performance.now();
    expect(await ensureImages({ report: () => undefined })).toEqual({ built: [] });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  test('workspace: a person’s shell with the tools of the trade, and no root', async () => {
    const pod = await cluster.runPod({ name: 'workspace' });
    const id = await cluster.runContainer(pod.podUid, { image: 'registry.lab/workspace:1.0' });
    const tools = await cluster.sh(
      id,
      'for t in bash kubectl curl jq vim nano openssl git less tmux dtach perl; do command -v $t > /dev/null || echo missing $t; done; id -un; id -u; pwd; touch ~/x && echo home',
    );
    expect(tools.stdout).toBe('trainee\n1000\n/home/trainee\nhome\n');
    const version = JSON.parse((await cluster.sh(id, 'kubectl version --client -o json')).stdout) as { clientVersion: { minor: string } };
    expect(Number.parseInt(version.clientVersion.minor, 10)).toBeGreaterThanOrEqual(32);
    await using session = await cluster.runtime.exec(id, {
      command: ['bash', '-l'],
      tty: true,
      stdin: true,
      size: { columns: 100, rows: 30 },
    });
    session.stdin?.write('complete -p k; k version --client | head -c 14; exit\n');
    let screen = '';
    for await (const chunk of session.stdout) screen += String(chunk);
    expect(screen).toContain('complete -o default -F __start_kubectl k');
    expect(screen).toContain('Client Version');
    expect(screen).toContain('trainee@workspace');
  });

  test('inference: serves a model as its own user', async () => {
    const pod = await cluster.runPod({ name: 'inference' });
    const id = await cluster.runContainer(pod.podUid, { image: 'registry.lab/inference:1.4.2', command: ['node', '--version'] });
    expect(await cluster.ended(id)).toMatchObject({ exitCode: 0 });
    const started = await cluster.createContainer(pod.podUid, {
      name: 'files',
      image: 'registry.lab/inference:1.4.2',
      command: ['bash', '-c', 'id -u; echo $INFERENCE_RELEASE; ls /app'],
    });
    await cluster.runtime.startContainer(started);
    const lines: string[] = [];
    for await (const line of cluster.runtime.logs(started, { follow: true })) lines.push(line.text.toString());
    expect(lines).toEqual(['10001', '1.4.2', 'inference.mjs']);
  });

  test('for another platform are there and cannot be had', async () => {
    const reference = 'registry.lab/foreign-test:1';
    const definition = {
      reference,
      folder: 'inference',
      env: {},
      entrypoint: [],
      cmd: [],
      workingDir: '/',
      user: 'root',
      platform: 'arm64',
    } as const;
    const engine = connectEngine();
    try {
      await importForeignImages(engine, [definition], AbortSignal.timeout(20_000));
      expect(await cluster.runtime.pullImage(reference)).toMatchObject({ kind: 'failed', reason: 'WrongPlatform' });
      expect(await cluster.runtime.getImage(reference)).toBeUndefined();
    } finally {
      await engine.calls.getImage(reference).remove({ force: true });
    }
  });
});
