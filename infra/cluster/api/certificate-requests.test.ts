import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import https from 'node:https';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { operatorGroup } from '../cluster-options.ts';
import type { CertificateSigningRequest } from '../meta/generated/types.ts';
import { ApiCaller, type ApiAnswer } from '../testing/api-caller.ts';
import { hiddenNamespace, startBareControlPlane, type BareControlPlane } from '../testing/bare-control-plane.ts';

const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const clientSigner = 'kubernetes.io/kube-apiserver-client';
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

let plane: BareControlPlane;
let caller: ApiCaller;

beforeAll(async () => {
  x509.cryptoProvider.set(webcrypto as never);
  plane = await startBareControlPlane();
  caller = new ApiCaller(plane, 'admin');
}, 60_000);

afterAll(async () => {
  caller[Symbol.dispose]();
  await plane[Symbol.asyncDispose]();
});

/** A request for that subject, and the key it was signed with. */
async function newRequest(subject: x509.JsonName): Promise<{ readonly request: string; readonly keyPem: string }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: subject, keys, signingAlgorithm: algorithm });
  const keyPem = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { request: Buffer.from(request.toString('pem')).toString('base64'), keyPem };
}

function bodyOf(name: string, request: string, spec: object = {}): object {
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: { request, signerName: clientSigner, usages: ['client auth'], ...spec },
  };
}

async function ask(name: string, subject: x509.JsonName, spec: object = {}, headers = {}): Promise<ApiAnswer> {
  const { request } = await newRequest(subject);
  return caller.call('POST', requests, { body: bodyOf(name, request, spec), headers });
}

function decide(name: string, type: string, headers = {}): Promise<ApiAnswer> {
  const patch = { status: { conditions: [{ type, status: 'True', reason: 'Test', message: 'decided' }] } };
  return caller.call('PATCH', `${requests}/${name}/approval`, {
    body: patch,
    headers: { 'content-type': 'application/merge-patch+json', ...headers },
  });
}

async function read(name: string): Promise<CertificateSigningRequest> {
  return (await caller.call('GET', `${requests}/${name}`)).json<CertificateSigningRequest>();
}

function whoIs(certificate: string, key: string): Promise<{ status: { userInfo: { username: string; groups: string[] } } }> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  return new Promise((resolve, reject) => {
    const request = https.request(
      `${plane.url}/apis/authentication.k8s.io/v1/selfsubjectreviews`,
      { method: 'POST', headers: { 'content-type': 'application/json' }, ca: plane.authority, cert: certificate, key, agent: false },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.once('end', () => resolve(JSON.parse(text) as Awaited<ReturnType<typeof whoIs>>));
      },
    );
    request.once('error', reject).end(JSON.stringify(body));
  });
}

