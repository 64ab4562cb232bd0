import { duplicate, invalid, required } from '../field-error.ts';
import type { CustomResourceDefinition } from '../generated/types.ts';
import { jsonEqual } from '../go-format.ts';
import { isDns1035Label } from '../names.ts';
import { checkStructural } from './structural-schema.ts';
import { checkDnsSubdomain, checkImmutable, checkNames, checkOneOf, checkRequired, type Report } from './report.ts';

export function checkDefinition(report: Report, { metadata, spec }: CustomResourceDefinition): void {
  const { group, names, versions, scope } = spec;
  const wanted = `${names.plural}.${group}`;
  if (metadata.name !== wanted) report(invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'));
  if (checkRequired(report, group, 'spec.group')) {
    checkDnsSubdomain(report, group, 'spec.group');
    if (!group.includes('.')) report(invalid('spec.group', group, 'should be a domain with at least one dot'));
  }
  checkOneOf(report, scope, 'spec.scope', ['Cluster', 'Namespaced']);
  checkVersions(report, versions);
  for (const field of ['plural', 'singular'] as const) {
    if (checkRequired(report, names[field], `spec.names.${field}`)) checkNames(report, names[field], `spec.names.${field}`, isDns1035Label);
  }
  for (const field of ['kind', 'listKind'] as const) {
    if (checkRequired(report, names[field], `spec.names.${field}`)) checkKind(report, names[field], `spec.names.${field}`);
  }
  for (const [index, name] of (names.shortNames ?? []).entries())
    checkNames(report, name, `spec.names.shortNames[${index}]`, isDns1035Label);
  for (const [index, name] of (names.categories ?? []).entries())
    checkNames(report, name, `spec.names.categories[${index}]`, isDns1035Label);
  if (names.kind !== '' && names.kind === names.listKind)
    report(invalid('spec.names.listKind', names.listKind, 'kind and listKind may not be the same'));
}

function checkKind(report: Report, kind: string, path: string): void {
  for (const fault of isDns1035Label(kind.toLowerCase()))
    report(invalid(path, kind, `may have mixed case, but should otherwise match: ${fault}`));
}

function checkVersions(report: Report, versions: CustomResourceDefinition['spec']['versions']): void {
  if (versions.length === 0) {
    report(required('spec.versions', 'must have exactly one version marked as storage version'));
    return;
  }
  const seen = new Set<string>();
  // A schema that all versions share is held once, and found fault with where it is held.
  const isShared = versions.every(({ schema }) => schema !== undefined && jsonEqual(schema, versions[0]?.schema));
  for (const [index, { name, schema, additionalPrinterColumns = [] }] of versions.entries()) {
    const path = `spec.versions[${index}]`;
    checkNames(report, name, `${path}.name`, isDns1035Label);
    if (seen.has(name)) report(duplicate(`${path}.name`, name));
    seen.add(name);
    if (schema?.openAPIV3Schema === undefined) report(required(`${path}.schema.openAPIV3Schema`, 'schemas are required'));
    else if (!isShared || index === 0) {
      const root = isShared ? 'spec.validation.openAPIV3Schema' : `${path}.schema.openAPIV3Schema`;
      checkStructural(report, schema.openAPIV3Schema, root, 'root');
    }
    for (const [column, { name: columnName, type, jsonPath }] of additionalPrinterColumns.entries()) {
      const at = `${path}.additionalPrinterColumns[${column}]`;
      checkRequired(report, columnName, `${at}.name`);
      checkOneOf(report, type, `${at}.type`, ['boolean', 'date', 'integer', 'number', 'string']);
      checkRequired(report, jsonPath, `${at}.jsonPath`);
    }
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    report(invalid('spec.versions', versions, 'must have exactly one version marked as storage version'));
  }
}

export function checkDefinitionUpdate(report: Report, next: CustomResourceDefinition, previous: CustomResourceDefinition): void {
  checkDefinition(report, next);
  const established = previous.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') === true;
  if (!established) return;
  checkImmutable(report, next.spec.scope, previous.spec.scope, 'spec.scope');
  checkImmutable(report, next.spec.names.kind, previous.spec.names.kind, 'spec.names.kind');
}
