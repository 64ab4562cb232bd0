import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../infra/cluster/meta/kube-object.ts';
import { ReviewingObjects, type AskedReview } from '../testing/reviewing-objects.ts';
import { checkOf, healthyObjects, testContext } from '../testing/sandbox-fixtures.ts';
import type { Verdict } from '../verdict.ts';
import { runAccessCheck, type AccessCheck } from './access-check.ts';

/** A cluster with two service accounts. */
function reviewing(allows: ReviewingObjects['allows']): ReviewingObjects {
  const account = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'atlas' } });
  const objects = new ReviewingObjects(...healthyObjects(), account('default'), account('board'));
  objects.allows = allows;
  return objects;
}

const run = (reviews: object[], objects: ReviewingObjects): Promise<Verdict> =>
  runAccessCheck(checkOf('a', { kind: 'access', reviews }) as AccessCheck, testContext({ objects }));
const listsPods = ({ resourceAttributes: { verb, resource } }: AskedReview): boolean => verb === 'list' && resource === 'pods';

describe('an access check', () => {
  it('asks for each verb, as the pods of a Deployment come', async () => {
    const objects = reviewing(listsPods);
    const verdict = await run(
      [
        {
          who: [{ deployment: 'inference' }],
          may: [{ verbs: ['list'], resource: 'pods' }],
          mayNot: [{ verbs: ['get', 'list'], resource: 'secrets', namespace: '*' }],
        },
      ],
      objects,
    );
    expect(verdict.kind).toBe('pass');
    const asUser = {
      user: 'system:serviceaccount:atlas:default',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:atlas', 'system:authenticated'],
    };
    expect(objects.asked).toEqual([
      { ...asUser, resourceAttributes: { verb: 'list', resource: 'pods', namespace: 'atlas' } },
      { ...asUser, resourceAttributes: { verb: 'get', resource: 'secrets' } },
      { ...asUser, resourceAttributes: { verb: 'list', resource: 'secrets' } },
    ]);
  });

  it.each<[string, object, (asked: AskedReview) => boolean, RegExp]>([
    [
      'a right that is missing',
      { who: [{ serviceAccount: 'board' }], may: [{ verbs: ['list'], resource: 'pods' }] },
      () => false,
      /^system:serviceaccount:atlas:board may not list pods in atlas, which its work takes\.$/,
    ],
    [
      'a right too many',
      { who: [{ serviceAccount: 'board' }], mayNot: [{ verbs: ['create'], resource: 'pods', subresource: 'exec' }] },
      () => true,
      /board may create pods\/exec in atlas, which nothing that it does takes/,
    ],
    [
      'a right of another account of the namespace',
      { who: [{ serviceAccount: '*' }], mayNot: [{ verbs: ['list'], resource: 'secrets' }] },
      ({ user }) => user.endsWith(':default'),
      /atlas:default may list secrets/,
    ],
    [
      'a right of a group',
      { who: [{ group: 'system:authenticated' }], mayNot: [{ verbs: ['get'], resource: 'deployments', group: 'apps', name: 'a' }] },
      () => true,
      /^Whoever is in system:authenticated may get deployments\.apps a in atlas/,
    ],
    ['a workload that is gone', { who: [{ deployment: 'gone' }], mayNot: [] }, () => false, /no Deployment gone/],
  ])('fails for %s', async (_, review, allows, reason) => {
    const verdict = await run([review], reviewing(allows));
    expect(verdict).toMatchObject({ kind: 'fail', reason: expect.stringMatching(reason) as string });
  });

  it('asks in the name of a group as one who is in it comes, with the wider groups', async () => {
    const objects = reviewing(() => false);
    const groups = ['system:unauthenticated', 'system:serviceaccounts:default', 'system:authenticated'];
    await run([{ who: groups.map((group) => ({ group })), mayNot: [{ verbs: ['list'], resource: 'pods' }] }], objects);
    expect(objects.asked.map(({ user, groups: asked }) => [user, ...asked])).toEqual([
      ['system:anonymous', 'system:unauthenticated'],
      ['drillhouse-nobody', 'system:serviceaccounts:default', 'system:serviceaccounts', 'system:authenticated'],
      ['drillhouse-nobody', 'system:authenticated'],
    ]);
  });

  it('is nobody’s failure where the API server does not answer', async () => {
    const reviews = [{ who: [{ group: 'x' }], mayNot: [{ verbs: ['get'], resource: 'pods' }] }];
    await expect(
      run(
        reviews,
        reviewing(() => undefined),
      ),
    ).rejects.toThrow('answered an access review with nothing');
  });
});
