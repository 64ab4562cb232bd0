import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../meta/manual-clock.ts';
import { operatorGroup } from '../cluster-options.ts';
import { ApiCaller } from '../testing/api-caller.ts';
import { startBareControlPlane } from '../testing/bare-control-plane.ts';
import { auditPath, isAudited, type AnsweredRequest } from './audit-event.ts';
import { AuditLog } from './audit-log.ts';
import { parseRequest } from './request-info.ts';
import { mastersGroup } from './user.ts';
import { Visibility } from './visibility.ts';

const visibility = new Visibility(['drillhouse-system'], ['chaos-mesh.org']);
const admin = { username: 'admin', groups: [mastersGroup] };
const operator = { username: 'grader', groups: [operatorGroup, mastersGroup] };

function answered(method: string, path: string, code: number, user: AnsweredRequest['user'] = admin): AnsweredRequest {
  const info = parseRequest(method, path, new URLSearchParams());
  return { id: 'x', user, info, uri: path, userAgent: 'curl/8', sourceIp: '10.0.0.9', code, receivedAtMs: 0, answeredAtMs: 1 };
}

describe('the audit trail', () => {
  const pods = '/api/v1/namespaces/atlas/pods';
  it.each<[string, string, string, number, AnsweredRequest['user'], boolean]>([
    ['a change', 'POST', pods, 201, admin, true],
    ['a change that was refused', 'DELETE', `${pods}/a`, 409, admin, true],
    ['no read', 'GET', pods, 200, admin, false],
    ['a read that was denied', 'GET', pods, 403, admin, true],
    ['a read of Secrets', 'GET', '/api/v1/namespaces/atlas/secrets', 200, admin, true],
    ['a way into a pod', 'GET', `${pods}/a/exec`, 101, admin, true],
    ['a wrong token', 'GET', pods, 401, undefined, true],
    ['no question of what one may', 'POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', 201, admin, false],
    ['no event', 'POST', '/api/v1/namespaces/atlas/events', 201, admin, false],
    ['no discovery', 'GET', '/apis', 200, admin, false],
    ['a read of itself', 'GET', auditPath, 200, admin, true],
    ['no change by the platform', 'POST', pods, 201, operator, false],
    ['no hidden namespace', 'GET', '/api/v1/namespaces/drillhouse-system/secrets', 403, admin, false],
    ['no hidden namespace itself', 'DELETE', '/api/v1/namespaces/drillhouse-system', 404, admin, false],
    ['no hidden group', 'POST', '/apis/chaos-mesh.org/v1alpha1/namespaces/atlas/podchaos', 404, admin, false],
  ])('holds %s', (_, method, path, code, user, wanted) => {
    expect(isAudited({ ...answered(method, path, code), user }, visibility)).toBe(wanted);
  });
});

describe('the file', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'audit-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const open = (clock = new ManualClock()): AuditLog =>
    new AuditLog({
      ...{ folder, visibility, clock, maxFileBytes: 4_000 },
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: (fields) => expect.unreachable(JSON.stringify(fields)) },
    });
  const created = (name: string): AnsweredRequest => answered('POST', `/api/v1/namespaces/atlas/pods/${name}`, 201);

  it('gets its lines together, and keeps them over a restart', async () => {
    const clock = new ManualClock();
    const log = open(clock);
    log.record(created('a'));
    log.record(created('b'));
    await clock.advance(100);
    expect(readFileSync(path.join(folder, 'audit.log'), 'utf8').trim().split('\n')).toHaveLength(2);
    log.record(created('c'));
    log[Symbol.dispose]();
    expect(open().text().trim().split('\n')).toHaveLength(3);
  });

  it('never grows past two files, and loses the oldest first', () => {
    const log = open();
    for (let index = 0; index < 60; index += 1) {
      log.record(created(`pod-${index}`));
      log.text();
    }
    const text = log.text();
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(8_000);
    expect(text).toContain('pod-59');
    expect(text).not.toContain('pod-0"');
  });
});

it('tells over HTTPS who did what, in the form of audit.k8s.io/v1', async () => {
  await using plane = await startBareControlPlane();
  using caller = new ApiCaller(plane, 'admin');
  using platform = new ApiCaller(plane, 'operator');
  const map = (name: string): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
  await caller.call('POST', '/api/v1/namespaces/default/configmaps', { body: map('mine'), headers: { 'user-agent': 'kubectl/test' } });
  await platform.call('POST', '/api/v1/namespaces/default/configmaps', { body: map('theirs') });
  await caller.call('GET', '/api/v1/namespaces/default/secrets?limit=5', { headers: { 'impersonate-user': 'jane' } });
  await caller.call('GET', '/api/v1/namespaces/default/secrets', { headers: { authorization: 'Bearer wrong' } });
  const { code, text } = await caller.call('GET', auditPath);
  expect(code).toBe(200);
  const events = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(text).not.toContain('theirs');
  expect(events[0]).toMatchObject({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    stage: 'ResponseComplete',
    verb: 'create',
    requestURI: '/api/v1/namespaces/default/configmaps',
    user: { username: 'kubernetes-admin', groups: expect.arrayContaining(['system:masters']) as unknown },
    userAgent: 'kubectl/test',
    sourceIPs: ['127.0.0.1'],
    objectRef: { resource: 'configmaps', namespace: 'default', name: 'mine', apiVersion: 'v1' },
    responseStatus: { code: 201 },
    annotations: { 'authorization.k8s.io/decision': 'allow' },
  });
  expect(events[1]).toMatchObject({
    user: { username: 'kubernetes-admin' },
    impersonatedUser: { username: 'jane' },
    verb: 'list',
    responseStatus: { code: 403, reason: 'Forbidden' },
    annotations: { 'authorization.k8s.io/decision': 'forbid' },
  });
});
