import { describe, expect, it } from 'vitest';
import type { Pod, Secret } from '../infra/cluster/meta/generated/types.ts';
import { ManualClock } from '../infra/cluster/meta/manual-clock.ts';
import type { KubeObject } from '../infra/cluster/meta/kube-object.ts';
import { systemNamespace } from '../infra/substrate/system-namespace.ts';
import { hashKey, parseKeys } from '../infra/images/provider/keys.ts';
import { PodProviders } from '../grader/providers.ts';
import type { CommandOutcome, PodProgram } from '../grader/pod-exec.ts';
import type { OpenInPod } from '../grader/pod-session.ts';
import { FakeObjects } from '../grader/testing/fake-objects.ts';
import { FakeProviders } from '../grader/testing/fake-providers.ts';
import { whileTimePasses } from '../grader/testing/pass-time.ts';
import { answered, FakeProber } from '../grader/testing/sandbox-fixtures.ts';
import type { LabProvider } from './lab-schema.ts';
import { fetchProviderBook, planBook, providerValues } from './provider-book.ts';
import { providerPod } from './provider-objects.ts';
import { beginProviders, clearProviders, ensureProviders } from './sandbox-providers.ts';
import { SandboxVault } from './sandbox-vault.ts';
import type { SandboxAccess } from './sandbox.ts';

const declared: readonly LabProvider[] = [
  { name: 'alpha', face: 'alpha', monthlyLimitUsd: 5, keys: [{ id: 'team' }, { id: 'next-year', limitsPerMinute: { requests: 9 } }] },
  { name: 'eu-beta', face: 'beta', keys: [{ id: 'team', team: 'support' }] },
];
const { signal } = new AbortController();

/** Pods run as soon as they are there, each time at another address. */
class RunningObjects extends FakeObjects {
  #started = 0;

  override put(object: KubeObject): void {
    if (object.kind !== 'Pod') {
      super.put(object);
      return;
    }
    this.#started += 1;
    const status = { phase: 'Running', podIP: `10.0.0.${this.#started}`, conditions: [{ type: 'Ready', status: 'True' }] };
    super.put({ ...object, status } as Pod);
  }
}

function setUp(): SandboxAccess & { readonly objects: RunningObjects; readonly providers: FakeProviders; readonly clock: ManualClock } {
  const objects = new RunningObjects();
  const run = (): Promise<CommandOutcome> => Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
  const vault = new SandboxVault(objects);
  return {
    objects,
    run,
    vault,
    prober: new FakeProber(() => answered(200)),
    providers: new FakeProviders(),
    clock: new ManualClock(),
  };
}

function addressOf(objects: FakeObjects, name: string): unknown {
  const slice = objects.all().find(({ kind, metadata }) => kind === 'EndpointSlice' && metadata.name === name);
  return (slice as unknown as { endpoints: { addresses: string[] }[] } | undefined)?.endpoints[0]?.addresses[0];
}

