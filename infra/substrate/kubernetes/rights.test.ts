import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { projectRoot } from '../../setup/project-root.ts';
import { describeQuestion, operatorRules, orchestratorRules, publishedRoles, questionsOf, traineeRules } from './rights.ts';

it('asks for what is published, word for word', () => {
  const text = readFileSync(path.join(projectRoot, 'infra/deploy/cluster-role.yaml'), 'utf8');
  expect(parseAllDocuments(text).map((document) => document.toJS() as unknown)).toEqual(publishedRoles());
});

it('names each right as an administrator would look for it', () => {
  const words = questionsOf(orchestratorRules).map(describeQuestion);
  expect(words).toContain('create namespaces');
  expect(words).toContain('bind clusterroles.rbac.authorization.k8s.io drillhouse-trainee');
  expect(questionsOf(operatorRules).map(describeQuestion)).toContain('create pods/exec');
});

it('never asks for everything, and gives trainees nothing that bounds them', () => {
  for (const { apiGroups, resources, verbs } of [...orchestratorRules, ...operatorRules, ...traineeRules])
    expect([...apiGroups, ...resources, ...verbs]).not.toContain('*');
  const writable = questionsOf(traineeRules).filter(({ verb }) => !['get', 'list', 'watch'].includes(verb));
  const bounds = ['networkpolicies', 'resourcequotas', 'limitranges', 'roles', 'rolebindings', 'namespaces', 'endpointslices', 'endpoints'];
  expect(writable.filter(({ resource }) => bounds.includes(resource))).toEqual([]);
});

it('cannot read Secrets in the whole cluster', () => {
  expect(orchestratorRules.flatMap(({ resources }) => resources)).not.toContain('secrets');
});
