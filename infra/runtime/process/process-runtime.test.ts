import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerSpec, ProcessFixture, readAll, testedModes } from './testing/process-fixture.ts';

const MiB = 1 << 20;

describe.each(testedModes)('containers as processes (bubblewrap: $mode)', ({ mode }) => {
  let fixture: ProcessFixture;
  const isolated = mode === 'auto';

  beforeAll(async () => {
    fixture = await ProcessFixture.open(mode);
    expect(await fixture.runtime.health()).toMatchObject({ ok: true });
  });
  afterAll(async () => fixture[Symbol.asyncDispose]());

  it('runs bubblewrap wherever the tests of both run', () => {
    expect(fixture.runtime.isolation).toMatch(isolated ? /in bubblewrap/ : /no isolation/);
  });

  describe('start and end', () => {
    it('keeps output, exit code and times', async () => {
      const id = await fixture.run(['sh', '-c', 'echo out; echo err >&2; printf half; exit 7']);
      const state = await fixture.ended(id);
      expect(state).toMatchObject({ exitCode: 7, oomKilled: false });
      expect(state.finishedAt.getTime()).toBeGreaterThanOrEqual(state.startedAt.getTime());
      expect((await fixture.logs(id)).sort()).toEqual(['stderr:err', 'stdout:half', 'stdout:out']);
    });

    it('is the same container when created again, and starts once', async () => {
      const { podUid } = await fixture.runPod();
      const spec = containerSpec(podUid, 'twice', { command: ['sh', '-c', 'echo once; sleep 100'] });
      const first = await fixture.cluster.createContainer(spec);
      expect(await fixture.cluster.inspectContainer(first.id)).toEqual({ kind: 'created' });
      expect(await fixture.cluster.createContainer(spec)).toEqual(first);
      expect(await fixture.cluster.startContainer(first.id)).toEqual({ kind: 'started' });
      expect(await fixture.cluster.startContainer(first.id)).toEqual({ kind: 'started' });
      const lines = fixture.cluster.logs(first.id, { follow: true })[Symbol.asyncIterator]();
      expect((await lines.next()).value).toMatchObject({ stream: 'stdout' });
      await lines.return?.();
      await fixture.cluster.removePodSandbox(podUid);
      await fixture.cluster.removePodSandbox(podUid);
      expect(await fixture.cluster.inspectContainer(first.id)).toEqual({ kind: 'absent' });
    });

    it.each([
      ['/no/such/binary', 'exec: "/no/such/binary": stat /no/such/binary: no such file or directory'],
      ['nosuchprogram', 'exec: "nosuchprogram": executable file not found in $PATH'],
      ['/etc/passwd', 'exec: "/etc/passwd": permission denied'],
    ])('tells why %s does not start', async (program, reason) => {
      const { podUid } = await fixture.runPod();
      const { id } = await fixture.cluster.createContainer(containerSpec(podUid, 'bad', { command: [program] }));
      const outcome = await fixture.cluster.startContainer(id);
      expect(outcome).toMatchObject({ kind: 'failed' });
      expect(outcome.kind === 'failed' && outcome.message).toContain(reason);
    });

    it('runs the image’s own program with arguments, and ends it by its own signal handler', async () => {
      const pod = await fixture.runPod();
      const { id } = await fixture.cluster.createContainer(
        containerSpec(pod.podUid, 'server', {
          image: 'registry.lab/inference:1.4.2',
          args: ['--port', '8123', '--model', 'drillhouse/sparrow-1b'],
        }),
      );
      expect(await fixture.cluster.startContainer(id)).toEqual({ kind: 'started' });
      for await (const { text } of fixture.cluster.logs(id, { follow: true })) if (text.includes('startup complete')) break;
      const socket = await fixture.cluster.dial(pod.podUid, 8123);
      socket.end('GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
      expect(await readAll(socket)).toMatch(/^HTTP\/1.1 200/);
      await fixture.cluster.stopContainer(id, { graceSeconds: 30 });
      expect(await fixture.cluster.inspectContainer(id)).toMatchObject({ kind: 'exited', exitCode: 0 });
    });

    it('stops by the signal first and by SIGKILL when the grace is over', async () => {
      const polite = await fixture.run(['sh', '-c', 'trap "echo bye; exit 3" TERM; echo up; while :; do sleep 0.02; done']);
      await readLine(fixture, polite, 'up');
      await fixture.cluster.stopContainer(polite, { graceSeconds: 30 });
      expect(await fixture.cluster.inspectContainer(polite)).toMatchObject({ kind: 'exited', exitCode: 3 });
      expect(await fixture.logs(polite)).toEqual(['stdout:up', 'stdout:bye']);

      const deaf = await fixture.run(['sh', '-c', 'trap "" TERM; echo up; while :; do sleep 0.02; done']);
      await readLine(fixture, deaf, 'up');
      await fixture.cluster.stopContainer(deaf, { graceSeconds: 0.2 });
      expect(await fixture.cluster.inspectContainer(deaf)).toMatchObject({ kind: 'exited', exitCode: 137, oomKilled: false });
      await fixture.cluster.stopContainer(deaf, { graceSeconds: 1 });
    });

    it('leaves no process behind, not even one that left its parents', async () => {
      const id = await fixture.run(['sh', '-c', 'setsid sh -c "sleep 98.7654" & echo up; sleep 98.7654']);
      await readLine(fixture, id, 'up');
      await expect.poll(async () => processesWith('98.7654')).toBeGreaterThanOrEqual(2);
      await fixture.cluster.stopContainer(id, { graceSeconds: 0 });
      await expect.poll(async () => processesWith('98.7654')).toBe(0);
    });
  });

  describe('environment', () => {
    it('is the image’s, then the container’s, with name, home and path', async () => {
      const id = await fixture.run(['sleep', '100'], {
        pod: await fixture.runPod('named'),
        image: 'registry.lab/workspace:1.0',
        env: [
          { name: 'EDITOR', value: 'vim' },
          { name: 'dotted.name', value: 'a=b "c"\nd' },
        ],
      });
      const { stdout } = await fixture.exec(id, ['env', '-0']);
      const env = Object.fromEntries(
        stdout.split('\0').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
      expect(env).toMatchObject({ EDITOR: 'vim', LANG: 'C.UTF-8', HOSTNAME: 'named', 'dotted.name': 'a=b "c"\nd' });
      expect((await fixture.exec(id, ['pwd'])).stdout.trim()).toMatch(/\/home\/trainee$/);
      expect((await fixture.exec(id, ['sh', '-c', 'echo hi > ~/f && cat ~/f'])).stdout).toBe('hi\n');
      expect((await fixture.exec(id, ['node', '-p', '1+1'])).stdout).toBe('2\n');
    });

    it('mounts files and folders, read-only where asked, also below /etc and /var/run', async () => {
      const folder = path.join(fixture.stateDir, 'volume');
      await mkdir(path.join(folder, 'sub'), { recursive: true });
      await chmod(path.join(folder, 'sub'), 0o777);
      await writeFile(path.join(folder, 'key.pem'), 'secret');
      const mounts = [
        { hostPath: folder, containerPath: '/etc/ssl/mine', readOnly: true },
        { hostPath: folder, containerPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
        { hostPath: path.join(folder, 'key.pem'), containerPath: '/etc/single.pem', readOnly: true },
        { hostPath: path.join(folder, 'sub'), containerPath: '/data', readOnly: false },
      ];
      const script = 'cat "$KEY" /var/run/secrets/kubernetes.io/serviceaccount/key.pem /etc/single.pem; echo written > /data/w';
      const id = await fixture.run(['sh', '-c', `${script}; sleep 100`], {
        mounts,
        env: [{ name: 'KEY', value: '/etc/ssl/mine/key.pem' }],
        user: { uid: 0 },
      });
      await expect.poll(() => readFile(path.join(folder, 'sub/w'), 'utf8').catch(() => '')).toBe('written\n');
      await fixture.cluster.stopContainer(id, { graceSeconds: 0 });
      expect(await fixture.logs(id)).toEqual(['stdout:secretsecretsecret']);
    });
  });

  describe('exec', () => {
    let id: string;
    beforeAll(async () => {
      id = await fixture.run(['sleep', '1000']);
    });

    it('keeps streams and exit code apart', async () => {
      expect(await fixture.exec(id, ['sh', '-c', 'echo out; echo err >&2; exit 5'])).toEqual({
        exitCode: 5,
        stdout: 'out\n',
        stderr: 'err\n',
      });
      expect(await fixture.exec(id, ['sh', '-c', 'kill -9 $$'])).toMatchObject({ exitCode: 137 });
    });

    it('closes stdin when its end comes and carries much both ways', async () => {
      const input = 'x'.repeat(300_000);
      expect((await fixture.exec(id, ['wc', '-c'], input)).stdout.trim()).toBe('300000');
      expect((await fixture.exec(id, ['cat'], input)).stdout).toBe(input);
      expect((await fixture.exec(id, ['head', '-c', '3000000', '/dev/zero'])).stdout).toHaveLength(3_000_000);
    });

    it('gives real pipes, which programs may open again', async () => {
      expect(await fixture.exec(id, ['sh', '-c', 'cat /dev/stdin; echo err > /dev/stderr; echo out > /dev/stdout'], 'in\n')).toEqual({
        exitCode: 0,
        stdout: 'in\nout\n',
        stderr: 'err\n',
      });
    });

    it.each([
      ['/no/such/thing', /no such file or directory/],
      ['nosuchthing', /executable file not found in \$PATH/],
    ])('refuses %s in runc’s words', async (program, words) => {
      await expect(fixture.exec(id, [program])).rejects.toThrow(words);
    });

    it('refuses a container that is not running or not there', async () => {
      const over = await fixture.run(['true']);
      await fixture.ended(over);
      await expect(fixture.exec(over, ['true'])).rejects.toMatchObject({ code: 'InvalidRequest' });
      await expect(fixture.exec('0'.repeat(64), ['true'])).rejects.toMatchObject({ code: 'UnknownContainer' });
    });

    it('has a terminal of the size asked for that can change', async () => {
      await using session = await fixture.cluster.exec(id, {
        command: ['bash', '--norc'],
        tty: true,
        stdin: true,
        size: { columns: 101, rows: 31 },
        env: [{ name: 'PS1', value: '$ ' }],
      });
      expect(session.stderr).toBeNull();
      session.stdin?.write('stty size; tty\n');
      expect(await nextText(session.stdout, '\n/dev/pts/')).toContain('31 101');
      await session.resize({ columns: 77, rows: 22 });
      session.stdin?.write('until stty size | grep -q "22 77"; do sleep 0.01; done; echo changed-$((1 + 1))\n');
      await nextText(session.stdout, 'changed-2');
      session.stdin?.write('exit 4\n');
      session.stdout.resume();
      expect(await session.exited).toEqual({ exitCode: 4 });
    });

    it('interrupts the foreground program on ^C', async () => {
      await using session = await fixture.cluster.exec(id, { command: ['bash', '--norc'], tty: true, stdin: true });
      session.stdin?.write('sleep 32.1098\n');
      session.stdout.resume();
      await expect.poll(async () => processesWith('sleep\x0032.1098')).toBe(1);
      session.stdin?.write('\x03');
      session.stdin?.write('echo code=$?\n');
      await nextText(session.stdout, 'code=130');
    });

    it('loses nothing of a terminal’s output to a reader that pauses, and pauses the program meanwhile', async () => {
      await using session = await fixture.cluster.exec(id, { command: ['sh', '-c', 'seq 1 300000; echo the-end'], tty: true, stdin: true });
      await expect.poll(async () => processesWith('seq 1 300000')).toBeGreaterThanOrEqual(1);
      const text = await readAll(session.stdout);
      expect(text.split('\r\n').filter((line) => /^\d+$/.test(line))).toHaveLength(300_000);
      expect(text).toContain('the-end');
      expect(await session.exited).toEqual({ exitCode: 0 });
    });

    it('loses nothing of what a terminal’s program says last, however late it is read', async () => {
      for (const lines of [1, 100, 2_000]) {
        await using session = await fixture.cluster.exec(id, { command: ['seq', '1', String(lines)], tty: true, stdin: true });
        expect(await session.exited).toEqual({ exitCode: 0 });
        expect((await readAll(session.stdout)).trim().split('\r\n')).toHaveLength(lines);
      }
    });

    it('ends the process when the session is given up', async () => {
      const session = await fixture.cluster.exec(id, { command: ['sleep', '76.5432'], tty: false, stdin: false });
      await expect.poll(async () => processesWith('76.5432')).toBeGreaterThanOrEqual(1);
      await session[Symbol.asyncDispose]();
      await expect.poll(async () => processesWith('76.5432')).toBe(0);
    });

    it('ends with the container', async () => {
      const other = await fixture.run(['sleep', '1000']);
      const session = await fixture.cluster.exec(other, { command: ['sh', '-c', 'echo up; sleep 1000'], tty: false, stdin: false });
      await nextText(session.stdout, 'up');
      await fixture.cluster.stopContainer(other, { graceSeconds: 0 });
      expect((await session.exited).exitCode).toBe(137);
    });
  });

  describe('attach', () => {
    it('joins the first process’s streams, and its end closes stdin', async () => {
      const id = await fixture.run(['sh', '-c', 'while read line; do echo "got $line"; done; echo over'], { stdin: true });
      const session = await fixture.cluster.attach(id, { tty: false, stdin: true });
      session.stdin?.write('one\n');
      await nextText(session.stdout, 'got one');
      session.stdin?.end('two\n');
      expect(await readAll(session.stdout)).toBe('got two\nover\n');
      expect(await session.exited).toEqual({ exitCode: 0 });
    });

    it('carries a terminal’s size', async () => {
      const id = await fixture.run(['bash', '--norc'], { stdin: true, tty: true });
      await using session = await fixture.cluster.attach(id, { tty: true, stdin: true });
      await session.resize({ columns: 66, rows: 19 });
      session.stdin?.write('stty size\n');
      await nextText(session.stdout, '19 66');
    });
  });

  describe('logs', () => {
    it('answers tail, since and a limit in bytes', async () => {
      const id = await fixture.run(['sh', '-c', 'for i in 1 2 3 4 5; do echo line $i; done']);
      const { finishedAt } = await fixture.ended(id);
      expect(await fixture.logs(id, { tailLines: 2 })).toEqual(['stdout:line 4', 'stdout:line 5']);
      expect(await fixture.logs(id, { tailLines: 0 })).toEqual([]);
      expect(await fixture.logs(id, { since: new Date(finishedAt.getTime() + 60_000) })).toEqual([]);
      expect(await fixture.logs(id, { since: new Date(0) })).toHaveLength(5);
      expect(await fixture.logs(id, { limitBytes: 10 })).toEqual(['stdout:line 1', 'stdout:lin']);
    });

    it('follows until the container ends', async () => {
      const id = await fixture.run(['sh', '-c', 'echo first; read line; echo "then $line"'], { stdin: true });
      const session = await fixture.cluster.attach(id, { tty: false, stdin: true });
      session.stdout.resume();
      const seen: string[] = [];
      for await (const { text } of fixture.cluster.logs(id, { follow: true })) {
        seen.push(text.toString());
        session.stdin?.end('second\n');
      }
      expect(seen).toEqual(['first', 'then second']);
    });

    it('stops following when told to', async () => {
      const id = await fixture.run(['sh', '-c', 'echo first; sleep 1000']);
      const abort = new AbortController();
      const seen: string[] = [];
      for await (const { text } of fixture.cluster.logs(id, { follow: true, signal: abort.signal })) {
        seen.push(text.toString());
        abort.abort();
      }
      expect(seen).toEqual(['first']);
    });

    it('keeps the newest of too much', async () => {
      const id = await fixture.run(['sh', '-c', 'yes "$(head -c 100 /dev/zero | tr "\\0" x)" | head -n 200000; echo the-end']);
      await fixture.ended(id);
      const lines = await fixture.logs(id);
      expect(lines.at(-1)).toBe('stdout:the-end');
      const bytes = lines.length * 140;
      expect(bytes).toBeLessThan(10.5 * MiB);
      expect(bytes).toBeGreaterThan(4 * MiB);
    });
  });

  describe('limits', () => {
    it('kills what takes too much memory: 137, OOMKilled', async () => {
      const id = await fixture.run(['tail', '/dev/zero'], { memoryLimitBytes: 32 * MiB });
      expect(await fixture.ended(id)).toMatchObject({ exitCode: 137, oomKilled: true });
    });

    it('counts the whole tree, exec included', async () => {
      const id = await fixture.run(['sleep', '1000'], { memoryLimitBytes: 48 * MiB });
      const eater = await fixture.cluster.exec(id, {
        command: ['sh', '-c', 'head -c 300m /dev/zero | tail -c 200m | sleep 1000'],
        tty: false,
        stdin: false,
      });
      expect(await fixture.ended(id)).toMatchObject({ exitCode: 137, oomKilled: true });
      expect((await eater.exited).exitCode).toBe(137);
    });

    it('does not count forks that share their pages, nor the text of programs', async () => {
      const script = 'const b=Buffer.alloc(30<<20,1);const {spawn}=require("child_process");console.log("up");setInterval(()=>b[0]++,1000)';
      const id = await fixture.run(['node', '-e', script], { memoryLimitBytes: 128 * MiB });
      await readLine(fixture, id, 'up');
      const stats = await fixture.cluster.stats(id);
      expect(stats?.memoryWorkingSetBytes).toBeGreaterThan(30 * MiB);
      expect(stats?.memoryWorkingSetBytes).toBeLessThan(100 * MiB);
      expect(stats?.cpuNanoseconds).toBeGreaterThan(0);
      expect(await fixture.cluster.inspectContainer(id)).toMatchObject({ kind: 'running' });
      await fixture.cluster.stopContainer(id, { graceSeconds: 0 });
      expect(await fixture.cluster.stats(id)).toBeUndefined();
    });

    it('holds a fork bomb down and leaves the first process alone', async () => {
      const id = await fixture.run(['sh', '-c', 'for i in $(seq 1 60); do sleep 54.321 & done; echo up; wait; echo survived; sleep 1000'], {
        pidLimit: 20,
      });
      await readLine(fixture, id, 'up');
      await expect.poll(async () => processesWith('sleep\x0054.321'), { timeout: 10_000 }).toBeLessThan(20);
      expect(await fixture.cluster.inspectContainer(id)).toMatchObject({ kind: 'running' });
      await fixture.cluster.stopContainer(id, { graceSeconds: 0 });
    });
  });

  it('lists pods with their containers', async () => {
    const pod = await fixture.runPod('listed', 'ns');
    const id = await fixture.run(['sleep', '100'], { pod, name: 'main', attempt: 3 });
    const listed = (await fixture.cluster.listPods()).find(({ name }) => name === 'listed');
    expect(listed).toMatchObject({
      namespace: 'ns',
      sandbox: pod,
      containers: [{ id, name: 'main', attempt: 3, state: { kind: 'running' } }],
    });
  });

  it('ends a cluster once, however many ask at the same time', async () => {
    const cluster = await fixture.runtime.openCluster({ clusterId: 'ended-twice', dataDir: fixture.stateDir });
    await Promise.all([cluster[Symbol.asyncDispose](), cluster[Symbol.asyncDispose](), fixture.runtime.sweep(new Set(['test']))]);
    expect(await fixture.runtime.sweep(new Set(['test']))).toEqual({ removed: [] });
  });

  it('opens a cluster anew only when it has ended', async () => {
    const spec = { clusterId: 'opened-twice', dataDir: fixture.stateDir };
    const cluster = await fixture.runtime.openCluster(spec);
    const ending = cluster[Symbol.asyncDispose]();
    await cluster.detach();
    const anew = await fixture.runtime.openCluster(spec);
    await ending;
    expect(await anew.listPods()).toEqual([]);
    await anew[Symbol.asyncDispose]();
  });
});

async function readLine(fixture: ProcessFixture, id: string, wanted: string): Promise<void> {
  for await (const { text } of fixture.cluster.logs(id, { follow: true })) if (text.toString() === wanted) return;
  throw new Error(`${wanted} was never printed`);
}

/** Reads on until the text has come, without ending the stream. */
async function nextText(source: NodeJS.ReadableStream, wanted: string): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      text += chunk.toString();
      if (!text.includes(wanted)) return;
      source.off('data', onData);
      source.pause();
      resolve(text);
    };
    source.on('data', onData);
    source.once('end', () => reject(new Error(`ended before ${wanted}: ${text}`)));
    source.resume();
  });
}

/** How many processes of this host have the text in their command line. */
async function processesWith(text: string): Promise<number> {
  const { readdir } = await import('node:fs/promises');
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')));
  return lines.filter((line) => line.includes(text)).length;
}
