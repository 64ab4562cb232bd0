import { expect, it } from 'vitest';
import { answered, checkOf, FakeProber, podOf, testContext, type TestContext } from '../testing/sandbox-fixtures.ts';
import { createAuthority } from '../certificates.ts';
import { secretOf } from '../testing/sandbox-fixtures.ts';
import { triggerRestart, type RestartCheck } from './restart-check.ts';

const check = checkOf('r', { kind: 'restart' }) as RestartCheck;
const echo = new FakeProber(({ body = '' }) => {
  const prompt = (JSON.parse(body) as { messages: { content: string }[] }).messages[0]?.content ?? '';
  return answered(200, { choices: [{ message: { content: prompt.replace('Repeat exactly: ', '') } }] });
});

async function withAuthority(prober = echo): Promise<TestContext> {
  const context = testContext({ prober });
  const { cert, key } = await createAuthority('lab');
  context.objects.put(secretOf('lab-authority', { 'ca.crt': cert, 'ca.key': key }, 'drillhouse-system'));
  return context;
}

it('deletes every pod once and passes when new ones answer', async () => {
  const context = await withAuthority();
  const sample = await triggerRestart(check, context);
  expect(await context.objects.list('Pod')).toEqual([]);
  expect(await sample()).toMatchObject({ kind: 'fail', reason: 'After a restart 0 of 1 replicas came back.' });
  context.objects.put(podOf('inference-1-b', '10.0.0.2'));
  expect(await sample()).toMatchObject({ kind: 'pass' });
});

it('does not take the old pod for a new one', async () => {
  const context = await withAuthority();
  const old = (await context.objects.list('Pod'))[0]!;
  const sample = await triggerRestart(check, context);
  context.objects.put(old);
  expect((await sample()).kind).toBe('fail');
});

it('names what keeps a pod from coming back', async () => {
  const context = await withAuthority();
  const sample = await triggerRestart(check, context);
  context.objects.put(podOf('inference-1-b', '10.0.0.2', { ready: false, state: { waiting: { reason: 'CreateContainerConfigError' } } }));
  expect(await sample()).toMatchObject({
    kind: 'fail',
    reason: 'After a restart 0 of 1 replicas came back; one is CreateContainerConfigError.',
  });
});

it('fails when what came back does not answer, or when there was nothing to restart', async () => {
  const silent = await withAuthority(new FakeProber(() => answered(500)));
  const sample = await triggerRestart(check, silent);
  silent.objects.put(podOf('inference-1-b', '10.0.0.2'));
  expect((await sample()).kind).toBe('fail');
  const empty = await withAuthority();
  await empty.objects.remove({ kind: 'Pod', namespace: 'atlas', name: 'inference-1-a' });
  expect(await (await triggerRestart(check, empty))()).toMatchObject({ kind: 'fail' });
});

it('asks what it was told to ask, where the workload is no model', async () => {
  const found = new FakeProber(({ url }) => answered(url.endsWith('/index') ? 200 : 404));
  const ask = { kind: 'restart', requests: [{ name: 'the index', path: '/index', key: 'none', expect: { status: 200 } }] };
  const context = await withAuthority(found);
  const sample = await triggerRestart(checkOf('r', ask) as RestartCheck, context);
  context.objects.put(podOf('inference-1-b', '10.0.0.2'));
  expect((await sample()).kind).toBe('pass');
  expect(found.asked.map(({ url }) => new URL(url).pathname)).toEqual(['/index']);
  found.answer = () => answered(503);
  expect((await sample()).kind).toBe('fail');
});
