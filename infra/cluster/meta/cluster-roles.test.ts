import { expect, it } from 'vitest';
import { builtInClusterRoleBindings, builtInClusterRoles } from './cluster-roles.ts';
import { infoOf } from './testing/samples.ts';
import { validateCreate } from './validation/validate.ts';

it('the built-in roles and bindings are valid objects', () => {
  for (const object of [...builtInClusterRoles(), ...builtInClusterRoleBindings()])
    expect(validateCreate(object, infoOf(object))).toEqual([]);
});

it('every binding names a role that is there', () => {
  const names = new Set(builtInClusterRoles().map(({ metadata }) => metadata.name));
  for (const { roleRef } of builtInClusterRoleBindings()) expect(names).toContain(roleRef.name);
});

it('cluster-admin may do everything, view may not read secrets', () => {
  const rules = (name: string): object[] => builtInClusterRoles().find(({ metadata }) => metadata.name === name)?.rules ?? [];
  expect(rules('cluster-admin')).toContainEqual({ apiGroups: ['*'], resources: ['*'], verbs: ['*'] });
  expect(JSON.stringify(rules('admin'))).toContain('"secrets"');
  expect(JSON.stringify(rules('view'))).not.toContain('"secrets"');
});

it('edit adds to admin and view to edit', () => {
  const labels = (name: string): Record<string, string> =>
    builtInClusterRoles().find(({ metadata }) => metadata.name === name)?.metadata.labels ?? {};
  expect(labels('edit')['rbac.authorization.k8s.io/aggregate-to-admin']).toBe('true');
  expect(labels('view')['rbac.authorization.k8s.io/aggregate-to-edit']).toBe('true');
});
