import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hiddenNamespace, startBareControlPlane, type BareControlPlane } from '../testing/bare-control-plane.ts';
import { ApiCaller, type ApiAnswer, type ApiRequest } from '../testing/api-caller.ts';

let plane: BareControlPlane;
let admin: ApiCaller;

beforeAll(async () => {
  plane = await startBareControlPlane();
  admin = new ApiCaller(plane, 'admin');
  await role('impersonator', [
    { apiGroups: [''], resources: ['users'], resourceNames: ['jane'], verbs: ['impersonate'] },
    { apiGroups: [''], resources: ['groups'], resourceNames: ['devs'], verbs: ['impersonate'] },
    { apiGroups: ['authentication.k8s.io'], resources: ['userextras/team'], resourceNames: ['blue'], verbs: ['impersonate'] },
    { apiGroups: ['authentication.k8s.io'], resources: ['uids'], resourceNames: ['7'], verbs: ['impersonate'] },
    { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
  ]);
});
afterAll(async () => {
  admin[Symbol.dispose]();
  await plane[Symbol.asyncDispose]();
});

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const accounts = '/api/v1/namespaces/default/serviceaccounts';

/** A service account `name` that holds these rules everywhere. */
async function role(name: string, rules: object[]): Promise<void> {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  await admin.call('POST', accounts, { body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } } });
  await admin.call('POST', `${rbac}/clusterroles`, { body: { apiVersion, kind: 'ClusterRole', metadata: { name }, rules } });
  const subjects = [{ kind: 'ServiceAccount', name, namespace: 'default' }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
  await admin.call('POST', `${rbac}/clusterrolebindings`, {
    body: { apiVersion, kind: 'ClusterRoleBinding', metadata: { name }, subjects, roleRef },
  });
}

async function token(account: string, spec: object = {}): Promise<ApiAnswer> {
  return admin.call('POST', `${accounts}/${account}/token`, {
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
  });
}
const tokenOf = (answer: ApiAnswer): string => answer.json<{ status: { token: string } }>().status.token;

interface WhoAmI {
  readonly status: {
    readonly userInfo: {
      readonly username: string;
      readonly uid?: string;
      readonly groups: string[];
      readonly extra?: Record<string, string[]>;
    };
  };
}
const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
const whoAmI = (headers: NonNullable<ApiRequest['headers']>, caller = admin): Promise<ApiAnswer> =>
  caller.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body: review, headers });

/** A caller without a certificate: only a token speaks for it. */
async function asToken(method: string, path: string, bearer: string, request: ApiRequest = {}): Promise<number> {
  const { request: send } = await import('node:https');
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', ...request.headers } as Record<string, string>;
    const call = send(plane.url + path, { method, headers, ca: plane.authority, agent: false }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    });
    call.once('error', reject);
    call.end(request.body === undefined ? undefined : JSON.stringify(request.body));
  });
}

