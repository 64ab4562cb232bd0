import { afterEach, beforeEach, expect, test } from 'vitest';
import { resources } from '../client/resources.ts';
import type { ClusterRole, PolicyRule } from '../meta/generated/types.ts';
import { ControllersHarness } from './controllers-harness.ts';

let h: ControllersHarness;

beforeEach(() => {
  h = new ControllersHarness();
});
afterEach(async () => {
  await h[Symbol.asyncDispose]();
});

const rule = (resource: string): PolicyRule => ({ apiGroups: [''], resources: [resource], verbs: ['get'] });
const role = (name: string, labels: Record<string, string>, rules: PolicyRule[]): ClusterRole => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name, labels },
  rules,
});

test('an aggregating role has the rules of those it selects, and follows them', async () => {
  await h.create(resources.clusterRoles, {
    ...role('monitoring', {}, []),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'aggregate-to-monitoring': 'true' } }] },
  });
  await h.create(resources.clusterRoles, role('b', { 'aggregate-to-monitoring': 'true' }, [rule('services'), rule('pods')]));
  await h.create(resources.clusterRoles, role('a', { 'aggregate-to-monitoring': 'true' }, [rule('pods')]));
  await h.create(resources.clusterRoles, role('other', {}, [rule('secrets')]));
  await h.settle();
  const rules = async (): Promise<PolicyRule[] | undefined> => (await h.api.get<ClusterRole>(resources.clusterRoles, 'monitoring')).rules;
  expect(await rules()).toEqual([rule('pods'), rule('services')]);
  await h.api.delete(resources.clusterRoles, 'b');
  await h.settle();
  expect(await rules()).toEqual([rule('pods')]);
});