describe('a request for a certificate', () => {
  it('that is approved is signed, and the certificate opens the API as whom it names', async () => {
    const { request, keyPem } = await newRequest([{ O: ['builders'] }, { CN: ['jane'] }]);
    const created = await caller.call('POST', requests, { body: bodyOf('jane', request, { username: 'somebody-else' }) });
    expect(created.code).toBe(201);
    expect(created.json<CertificateSigningRequest>().spec).toMatchObject({
      username: 'kubernetes-admin',
      groups: ['system:masters', 'system:authenticated'],
    });
    expect((await decide('jane', 'Approved')).code).toBe(200);
    const certificate = await vi.waitFor(async () => {
      const text = (await read('jane')).status?.certificate ?? '';
      expect(text).not.toBe('');
      return Buffer.from(text, 'base64').toString('utf8');
    });
    const { userInfo } = (await whoIs(certificate, keyPem)).status;
    expect(userInfo).toEqual({ username: 'jane', groups: ['builders', 'system:authenticated'] });
  });

  it('lasts as long as it asks, a year at most', async () => {
    await ask('short', [{ CN: ['short'] }], { expirationSeconds: 3600 });
    await decide('short', 'Approved');
    const certificate = await vi.waitFor(
      async () => new x509.X509Certificate(Buffer.from((await read('short')).status?.certificate ?? '', 'base64').toString()),
    );
    expect(certificate.notAfter.getTime() - certificate.notBefore.getTime()).toBe(3_600_000);
  });

  it('that is denied stays unsigned, and what was decided stays decided', async () => {
    await ask('no', [{ CN: ['no'] }]);
    await decide('no', 'Denied');
    const taken = await caller.call('PATCH', `${requests}/no/approval`, {
      body: { status: { conditions: [] } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect([taken.code, taken.json().message]).toEqual([
      422,
      'CertificateSigningRequest.certificates.k8s.io "no" is invalid: status.conditions: Forbidden: updates may not remove a condition of type "Denied"',
    ]);
    const viaStatus = await caller.call('PATCH', `${requests}/no/status`, {
      body: { status: { conditions: [{ type: 'Approved', status: 'True' }] } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(viaStatus.json<CertificateSigningRequest>().status?.conditions?.map(({ type }) => type)).toEqual(['Denied']);
    expect((await read('no')).status?.certificate).toBeUndefined();
  });

  it('cannot be changed once it was made', async () => {
    await ask('fixed', [{ CN: ['fixed'] }]);
    const changed = await caller.call('PATCH', `${requests}/fixed`, {
      body: { spec: { username: 'root', usages: ['any'] } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(changed.json<CertificateSigningRequest>().spec).toMatchObject({ username: 'kubernetes-admin', usages: ['client auth'] });
  });

  it('of a node is refused by the signer where it does not name one', async () => {
    await ask('node', [{ CN: ['jane'] }], {
      signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
      usages: ['client auth', 'digital signature'],
    });
    await decide('node', 'Approved');
    await vi.waitFor(async () =>
      expect((await read('node')).status?.conditions).toMatchObject([
        { type: 'Approved' },
        { type: 'Failed', reason: 'SignerValidationFailure', message: 'subject organization is not system:nodes' },
      ]),
    );
  });

  it.each([
    [
      'the group above RBAC',
      [{ O: ['system:masters'] }, { CN: ['x'] }],
      'use of kubernetes.io/kube-apiserver-client signer with system:masters',
    ],
    ['the operators', [{ O: [operatorGroup] }, { CN: ['x'] }], 'this identity belongs to the platform'],
    ['a hidden account', [{ CN: [`system:serviceaccount:${hiddenNamespace}:grader`] }], 'this identity belongs to the platform'],
  ])('is refused for %s', async (_who, subject, message) => {
    const answer = await ask('forbidden', subject);
    expect(answer.code).toBe(403);
    expect(answer.json()['message']).toContain(message);
  });

  it('is approved only by who may approve for that signer', async () => {
    await ask('pending', [{ CN: ['pending'] }]);
    const role = {
      metadata: { name: 'csr-writer' },
      rules: [{ apiGroups: ['certificates.k8s.io'], resources: ['*'], verbs: ['get', 'patch'] }],
    };
    await caller.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', { body: role });
    await caller.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      body: {
        metadata: { name: 'csr-writer' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'csr-writer' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'writer' }],
      },
    });
    const answer = await decide('pending', 'Approved', { 'impersonate-user': 'writer' });
    expect([answer.code, answer.json()['message']]).toEqual([
      403,
      `certificatesigningrequests.certificates.k8s.io "pending" is forbidden: user not permitted to approve requests with signerName "${clientSigner}"`,
    ]);
  });

  it('is checked field by field', async () => {
    const answer = await caller.call('POST', requests, {
      body: bodyOf('bad', Buffer.from('nothing').toString('base64'), {
        usages: ['fun', 'client auth', 'client auth'],
        signerName: 'nobody',
        expirationSeconds: 5,
      }),
    });
    const { details } = answer.json<{ details: { causes: { field: string }[] } }>();
    expect(answer.code).toBe(422);
    expect(details.causes.map(({ field }) => field)).toEqual([
      'spec.request',
      'spec.usages[0]',
      'spec.usages[2]',
      'spec.signerName',
      'spec.expirationSeconds',
    ]);
  });

  it('that nobody signed with its key is not believed', async () => {
    const [mine, other] = [await newRequest([{ CN: ['mine'] }]), await newRequest([{ CN: ['other'] }])];
    const bytes = (pem: string): Buffer =>
      Buffer.from(x509.PemConverter.decode(Buffer.from(pem, 'base64').toString())[0] ?? new ArrayBuffer(0));
    const [left, right] = [bytes(mine.request), bytes(other.request)];
    // The signature is the last part: another's does not fit.
    const forged = Buffer.concat([left.subarray(0, left.length - 20), right.subarray(right.length - 20)]);
    const request = Buffer.from(x509.PemConverter.encode(new Uint8Array(forged).buffer, 'CERTIFICATE REQUEST')).toString('base64');
    await caller.call('POST', requests, { body: bodyOf('forged', request) });
    await decide('forged', 'Approved');
    await vi.waitFor(async () =>
      expect((await read('forged')).status?.conditions?.map(({ type }) => type)).toEqual(['Approved', 'Failed']),
    );
  });
});