describe('impersonation', () => {
  it('takes user, groups, uid and extra', async () => {
    const headers = {
      'impersonate-user': 'jane',
      'impersonate-group': ['devs', 'ops'],
      'impersonate-uid': '7',
      'impersonate-extra-Team%2Fa': 'blue',
    };
    expect((await whoAmI(headers)).json<WhoAmI>().status.userInfo).toEqual({
      username: 'jane',
      uid: '7',
      groups: ['devs', 'ops', 'system:authenticated'],
      extra: { 'team/a': ['blue'] },
    });
  });

  it.each([
    ['system:anonymous', ['system:unauthenticated']],
    ['system:serviceaccount:default:robot', ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated']],
    ['jane', ['system:authenticated']],
  ])('%s belongs to %j', async (user, groups) => {
    const answer = await whoAmI({ 'impersonate-user': user });
    const told = answer.code === 201 ? answer.json<WhoAmI>().status.userInfo.groups : answer.text;
    if (user === 'system:anonymous') expect(answer.code).toBe(403);
    else expect(told).toEqual(groups);
  });

  it('needs leave for each part', async () => {
    const bearer = tokenOf(await token('impersonator'));
    const attempt = (headers: NonNullable<ApiRequest['headers']>): Promise<number> =>
      asToken('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', bearer, { body: review, headers });
    await role('jane-can-ask', []);
    const jane = { 'impersonate-user': 'jane' };
    expect(await attempt(jane)).toBe(201);
    expect(await attempt({ ...jane, 'impersonate-group': 'devs', 'impersonate-uid': '7', 'impersonate-extra-team': 'blue' })).toBe(201);
    for (const headers of [
      { 'impersonate-user': 'root' },
      { ...jane, 'impersonate-group': 'system:masters' },
      { ...jane, 'impersonate-uid': '8' },
      { ...jane, 'impersonate-extra-team': 'red' },
      { ...jane, 'impersonate-extra-rank': 'blue' },
      { ...jane, 'impersonate-extra-%E0%A4%A': 'blue' },
      { 'impersonate-group': 'devs' },
    ])
      expect(await attempt(headers), JSON.stringify(headers)).toBe(403);
  });
});

describe('TokenRequest', () => {
  const pod = (name: string, serviceAccountName: string): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { serviceAccountName, containers: [{ name: 'c', image: 'i' }] },
  });

  it('issues for audiences, and only this server’s open it', async () => {
    const other = await token('impersonator', { audiences: ['vault'], expirationSeconds: 600 });
    expect(other.code).toBe(201);
    const bearer = tokenOf(other);
    expect(await asToken('GET', '/version', bearer)).toBe(401);
    const ask = async (audiences?: string[]): Promise<Record<string, unknown>> =>
      (
        await admin.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
          body: {
            apiVersion: 'authentication.k8s.io/v1',
            kind: 'TokenReview',
            spec: { token: bearer, ...(audiences === undefined ? {} : { audiences }) },
          },
        })
      ).json<{ status: Record<string, unknown> }>().status;
    expect(await ask()).toMatchObject({ error: '[invalid bearer token]' });
    expect(await ask(['vault', 'x'])).toMatchObject({
      authenticated: true,
      audiences: ['vault'],
      user: { username: 'system:serviceaccount:default:impersonator' },
    });
  });

  it('lives for as long as was asked', async () => {
    const { status } = (await token('impersonator', { expirationSeconds: 30 * 86_400 })).json<{
      status: { expirationTimestamp: string };
    }>();
    const days = (Date.parse(status.expirationTimestamp) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThan(30.1);
  });

  it.each([
    [{ expirationSeconds: 60 }, 422, 'spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes'],
    [{ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'gone' } }, 404, 'pods \\"gone\\" not found'],
    [{ boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'x' } }, 400, 'cannot bind token to object of type v1, Kind=ConfigMap'],
    [{ boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 'bound', uid: 'other' } }, 409, 'does not match the UID in record'],
    [{ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } }, 400, 'to pod running with different serviceaccount name'],
  ])('%j is refused with %i', async (spec, code, message) => {
    await admin.call('POST', '/api/v1/namespaces/default/secrets', {
      body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'bound' } },
    });
    await admin.call('POST', '/api/v1/namespaces/default/pods', { body: pod('p', 'default') });
    const answer = await token('impersonator', spec);
    expect(answer.code).toBe(code);
    expect(answer.text).toContain(message);
  });

  it.each([
    ['Secret', 'secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'holder' } }],
    ['Pod', 'pods', pod('holder', 'impersonator')],
  ])('a token that is bound to a %s dies with it', async (kind, resource, object) => {
    await admin.call('POST', `/api/v1/namespaces/default/${resource}`, { body: object });
    const bearer = tokenOf(await token('impersonator', { boundObjectRef: { kind, apiVersion: 'v1', name: 'holder' } }));
    expect(await asToken('GET', '/version', bearer)).toBe(200);
    await admin.call('DELETE', `/api/v1/namespaces/default/${resource}/holder?gracePeriodSeconds=0`);
    expect(await asToken('GET', '/version', bearer)).toBe(401);
  });
});

describe('SelfSubjectRulesReview', () => {
  const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
  const ask = async (
    namespace: string,
    headers: NonNullable<ApiRequest['headers']>,
  ): Promise<{ resourceRules: { verbs: string[]; resources: string[] }[] }> =>
    (
      await admin.call('POST', path, {
        body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } },
        headers,
      })
    ).json<{
      status: { resourceRules: { verbs: string[]; resources: string[] }[] };
    }>().status;

  it('tells what somebody may do in a namespace', async () => {
    const robot = { 'impersonate-user': 'system:serviceaccount:default:impersonator' };
    const { resourceRules } = await ask('default', robot);
    expect(resourceRules.map(({ verbs, resources }) => `${verbs.join()} ${resources.join()}`)).toEqual(
      expect.arrayContaining(['impersonate users', 'impersonate userextras/team', 'create selfsubjectreviews']),
    );
    expect(resourceRules.flatMap(({ resources }) => resources)).not.toContain('*');
    expect((await ask('default', {})).resourceRules[0]).toMatchObject({ verbs: ['*'], resources: ['*'] });
    expect(await ask(hiddenNamespace, robot)).toEqual(await ask('nowhere', robot));
  });
});
