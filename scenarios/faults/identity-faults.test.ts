import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../infra/cluster/meta/kube-object.ts';
import type { ConfigMap, RoleBinding, Secret } from '../../infra/cluster/meta/generated/types.ts';
import { ReviewingObjects } from '../../grader/testing/reviewing-objects.ts';
import {
  answered,
  endpoint,
  FakeProber,
  goodKey,
  healthyObjects,
  secretOf,
  testContext,
  unanswered,
} from '../../grader/testing/sandbox-fixtures.ts';
import { FakeVault } from '../testing/fake-vault.ts';
import type { Fault, FaultTarget } from './fault.ts';
import { leakedKey } from './leaked-key.ts';
import { overBroadRole } from './over-broad-role.ts';
import { staleEnvironment } from './stale-environment.ts';

const apiGroup = 'rbac.authorization.k8s.io';
const { namespace } = endpoint;

interface World extends FaultTarget {
  readonly objects: ReviewingObjects;
  readonly prober: FakeProber;
  readonly vault: FakeVault;
}

function binding(name: string, ...accounts: readonly string[]): RoleBinding {
  return {
    apiVersion: `${apiGroup}/v1`,
    kind: 'RoleBinding',
    metadata: { name, namespace },
    roleRef: { apiGroup, kind: 'Role', name },
    subjects: accounts.map((account) => ({ kind: 'ServiceAccount', name: account, namespace })),
  };
}

/** A cluster in which whoever is bound to cluster-admin may do everything. */
function world(answer: FakeProber['answer'] = () => answered(200)): World {
  const next = secretOf('next', { 'api-key': 'sk-lab-next' });
  const objects = new ReviewingObjects(...healthyObjects(), binding('own', 'default'), binding('shared', 'default', 'other'), next);
  objects.allows = ({ user, groups }) =>
    objects
      .all()
      .filter((object) => (object as Partial<RoleBinding>).roleRef?.name === 'cluster-admin')
      .flatMap((bound) => (bound as RoleBinding).subjects ?? [])
      .some(({ kind, name }) => (kind === 'Group' ? groups.includes(name) : user.endsWith(`:${name}`)));
  const prober = new FakeProber(answer);
  return { ...testContext({ objects, prober }), objects, prober, vault: new FakeVault() };
}

/** What is declared, in an order of its own. */
const essence = ({ objects }: World): readonly unknown[] =>
  objects
    .all()
    .map(({ kind, metadata: { name, namespace: at }, ...rest }) => ({ id: `${kind} ${at ?? ''} ${name}`, ...rest }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
const find = <T extends KubeObject>({ objects }: World, kind: string, name: string, at = namespace): Promise<T | undefined> =>
  objects.find<T>({ kind, namespace: at, name });

const cases: readonly (readonly [id: string, fault: Fault, given: object])[] = [
  [overBroadRole.id, overBroadRole, { deployment: endpoint.deployment, name: 'hotfix' }],
  [leakedKey.id, leakedKey, { name: 'bundle', endUser: 'stranger' }],
  [
    staleEnvironment.id,
    staleEnvironment,
    { into: { secret: 'inference-api-key', entry: 'api-key' }, from: { secret: 'next', entry: 'api-key' } },
  ],
];

describe.each(cases)('%s', (_, fault, given) => {
  it('leaves nothing behind when it is taken back, however often it was injected', async () => {
    const at = world();
    const before = essence(at);
    const data = JSON.parse(JSON.stringify(await fault.inject(at, given))) as unknown;
    const broken = essence(at);
    expect(broken).not.toEqual(before);
    await fault.inject(at, given);
    expect(essence(at)).toEqual(broken);
    await fault.recover(at, data);
    expect(essence(at)).toEqual(before);
    expect(at.vault.texts.size).toBe(0);
  });

  it('keeps no secret outside of the sandbox, and refuses what it does not know', async () => {
    expect(JSON.stringify(await fault.inject(world(), given))).not.toContain('sk-');
    expect(fault.parameters.safeParse({ ...given, more: 1 }).success).toBe(false);
  });
});

describe('over-broad-role', () => {
  const [, , given] = cases[0]!;

  it('puts one binding to everything, for everybody, in the place of the workload’s own', async () => {
    const at = world();
    await overBroadRole.inject(at, given);
    expect(await find(at, 'RoleBinding', 'hotfix')).toMatchObject({
      roleRef: { name: 'cluster-admin' },
      subjects: [
        { kind: 'ServiceAccount', name: 'default', namespace },
        { kind: 'Group', name: 'system:authenticated' },
      ],
    });
    expect(await find(at, 'RoleBinding', 'own')).toBeUndefined();
    expect(await find(at, 'RoleBinding', 'shared')).toBeDefined();
  });

  it('is live as long as both the workload and everybody may read Secrets', async () => {
    const at = world();
    const data = await overBroadRole.inject(at, given);
    expect(await overBroadRole.prove(at, data)).toMatchObject({ live: true });
    const hotfix = await find<RoleBinding>(at, 'RoleBinding', 'hotfix');
    at.objects.put({ ...hotfix!, subjects: hotfix!.subjects!.slice(0, 1) } as KubeObject);
    expect(await overBroadRole.prove(at, data)).toMatchObject({ live: false, reason: expect.stringMatching('authenticated') as string });
  });

  it('needs the workload', async () => {
    await expect(overBroadRole.inject(world(), { ...given, deployment: 'gone' })).rejects.toThrow('no Deployment gone');
  });
});

describe('leaked-key', () => {
  const [, , given] = cases[1]!;

  it('lays the key open, and lets a stranger ask with it', async () => {
    const at = world();
    await leakedKey.inject(at, given);
    const copy = await find<ConfigMap>(at, 'ConfigMap', 'bundle');
    expect(copy?.data?.['reproduce.sh']).toContain(goodKey);
    expect(at.prober.asked).toHaveLength(12);
    for (const { headers, body } of at.prober.asked) {
      expect(headers).toMatchObject({ authorization: `Bearer ${goodKey}` });
      expect(JSON.parse(body ?? '')).toMatchObject({ user: 'stranger' });
    }
  });

  it('stays the key that was given away, whatever the Secret holds by then', async () => {
    const at = world();
    const data = await leakedKey.inject(at, given);
    at.objects.put(secretOf('inference-api-key', { 'api-key': 'sk-lab-another' }));
    expect(await leakedKey.prove(at, data)).toMatchObject({ live: true });
    expect(at.prober.asked.at(-1)?.headers).toMatchObject({ authorization: `Bearer ${goodKey}` });
  });

  it.each([
    ['is refused', answered(401)],
    ['gets no answer', unanswered('connect')],
  ])('is not live where the stranger %s', async (_, result) => {
    const at = world(() => result);
    expect(await leakedKey.prove(at, await leakedKey.inject(at, given))).toMatchObject({ live: false });
  });
});

describe('stale-environment', () => {
  const [, , given] = cases[2]!;

  it('changes the Secret and nothing that reads it', async () => {
    const at = world();
    await staleEnvironment.inject(at, given);
    const secret = await find<Secret>(at, 'Secret', 'inference-api-key');
    expect(Buffer.from(secret?.data?.['api-key'] ?? '', 'base64').toString()).toBe('sk-lab-next');
    expect(await at.objects.list('Pod')).toHaveLength(1);
  });

  it('needs something to rotate to', async () => {
    const from = { secret: 'next', entry: 'other' };
    await expect(staleEnvironment.inject(world(), { ...given, from })).rejects.toThrow('no Secret next with the entry other');
  });
});