describe('the providers of a sandbox', () => {
  it('are pods that only operators see, with hashes of keys and credential, behind names that everybody finds', async () => {
    const access = setUp();
    const values = await beginProviders(access, declared);
    await whileTimePasses(access.clock, ensureProviders(access, declared, signal));
    const pods = access.objects.all().filter(({ kind }) => kind === 'Pod');
    expect(pods.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
      `${systemNamespace}/provider-alpha`,
      `${systemNamespace}/provider-eu-beta`,
    ]);
    const secret = access.objects.all().find(({ metadata }) => metadata.name === 'provider-alpha') as Secret & { stringData: object };
    const book = await fetchProviderBook(access.vault);
    const text = JSON.stringify(secret);
    for (const plain of [book!.controlToken, ...Object.values(book!.keys)]) expect(text).not.toContain(plain);
    const { 'keys.json': keys, token } = secret.stringData as Record<string, string>;
    expect(token).toBe(`sha256:${hashKey(book!.controlToken)}`);
    const parsed = parseKeys(keys!);
    expect(parsed.get(hashKey(String(values['alphaKey'])))).toMatchObject({ id: 'team', organization: { monthlyLimitUsd: 5 } });
    expect(parsed.get(hashKey(String(values['alphaKey_next_year'])))).toMatchObject({ id: 'next-year', limitsPerMinute: { requests: 9 } });
    expect([addressOf(access.objects, 'alpha'), addressOf(access.objects, 'eu-beta')]).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  it('keep their keys when they are asked for again, and are found at a new address', async () => {
    const access = setUp();
    const values = await beginProviders(access, declared);
    await whileTimePasses(access.clock, ensureProviders(access, declared, signal));
    await access.objects.remove({ kind: 'Pod', namespace: systemNamespace, name: 'provider-alpha' });
    await access.objects.remove({ kind: 'Service', namespace: 'providers', name: 'alpha' });
    await whileTimePasses(access.clock, ensureProviders(access, declared, signal));
    expect(await beginProviders(access, declared)).toEqual(values);
    expect(addressOf(access.objects, 'alpha')).toBe('10.0.0.3');
    expect(await access.objects.find({ kind: 'Service', namespace: 'providers', name: 'alpha' })).toBeDefined();
  });

  it('are none in a lab without, and leave no trace', async () => {
    const access = setUp();
    expect(await beginProviders(access, [])).toEqual({});
    await ensureProviders(access, [], signal);
    expect(access.objects.all()).toEqual([]);
  });

  it('are all cleared by a reset', async () => {
    const access = setUp();
    await clearProviders(access, declared);
    expect(access.providers.orders.map(({ provider, order }) => [provider, order.action])).toEqual([
      ['alpha', 'clearFaults'],
      ['eu-beta', 'clearFaults'],
    ]);
  });

  it('give manifests their addresses and keys by name', () => {
    let count = 0;
    const book = planBook(declared, () => String((count += 1)));
    expect(providerValues(declared, book)).toEqual({
      alphaUrl: 'http://alpha.providers',
      alphaKey: 'sk-proj-1',
      alphaKey_team: 'sk-proj-1',
      alphaKey_next_year: 'sk-proj-2',
      eu_betaUrl: 'http://eu-beta.providers',
      eu_betaKey: 'sk-ant-api03-3',
      eu_betaKey_team: 'sk-ant-api03-3',
    });
    expect(book.accounts).toMatchObject([{ keyId: 'team', key: 'sk-proj-1' }, { key: 'sk-ant-api03-3' }]);
  });
});

describe('orders to providers', () => {
  const book = planBook(declared, () => 'token-of-the-tests');
  const opened: PodProgram[] = [];
  const calls: unknown[] = [];
  /** A provider of which every run answers each call with `said`, or ends where that is undefined. */
  const begin = (said: object | string | undefined): PodProviders => {
    const open: OpenInPod = async (program, { onLine, onEnd }) => {
      opened.push(program);
      return {
        send: (line) => {
          const { id, ...call } = JSON.parse(line) as { readonly id: number };
          calls.push(call);
          queueMicrotask(() => {
            if (said === undefined) onEnd('it ended');
            else onLine(typeof said === 'string' ? said : JSON.stringify({ id, ...said }));
          });
        },
        close: () => undefined,
      };
    };
    return new PodProviders(open, new ManualClock(), async () => book, providerPod);
  };

  it('go to one run of the provider’s own command, with the credential', async () => {
    const providers = begin({ status: 200, body: { faults: {} } });
    expect(await providers.order('alpha', { action: 'state' })).toEqual({ faults: {} });
    expect(await providers.order('alpha', { action: 'clearFaults' })).toEqual({ faults: {} });
    expect(opened).toEqual([
      { namespace: systemNamespace, pod: 'provider-alpha', container: 'provider', command: ['node', '/app/provider.mjs', 'ctl'] },
    ]);
    expect(calls).toEqual([
      { order: { action: 'state' }, token: 'token-of-the-tests' },
      { order: { action: 'clearFaults' }, token: 'token-of-the-tests' },
    ]);
  });

  it.each([
    ['refused', { status: 400, body: { error: 'there is no model x' } }, /refused the order state: .*no model x/],
    ['not carried out', { error: 'fetch failed' }, /took no order: fetch failed/],
    ['not understood', 'Segmentation fault', /could not be read/],
    ['never answered', undefined, /The provider alpha was lost: it ended/],
  ])('that are %s fail', async (_, said, message) => {
    const order = begin(said).order('alpha', { action: 'state' });
    await expect(order).rejects.toMatchObject({ name: 'PlatformError', message: expect.stringMatching(message) as string });
  });

  it('to a provider that the lab has not are refused', async () => {
    await expect(begin(undefined).order('gamma', { action: 'state' })).rejects.toThrow('The sandbox has no provider gamma.');
  });
});
