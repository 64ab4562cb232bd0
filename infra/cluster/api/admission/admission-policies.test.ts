import { describe, expect, it } from 'vitest';
import { useAdminPlane } from '../../testing/admin-plane.ts';
import { ApiCaller, type ApiAnswer } from '../../testing/api-caller.ts';

const admin = useAdminPlane();

const registration = '/apis/admissionregistration.k8s.io/v1';
const configMaps = '/api/v1/namespaces/default/configmaps';
const apiVersion = 'admissionregistration.k8s.io/v1';
const onConfigMaps = {
  resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE', 'DELETE'], resources: ['configmaps'] }],
};

const policy = (name: string, spec: object): Promise<ApiAnswer> =>
  admin.caller.call('POST', `${registration}/validatingadmissionpolicies`, {
    body: { apiVersion, kind: 'ValidatingAdmissionPolicy', metadata: { name }, spec: { matchConstraints: onConfigMaps, ...spec } },
  });
const binding = (name: string, spec: object): Promise<ApiAnswer> =>
  admin.caller.call('POST', `${registration}/validatingadmissionpolicybindings`, {
    body: { apiVersion, kind: 'ValidatingAdmissionPolicyBinding', metadata: { name }, spec: { policyName: name, ...spec } },
  });
const configMap = (name: string, data: object = {}, labels: object = {}, as = admin.caller): Promise<ApiAnswer> =>
  as.call('POST', configMaps, { body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data } });

/** A policy that is bound, on objects of its own label, while the test lasts. */
async function bound(name: string, spec: object, actions: readonly string[] = ['Deny'], more: object = {}): Promise<AsyncDisposable> {
  const objectSelector = { matchLabels: { policy: name } };
  expect((await policy(name, { matchConstraints: { ...onConfigMaps, objectSelector }, ...spec })).code).toBe(201);
  expect((await binding(name, { validationActions: actions, ...more })).code).toBe(201);
  return {
    async [Symbol.asyncDispose]() {
      await admin.caller.call('DELETE', `${registration}/validatingadmissionpolicybindings/${name}`);
      await admin.caller.call('DELETE', `${registration}/validatingadmissionpolicies/${name}`);
    },
  };
}

describe('a ValidatingAdmissionPolicy', () => {
  it('refuses what its binding denies, in Kubernetes’ words', async () => {
    await using _policy = await bound('sized', { validations: [{ expression: 'size(object.data) <= 1' }] });
    const refused = await configMap('two', { a: '1', b: '2' }, { policy: 'sized' });
    const message = "ValidatingAdmissionPolicy 'sized' with binding 'sized' denied request: failed expression: size(object.data) <= 1";
    expect(refused.code).toBe(422);
    expect(refused.json()).toMatchObject({
      reason: 'Invalid',
      message: `configmaps "two" is forbidden: ${message}`,
      details: { name: 'two', kind: 'configmaps', causes: [{ message }] },
    });
    expect((await configMap('one', { a: '1' }, { policy: 'sized' })).code).toBe(201);
    expect((await configMap('unmatched', { a: '1', b: '2' })).code).toBe(201);
  });

  it('holds for updates and deletions, with the state before', async () => {
    const frozen = {
      expression: "request.operation == 'CREATE' || oldObject.data.x != 'frozen'",
      message: 'it is frozen',
      reason: 'Forbidden',
    };
    await using _policy = await bound('frozen', { validations: [frozen] });
    await configMap('ice', { x: 'frozen' }, { policy: 'frozen' });
    const refused = [
      await admin.caller.call('PATCH', `${configMaps}/ice`, {
        body: { data: { y: '1' } },
        headers: { 'content-type': 'application/merge-patch+json' },
      }),
      await admin.caller.call('DELETE', `${configMaps}/ice`),
    ];
    for (const answer of refused) {
      expect(answer.code).toBe(403);
      expect(answer.text).toContain("with binding 'frozen' denied request: it is frozen");
    }
  });

  it('warns where it does not deny', async () => {
    await using _policy = await bound(
      'noisy',
      { validations: [{ expression: 'false', messageExpression: "'mind ' + object.metadata.name" }] },
      ['Warn', 'Audit'],
    );
    const warned = await configMap('noise', {}, { policy: 'noisy' });
    expect(warned.code).toBe(201);
    expect(warned.headers['warning']).toBe(
      `299 - "Validation failed for ValidatingAdmissionPolicy 'noisy' with binding 'noisy': mind noise"`,
    );
  });

  it('takes parameters, variables and match conditions', async () => {
    await configMap('limits', { most: '2' });
    await using _policy = await bound(
      'limited',
      {
        paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
        matchConditions: [{ name: 'no-exempt', expression: '!has(object.metadata.labels.exempt)' }],
        variables: [
          { name: 'most', expression: 'int(params.data.most)' },
          { name: 'unused', expression: 'object.nothing' },
        ],
        validations: [{ expression: 'size(object.data) <= variables.most', messageExpression: "'at most ' + string(variables.most)" }],
      },
      ['Deny'],
      { paramRef: { name: 'limits', namespace: 'default', parameterNotFoundAction: 'Deny' } },
    );
    const three = { a: '1', b: '2', c: '3' };
    expect((await configMap('three', three, { policy: 'limited' })).text).toContain('denied request: at most 2');
    expect((await configMap('exempt', three, { policy: 'limited', exempt: 'yes' })).code).toBe(201);
    await admin.caller.call('DELETE', `${configMaps}/limits`);
    expect((await configMap('any', {}, { policy: 'limited' })).text).toContain('no params found for policy binding');
  });

  it.each([
    ['Fail', 422],
    ['Ignore', 201],
  ])('with failurePolicy %s answers %i to an expression that fails', async (failurePolicy, code) => {
    const name = `failing-${failurePolicy.toLowerCase()}`;
    await using _policy = await bound(name, { failurePolicy, validations: [{ expression: "object.data.missing == 'x'" }] });
    const answer = await configMap(name, { a: '1' }, { policy: name });
    expect(answer.code).toBe(code);
    if (code === 422) expect(answer.text).toContain("expression 'object.data.missing == 'x'' resulted in error: no such key: missing");
  });

  it('cannot lock the platform out, and binds nothing that is not bound', async () => {
    await policy('unbound', { validations: [{ expression: 'false' }] });
    await using _policy = await bound('closed', { validations: [{ expression: 'false' }] });
    using operator = new ApiCaller(admin.plane, 'operator');
    expect((await configMap('closed', {}, { policy: 'closed' })).code).toBe(422);
    expect((await configMap('closed', {}, { policy: 'closed' }, operator)).code).toBe(201);
  });

  it('is refused itself where it says nothing or its expressions are no CEL', async () => {
    const empty = await policy('empty', {});
    expect(empty.text).toContain('spec.validations: Required value: validations or auditAnnotations must contain at least one item');
    const broken = await policy('broken', { validations: [{ expression: 'object.spec.replicas <=' }] });
    expect(broken.text).toContain('spec.validations[0].expression: Invalid value: \\"object.spec.replicas <=\\": compilation failed');
    const both = await binding('both', { validationActions: ['Deny', 'Warn'] });
    expect(both.text).toContain('must not contain both Deny and Warn');
  });
});
