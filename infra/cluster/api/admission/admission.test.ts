import { describe, expect, it } from 'vitest';
import { useAdminPlane } from '../../testing/admin-plane.ts';
import type { ApiAnswer } from '../../testing/api-caller.ts';

const admin = useAdminPlane();

const warningsOf = ({ headers }: ApiAnswer): string => headers['warning'] ?? '';
const merge = (path: string, body: object): Promise<ApiAnswer> =>
  admin.caller.call('PATCH', path, { body, headers: { 'content-type': 'application/merge-patch+json' } });
const safe = {
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

async function namespace(name: string, labels: Record<string, string> = {}): Promise<ApiAnswer> {
  const answer = await admin.caller.call('POST', '/api/v1/namespaces', {
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } },
  });
  await admin.caller.call('POST', `/api/v1/namespaces/${name}/serviceaccounts`, {
    body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } },
  });
  return answer;
}

function pod(name: string, container: object = {}, spec: object = {}): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [{ name: 'c', image: 'i', ...container }], ...spec } };
}
const createPod = (ns: string, body: object): Promise<ApiAnswer> => admin.caller.call('POST', `/api/v1/namespaces/${ns}/pods`, { body });

describe('Pod Security', () => {
  const enforce = 'pod-security.kubernetes.io/enforce';

  it('refuses new pods below the enforced level, in the words of its version', async () => {
    await namespace('strict', { [enforce]: 'restricted', [`${enforce}-version`]: 'v1.30' });
    const refused = await createPod('strict', pod('p'));
    expect(refused.code).toBe(403);
    expect(refused.json()).toMatchObject({
      message:
        'pods "p" is forbidden: violates PodSecurity "restricted:v1.30": allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), ' +
        'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), ' +
        'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    });
    expect((await createPod('strict', pod('p', { securityContext: safe }))).code).toBe(201);
  });

  it('warns of the pods that a stricter level would refuse, alike ones together', async () => {
    await namespace('loose');
    for (const name of ['a', 'b', 'c']) await createPod('loose', pod(name));
    await createPod('loose', pod('z', {}, { hostNetwork: true }));
    await createPod('loose', pod('good', { securityContext: safe }));
    const dry = await merge('/api/v1/namespaces/loose?dryRun=All', { metadata: { labels: { [enforce]: 'baseline' } } });
    expect(warningsOf(dry)).toBe(
      '299 - "existing pods in namespace \\"loose\\" violate the new PodSecurity enforce level \\"baseline:latest\\"", 299 - "z: host namespaces"',
    );
    const set = await merge('/api/v1/namespaces/loose', { metadata: { labels: { [enforce]: 'restricted' } } });
    expect(warningsOf(set)).toContain(
      'a (and 2 other pods): allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile',
    );
    expect(warningsOf(await merge('/api/v1/namespaces/loose', { metadata: { labels: { other: 'x' } } }))).toBe('');
  });

  it('holds for what an update changes, not for what it leaves', async () => {
    const path = '/api/v1/namespaces/loose/pods/a';
    expect((await merge(path, { metadata: { labels: { x: 'y' } } })).code).toBe(200);
    const image = await admin.caller.call('PATCH', path, {
      body: { spec: { containers: [{ name: 'c', image: 'other' }] } },
      headers: { 'content-type': 'application/strategic-merge-patch+json' },
    });
    expect(image.code).toBe(403);
    expect(image.json()).toMatchObject({ message: expect.stringContaining('violates PodSecurity "restricted:latest"') });
    const debug = await admin.caller.call('PATCH', `${path}/ephemeralcontainers`, {
      body: { spec: { ephemeralContainers: [{ name: 'd', image: 'i' }] } },
      headers: { 'content-type': 'application/strategic-merge-patch+json' },
    });
    expect(debug.code).toBe(403);
  });

  it('warns of templates where the namespace says so, and refuses none', async () => {
    await namespace('warned', { 'pod-security.kubernetes.io/warn': 'baseline' });
    const template = { metadata: { labels: { a: 'b' } }, spec: { hostPID: true, containers: [{ name: 'c', image: 'i' }] } };
    const body = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: { selector: { matchLabels: { a: 'b' } }, template },
    };
    const answer = await admin.caller.call('POST', '/apis/apps/v1/namespaces/warned/deployments', { body });
    expect(answer.code).toBe(201);
    expect(warningsOf(answer)).toContain('would violate PodSecurity \\"baseline:latest\\": host namespaces (hostPID=true)');
  });

  it.each([
    [enforce, 'strict', 'must be one of privileged, baseline, restricted'],
    [`${enforce}-version`, '1.30', 'must be \\"latest\\" or \\"v1.x\\"'],
  ])('refuses the label %s=%s', async (label, value, demand) => {
    const answer = await namespace('mistyped', { [label]: value });
    expect(answer.code).toBe(422);
    expect(answer.text).toContain(`metadata.labels[${label}]: Invalid value: \\"${value}\\": ${demand}`);
  });
});

describe('a LimitRange’s ratio', () => {
  const ratio = (requests: object, limits: object): Promise<ApiAnswer> => createPod('ratio', pod('p', { resources: { requests, limits } }));

  it('is of quantities, whatever their units', async () => {
    await namespace('ratio');
    const limits = [{ type: 'Container', maxLimitRequestRatio: { memory: '2', cpu: '1500m' } }];
    await admin.caller.call('POST', '/api/v1/namespaces/ratio/limitranges', {
      body: { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'l' }, spec: { limits } },
    });
    const far = await ratio({ memory: '900Mi', cpu: '1' }, { memory: '2Gi', cpu: '1' });
    expect(far.code).toBe(403);
    expect(far.text).toContain('memory max limit to request ratio per Container is 2, but provided ratio is 2.275556');
    expect((await ratio({ memory: '1Gi', cpu: '1' }, { memory: '1Gi', cpu: '1600m' })).text).toContain(
      'cpu max limit to request ratio per Container is 1500m, but provided ratio is 1.600000',
    );
    expect((await ratio({ cpu: '1' }, { cpu: '1' })).text).toContain(
      'memory max limit to request ratio per Container is 2, but no request is specified or request is 0',
    );
    expect((await ratio({ memory: '1000Mi', cpu: '500m' }, { memory: '1Gi', cpu: '0.75' })).code).toBe(201);
  });
});

