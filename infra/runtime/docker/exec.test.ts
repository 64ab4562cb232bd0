import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExecSession } from '../runtime.ts';
import { DockerFixture, withoutEngine, type TestCluster } from './testing/docker-fixture.ts';

/** Reads until the output holds `wanted`. */
async function readUntil(session: ExecSession, wanted: string | RegExp): Promise<string> {
  let seen = '';
  for await (const chunk of session.stdout.iterator({ destroyOnReturn: false })) {
    seen += String(chunk);
    if (typeof wanted === 'string' ? seen.includes(wanted) : wanted.test(seen)) return seen;
  }
  throw new Error(`the output ended without ${String(wanted)}: ${seen}`);
}

describe.skipIf(withoutEngine)('exec on Docker', () => {
  let fixture: DockerFixture;
  let cluster: TestCluster;
  let box: string;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    cluster = await fixture.openCluster('one');
    box = (await cluster.runBox()).id;
  });

  afterAll(() => fixture[Symbol.asyncDispose]());

  test('keeps the streams apart and tells the exit code', async () => {
    expect(await cluster.sh(box, 'echo out; echo err >&2; exit 5')).toEqual({ exitCode: 5, stdout: 'out\n', stderr: 'err\n' });
  });

  test('passes the environment and every byte', async () => {
    const bytes = randomBytes(300_000);
    await using session = await cluster.runtime.exec(box, {
      command: ['bash', '-c', 'cat; printf "$X"'],
      tty: false,
      stdin: true,
      env: [{ name: 'X', value: 'ä' }],
    });
    session.stdin?.end(bytes);
    const [output, { exitCode }] = await Promise.all([buffer(session.stdout), session.exited]);
    expect(output.equals(Buffer.concat([bytes, Buffer.from('ä')]))).toBe(true);
    expect(exitCode).toBe(0);
  });

  test('says in the words of the engine that a command is not there', async () => {
    for (const tty of [false, true]) {
      await using session = await cluster.runtime.exec(box, { command: ['/no/such/thing'], tty, stdin: false });
      expect(await text(session.stdout)).toBe('');
      const message = expect.stringMatching(
        /^failed to exec in container: OCI runtime exec failed: .*"\/no\/such\/thing": stat \/no\/such\/thing: no such file/,
      );
      await expect(session.exited).rejects.toMatchObject({ code: 'InvalidRequest', message });
    }
  });

  test('leaves alone a process that exits as if it had not started, or writes so', async () => {
    expect(await cluster.sh(box, 'echo out; exit 127')).toMatchObject({ exitCode: 127, stdout: 'out\n' });
    const script = 'echo "OCI runtime exec failed: not really"; echo more; exit 1';
    expect(await cluster.sh(box, script)).toMatchObject({ exitCode: 1, stdout: 'OCI runtime exec failed: not really\nmore\n' });
  });

  test('is refused by a container that does not run', async () => {
    const { podUid } = await cluster.runPod({ name: 'idle' });
    const id = await cluster.createContainer(podUid);
    await expect(cluster.runtime.exec(id, { command: ['true'], tty: false, stdin: false })).rejects.toMatchObject({
      code: 'InvalidRequest',
    });
    await expect(cluster.runtime.exec('f'.repeat(64), { command: ['true'], tty: false, stdin: false })).rejects.toMatchObject({
      code: 'UnknownContainer',
    });
  });

  test('with a terminal starts at the size given and follows changes of it', async () => {
    await using session = await cluster.runtime.exec(box, {
      command: ['bash', '--norc'],
      tty: true,
      stdin: true,
      size: { columns: 101, rows: 31 },
    });
    session.stdin?.write('stty size\n');
    await readUntil(session, '31 101');
    await session.resize({ columns: 77, rows: 22 });
    session.stdin?.write('stty size\n');
    await readUntil(session, '22 77');
    session.stdin?.write('exit 3\n');
    expect(await session.exited).toEqual({ exitCode: 3 });
  });

  test('a reader that pauses pauses the process, and loses nothing', async () => {
    const total = 20_000_000;
    await using session = await cluster.runtime.exec(box, {
      command: ['bash', '-c', `head -c ${total} /dev/zero; echo done > /tmp/flood`],
      tty: false,
      stdin: false,
    });
    await once(session.stdout, 'readable');
    for (let i = 0; i < 50; i += 1) await turn();
    expect((await cluster.sh(box, 'sleep 0.3; cat /tmp/flood')).exitCode).not.toBe(0);
    expect((await buffer(session.stdout)).length).toBe(total);
    expect(await session.exited).toEqual({ exitCode: 0 });
  });

  test('disposing ends the process and what it started', async () => {
    const session = await cluster.runtime.exec(box, {
      command: ['bash', '-c', 'sleep 1234 & echo started; trap "" HUP; sleep 1235'],
      tty: true,
      stdin: true,
    });
    await readUntil(session, 'started');
    await session[Symbol.asyncDispose]();
    const { stdout } = await cluster.sh(
      box,
      'for f in /proc/[0-9]*/cmdline; do tr "\\0" " " < $f; echo; done 2>/dev/null | grep -c "^sleep 123"',
    );
    expect(stdout.trim()).toBe('0');
  });

  test('attach joins the main process both ways and leaves it running', async () => {
    const { podUid } = await cluster.runPod({ name: 'attach' });
    const id = await cluster.runContainer(podUid, {
      command: ['bash', '-c', 'while read -r l; do echo "got $l"; [ "$l" = end ] && exit 4; done'],
      stdin: true,
    });
    const first = await cluster.runtime.attach(id, { tty: false, stdin: true });
    first.stdin?.write('one\n');
    await readUntil(first, 'got one');
    await first[Symbol.asyncDispose]();
    expect((await cluster.runtime.inspectContainer(id)).kind).toBe('running');
    await using second = await cluster.runtime.attach(id, { tty: false, stdin: true });
    second.stdin?.write('end\n');
    await readUntil(second, 'got end');
    expect(await second.exited).toEqual({ exitCode: 4 });
  });

  test('answers a key in a terminal at once', async () => {
    await using session = await cluster.runtime.exec(box, { command: ['cat'], tty: true, stdin: true });
    const times: number[] = [];
    for (let i = 0; i < 50; i += 1) {
      const startedAt = performance.now();
      session.stdin?.write('x');
      await once(session.stdout, 'data');
      times.push(performance.now() - startedAt);
    }
    expect(times.sort((a, b) => a - b)[25]).toBeLessThan(250);
  });
});
