import { describe, expect, it } from 'vitest';
import { required } from './field-error.ts';
import {
  accessDenied,
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  hasReason,
  invalid,
  notFound,
  tooManyRequests,
  toStatus,
  unsupportedMediaType,
} from './status-error.ts';
import { sample } from './testing/samples.ts';

type Recorded = Record<string, { readonly response?: object; readonly status: number }>;

/** The recorded answer; some were recorded together with their request. */
function recorded(name: string): object {
  const entry = sample<Recorded>('errors')[name];
  return entry?.response ?? entry ?? {};
}

const configmaps = { group: '', resource: 'configmaps' };

describe('what a real server answers', () => {
  it.each([
    ['already-exists', alreadyExists(configmaps, 'conf')],
    ['conflict', conflict(configmaps, 'conf')],
    ['not-found', notFound({ group: '', resource: 'pods' }, 'none')],
    ['media', unsupportedMediaType()],
    ['field-selector', badRequest('field label not supported: spec.foo')],
  ])('%s', (name, error) => {
    expect(error.status).toEqual(recorded(name));
  });
});

describe('messages', () => {
  it('name the group of a resource', () => {
    expect(notFound({ group: 'apps', resource: 'deployments' }, 'app').message).toBe('deployments.apps "app" not found');
    expect(forbidden({ group: '', resource: 'pods' }, '', 'why').message).toBe('pods is forbidden: why');
  });

  it('say who may not do what', () => {
    const attempt = { user: 'system:serviceaccount:ns:trainee', verb: 'list', resource: 'secrets', namespace: 'ns' };
    expect(accessDenied(attempt).message).toBe(
      'secrets is forbidden: User "system:serviceaccount:ns:trainee" cannot list resource "secrets" in API group "" in the namespace "ns"',
    );
    expect(accessDenied({ user: 'u', verb: 'get', resource: 'pods', subresource: 'log', name: 'p', namespace: 'n' }).message).toBe(
      'pods "p" is forbidden: User "u" cannot get resource "pods/log" in API group "" in the namespace "n"',
    );
    expect(accessDenied({ user: 'u', verb: 'get', path: '/metrics' }).message).toBe('forbidden: User "u" cannot get path "/metrics"');
  });

  it('list a fault once and give a cause for each', () => {
    const error = invalid({ group: '', kind: 'Service' }, 's', [required('spec.ports'), required('spec.ports')]);
    expect(error.message).toBe('Service "s" is invalid: spec.ports: Required value');
    expect(error.status.details?.causes).toHaveLength(2);
  });
});

describe('toStatus', () => {
  it('passes refusals through and owns up to everything else', () => {
    const error = tooManyRequests('wait', 10, [{ reason: 'DisruptionBudget', message: 'busy' }]);
    expect(toStatus(error)).toBe(error.status);
    expect(error.status.details).toEqual({ causes: [{ reason: 'DisruptionBudget', message: 'busy' }], retryAfterSeconds: 10 });
    expect(toStatus(new TypeError('x is undefined'))).toMatchObject({
      code: 500,
      reason: 'InternalError',
      message: 'Internal error occurred: x is undefined',
    });
    expect(hasReason(error, 'TooManyRequests')).toBe(true);
    expect(hasReason(new Error('x'), 'TooManyRequests')).toBe(false);
  });
});
