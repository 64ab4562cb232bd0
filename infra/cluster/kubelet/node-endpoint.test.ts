import { afterEach, beforeEach, expect, test } from 'vitest';
import { RuntimeError, type ExecSession } from '../../runtime/runtime.ts';
import type { PodRef } from '../meta/kubelet-endpoint.ts';
import { KubeletRefusal } from '../meta/status-error.ts';
import { container, KubeletHarness } from './kubelet-harness.ts';

let h: KubeletHarness;

beforeEach(async () => {
  h = await KubeletHarness.start();
});
afterEach(async () => {
  await h[Symbol.asyncDispose]();
});

async function ref(): Promise<PodRef> {
  const { metadata } = await h.pod();
  return { namespace: 'ns', name: 'p', uid: metadata.uid! };
}
const isRunning = async (): Promise<boolean> => (await h.status('c'))?.state?.running !== undefined;
const containerId = async (): Promise<string> => (await h.status('c'))?.containerID?.replace('containerd://', '') ?? '';
async function lines(previous = false): Promise<string[]> {
  const output: string[] = [];
  for await (const line of await h.kubelet.endpoint.logs(await ref(), 'c', { follow: false, previous })) output.push(line.text.toString());
  return output;
}

test('logs of this run and of the last', async () => {
  let run = 0;
  h.runtime.behaviour = () => ({ output: [`run ${(run += 1)}`] });
  await h.createPod({ containers: [container('c')] });
  await h.until(isRunning);
  expect(await lines()).toEqual(['run 1']);
  await expect(lines(true)).rejects.toThrow('previous terminated container "c" in pod "p" not found');
  h.runtime.crash('c', 1);
  await h.until(async () => (await h.status('c'))?.restartCount === 1);
  expect([await lines(), await lines(true)]).toEqual([['run 2'], ['run 1']]);
});

test('while it waits after a crash its logs are the last run’s', async () => {
  h.runtime.behaviour = () => ({ output: ['last words'] });
  await h.createPod({ containers: [container('c')] });
  await h.until(isRunning);
  h.runtime.crash('c', 1);
  await h.until(async () => (await h.status('c'))?.restartCount === 1);
  h.runtime.crash('c', 1);
  await h.until(async () => (await h.status('c'))?.state?.terminated !== undefined);
  await h.advance(1_000);
  expect([await lines(), await lines(true)]).toEqual([['last words'], ['last words']]);
});

test.each([
  [{ image: 'gone:1' }, 0, 'container "c" in pod "p" is waiting to start: image can\'t be pulled'],
  [{ image: 'gone:1' }, 6_000, 'container "c" in pod "p" is waiting to start: trying and failing to pull image'],
  [
    { env: [{ name: 'K', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] },
    0,
    'container "c" in pod "p" is waiting to start: CreateContainerConfigError',
  ],
])('a container that does not run says why: %j after %i ms', async (more, afterMs, message) => {
  await h.createPod({ containers: [container('c', more)] });
  await h.until(async () => (await h.status('c'))?.state?.waiting?.reason !== 'ContainerCreating' && (await h.status('c')) !== undefined);
  if (afterMs > 0) {
    await h.advance(500);
    await h.advance(afterMs - 500);
  }
  await expect(lines()).rejects.toThrow(message);
  await expect(h.kubelet.endpoint.exec(await ref(), 'c', { command: ['x'], tty: false, stdin: false })).rejects.toThrow(
    new KubeletRefusal('container not found ("c")'),
  );
});

test('exec, dial and usage go to the runtime', async () => {
  h.runtime.behaviour = () => ({ exec: () => ({ exitCode: 5 }) });
  await h.createPod({ containers: [container('c'), container('d')] });
  await h.until(isRunning);
  await h.until(async () => (await h.status('d'))?.state?.running !== undefined);
  const session = await h.kubelet.endpoint.exec(await ref(), 'c', { command: ['x'], tty: false, stdin: true });
  expect(await session.exited).toEqual({ exitCode: 5 });
  await expect(h.kubelet.endpoint.dial(await ref(), 80)).rejects.toThrow('ECONNREFUSED');
  expect((await h.kubelet.endpoint.stats(await ref())).map(({ container: name }) => name)).toEqual(['c', 'd']);
  await expect(
    h.kubelet.endpoint.exec({ namespace: 'ns', name: 'x', uid: 'x' }, 'c', { command: [], tty: false, stdin: false }),
  ).rejects.toThrow('pods "x" not found');
});

test('a command that cannot be started is told at the end of a session, other failures at once', async () => {
  const refusals = [
    new RuntimeError('InvalidRequest', 'failed to exec in container: no such thing'),
    new RuntimeError('EngineFailed', 'it is down'),
  ];
  h.runtime.behaviour = () => ({
    exec: () => {
      throw refusals.shift() ?? new Error('asked too often');
    },
  });
  await h.createPod({ containers: [container('c')] });
  await h.until(isRunning);
  const exec = async (): Promise<ExecSession> => h.kubelet.endpoint.exec(await ref(), 'c', { command: ['x'], tty: false, stdin: true });
  await using session = await exec();
  expect(await session.stdout.toArray()).toEqual([]);
  await expect(session.exited).rejects.toThrow('failed to exec in container: no such thing');
  await expect(exec()).rejects.toThrow('it is down');
});

test('attaching ends well, however the container ends', async () => {
  await h.createPod({ containers: [container('c')] });
  await h.until(isRunning);
  const session = await h.runtime.attach(await containerId(), { tty: false, stdin: false });
  h.runtime.attach = async () => ({ ...session, exited: Promise.resolve({ exitCode: 3 }) });
  await using attached = await h.kubelet.endpoint.attach(await ref(), 'c', { tty: false, stdin: false });
  expect(await attached.exited).toEqual({ exitCode: 0 });
});
