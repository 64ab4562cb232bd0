import { expect, it } from 'vitest';
import { MAX_INSTALLATION_LENGTH, namesOf } from './sandbox-labels.ts';
import { planBounds, planNamespaces, sandboxOf, type TemplateOptions } from './sandbox-template.ts';

const options: TemplateOptions = {
  installation: 'acme',
  sandboxId: 'sb_1',
  names: namesOf('acme', 'sb_1'),
  settings: { labels: { team: 'training', 'drillhouse.dev/installation': 'other' }, quota: { pods: 30, cpu: '4', memory: '8Gi' } },
  self: 'system:serviceaccount:drillhouse:orchestrator',
  api: [{ cidr: '10.0.0.1/32', ports: [6443] }],
};

it('has names that fit everywhere, the same for the same sandbox', () => {
  const { namespace, hiddenNamespace } = namesOf('i'.repeat(MAX_INSTALLATION_LENGTH), 'sb_1');
  expect(hiddenNamespace.length).toBeLessThanOrEqual(63);
  // The longest name of a service that labs have still fits into a certificate's common name.
  expect(`house-model.${namespace}.svc`.length).toBeLessThanOrEqual(64);
  expect(namesOf('acme', 'sb_1')).toEqual(namesOf('acme', 'sb_1'));
  expect(
    new Set(
      [namesOf('acme', 'sb_1'), namesOf('acme', 'sb_2'), namesOf('other', 'sb_1'), namesOf('acme', 'sb_1', 1)].map(
        (each) => each.namespace,
      ),
    ).size,
  ).toBe(4);
});

it('marks both namespaces as this installation’s, whatever labels the company wants on them', () => {
  const [trainee, hidden] = planNamespaces(options);
  for (const space of [trainee, hidden]) {
    expect(space?.metadata.labels).toMatchObject({ team: 'training', 'pod-security.kubernetes.io/enforce': 'restricted' });
    expect(sandboxOf(space?.metadata.labels, 'acme')).toBe('sb_1');
    expect(sandboxOf(space?.metadata.labels, 'other')).toBeUndefined();
  }
});

it('binds the orchestrator as what it is', () => {
  const subjects = (self: string): unknown =>
    planNamespaces({ ...options, self }).flatMap((object) => (object as { subjects?: unknown }).subjects ?? [])[0];
  expect(subjects('system:serviceaccount:drillhouse:orchestrator')).toEqual({
    kind: 'ServiceAccount',
    namespace: 'drillhouse',
    name: 'orchestrator',
  });
  expect(subjects('ada')).toMatchObject({ kind: 'User', name: 'ada' });
});

it('denies all traffic in both namespaces, and opens one port of what is hidden to the trainee', () => {
  interface Policy {
    readonly spec: {
      readonly policyTypes: readonly string[];
      readonly ingress?: readonly { readonly from?: readonly object[]; readonly ports?: readonly object[] }[];
    };
  }
  const policies = planBounds(options).filter(({ kind }) => kind === 'NetworkPolicy');
  const find = (namespace: string, name: string): Policy | undefined =>
    policies.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name) as unknown as Policy | undefined;
  for (const namespace of Object.values(options.names) as string[])
    expect(find(namespace, 'drillhouse-default-deny')?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  expect(find(options.names.hiddenNamespace, 'drillhouse-lab')?.spec.ingress).toMatchObject([{ ports: [{ protocol: 'TCP', port: 8080 }] }]);
  expect(find(options.names.namespace, 'drillhouse-lab')?.spec.ingress?.[0]?.from).toContainEqual({ ipBlock: { cidr: '10.0.0.1/32' } });
});

it('bounds both namespaces and gives pods that name no limits some', () => {
  const kinds = planBounds(options).map(({ kind, metadata }) => `${kind} in ${metadata.namespace ?? ''}`);
  for (const namespace of Object.values(options.names) as string[])
    expect(kinds).toEqual(expect.arrayContaining([`ResourceQuota in ${namespace}`, `LimitRange in ${namespace}`]));
});