describe('a claim’s class', () => {
  const make = async (name: string, spec: object): Promise<unknown> => {
    const body = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
    };
    const answer = await admin.caller.call('POST', '/api/v1/namespaces/claims/persistentvolumeclaims', { body });
    return answer.json<{ spec?: { storageClassName?: string } }>().spec?.storageClassName;
  };

  it('is the default one where none is named, and none where that is asked for', async () => {
    await namespace('claims');
    expect(await make('plain', {})).toBe('standard');
    expect(await make('none', { storageClassName: '' })).toBe('');
    expect(await make('other', { storageClassName: 'other' })).toBe('other');
    await admin.caller.call('DELETE', '/apis/storage.k8s.io/v1/storageclasses/standard');
    expect(await make('late', {})).toBeUndefined();
  });
});

describe('deletion', () => {
  it('reads a negative grace period as one second', async () => {
    await namespace('grace');
    await createPod('grace', pod('p', {}, { nodeName: 'n' }));
    const answer = await admin.caller.call('DELETE', '/api/v1/namespaces/grace/pods/p?gracePeriodSeconds=-1');
    expect(answer.code).toBe(200);
    expect(answer.json()).toMatchObject({ metadata: { deletionGracePeriodSeconds: 1 } });
  });
});

describe('classes', () => {
  it('a pod takes what its runtime class costs and where it runs, and one without such a class is refused', async () => {
    await namespace('classes');
    await admin.caller.call('POST', '/apis/node.k8s.io/v1/runtimeclasses', {
      body: {
        apiVersion: 'node.k8s.io/v1',
        kind: 'RuntimeClass',
        metadata: { name: 'kata' },
        handler: 'kata',
        overhead: { podFixed: { memory: '64Mi' } },
        scheduling: { nodeSelector: { vm: 'yes' }, tolerations: [{ key: 'vm', operator: 'Exists' }] },
      },
    });
    const made = await createPod('classes', pod('k', {}, { runtimeClassName: 'kata', nodeSelector: { a: 'b' } }));
    expect(made.json()).toMatchObject({
      spec: { overhead: { memory: '64Mi' }, nodeSelector: { a: 'b', vm: 'yes' }, tolerations: [{ key: 'vm' }, {}, {}] },
    });
    expect((await createPod('classes', pod('x', {}, { runtimeClassName: 'none' }))).json()).toMatchObject({
      message: 'pods "x" is forbidden: pod rejected: RuntimeClass "none" not found',
    });
  });

  it('an ingress that names no class gets the default one', async () => {
    const networking = '/apis/networking.k8s.io/v1';
    const ingress = (name: string, spec: object = {}): Promise<ApiAnswer> =>
      admin.caller.call('POST', `${networking}/namespaces/classes/ingresses`, {
        body: {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'Ingress',
          metadata: { name },
          spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } }, ...spec },
        },
      });
    expect((await ingress('before')).json<{ spec: object }>().spec).not.toHaveProperty('ingressClassName');
    await admin.caller.call('POST', `${networking}/ingressclasses`, {
      body: {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'IngressClass',
        metadata: { name: 'front', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
        spec: { controller: 'example.com/front' },
      },
    });
    expect((await ingress('after')).json()).toMatchObject({ spec: { ingressClassName: 'front' } });
    expect((await ingress('own', { ingressClassName: 'other' })).json()).toMatchObject({ spec: { ingressClassName: 'other' } });
  });
});
