import { isRequired, namedTypes, qualifiedType, specialTypes, type FieldFact, type FieldFacts } from './type-names.ts';

/** Of two types with one name, the one that keeps it. Others get their package in front, e.g. `EventsV1Event`. */
const keepsItsName: Readonly<Record<string, string>> = {
  TokenRequest: 'authentication.k8s.io/v1',
  EndpointPort: 'core/v1',
  Event: 'core/v1',
  EventList: 'core/v1',
  EventSeries: 'core/v1',
  Preconditions: 'meta/v1',
};

/** Types that meta/kube-object.ts declares by hand, since the machinery itself reads them. */
const handWritten = new Set(['meta/v1.ObjectMeta', 'meta/v1.OwnerReference', 'meta/v1.ManagedFieldsEntry', 'meta/v1.TypeMeta']);

/** The whole text of generated/types.ts: an interface for each struct of the API in its JSON form. */
export function typescriptTypes(facts: FieldFacts): string {
  const names = typeNames(facts);
  const parts = [
    "import type { KubeObject, ObjectMeta, OwnerReference } from '../kube-object.ts';",
    "export type { KubeObject, ManagedFieldsEntry, ObjectMeta, OwnerReference } from '../kube-object.ts';",
    '/** Metadata of a template: all of it may be left out. */\nexport type TemplateMeta = Partial<ObjectMeta>;',
  ];
  for (const [packageName, { types }] of Object.entries(facts)) {
    for (const name of Object.keys(types)) {
      const key = `${packageName}.${name}`;
      if (handWritten.has(key) || specialTypes[key] !== undefined) continue;
      parts.push(interfaceText(facts, names, packageName, name));
    }
  }
  return parts.join('\n\n') + '\n';
}

function typeNames(facts: FieldFacts): Map<string, string> {
  const owners = new Map<string, string[]>();
  for (const [packageName, { types }] of Object.entries(facts)) {
    for (const name of Object.keys(types)) owners.set(name, [...(owners.get(name) ?? []), packageName]);
  }
  const names = new Map<string, string>();
  for (const [name, packages] of owners) {
    const keeper = keepsItsName[name] ?? (packages.includes('autoscaling/v2') ? 'autoscaling/v2' : packages[0]);
    for (const packageName of packages) {
      names.set(`${packageName}.${name}`, packageName === keeper ? name : `${packagePrefix(packageName)}${name}`);
    }
  }
  return names;
}

/** `events.k8s.io/v1` becomes `EventsV1`. */
function packagePrefix(packageName: string): string {
  const [group = '', version = ''] = packageName.split('/');
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  return capital(group.split('.')[0] ?? '') + capital(version);
}

function interfaceText(facts: FieldFacts, names: Map<string, string>, packageName: string, name: string): string {
  const fields = flattened(facts, packageName, name);
  const isObject = fields.some(([, f]) => f.type === 'meta/v1.ObjectMeta') && fields.some(([field]) => field === 'apiVersion');
  const isKind = fields.some(([field]) => field === 'apiVersion') && fields.some(([field]) => field === 'kind');
  const lines = fields
    .filter(([field]) => !(isObject && ['apiVersion', 'kind', 'metadata'].includes(field)))
    .map(([field, fact]) => {
      const always = (isKind && isTypeMeta(field) && fields.some(([, f]) => f.type === 'meta/v1.ListMeta')) || fact.required;
      return `  ${/^\w+$/.test(field) ? field : `'${field}'`}${always ? '' : '?'}: ${typescriptType(names, fact.type)};`;
    });
  const title = names.get(`${packageName}.${name}`) ?? name;
  if (fields.length === 0) return `export type ${title} = Record<string, never>;`;
  if (lines.length === 0) return `export type ${title} = KubeObject;`;
  return `export interface ${title}${isObject ? ' extends KubeObject' : ''} {\n${lines.join('\n')}\n}`;
}

function isTypeMeta(field: string): boolean {
  return field === 'apiVersion' || field === 'kind';
}

function flattened(facts: FieldFacts, packageName: string, name: string): [string, { type: string; required: boolean }][] {
  const fields = facts[packageName]?.types[name]?.fields ?? {};
  return Object.entries(fields).flatMap(([field, fact]: [string, FieldFact]) => {
    const type = qualifiedType(facts, packageName, fact.type);
    if (fact.inline !== true)
      return [[field, { type, required: isAlwaysThere(facts, type, fact) }] as [string, { type: string; required: boolean }]];
    const dot = type.lastIndexOf('.');
    return flattened(facts, type.slice(0, dot), type.slice(dot + 1));
  });
}

/** What must be sent can still be missing from an object: Go leaves an empty value out under omitempty, but for structs. */
function isAlwaysThere(facts: FieldFacts, type: string, fact: FieldFact): boolean {
  const dot = type.lastIndexOf('.');
  const isStruct = fact.pointer !== true && facts[type.slice(0, dot)]?.types[type.slice(dot + 1)] !== undefined;
  return isRequired(fact) && (fact.omitempty !== true || isStruct);
}

function typescriptType(names: Map<string, string>, type: string): string {
  if (type === '[]byte' || type === 'string') return 'string';
  if (type === 'bool') return 'boolean';
  if (/^(u?int|float)\d+$/.test(type)) return 'number';
  const special = specialTypes[type];
  if (special !== undefined) return special;
  const named = namedTypes[type];
  if (named !== undefined) return typescriptType(names, named);
  if (type.startsWith('[]')) {
    const item = typescriptType(names, type.slice(2));
    return item.includes('|') ? `(${item})[]` : `${item}[]`;
  }
  const map = /^map\[[^\]]+\](.*)$/.exec(type);
  if (map) return `Record<string, ${typescriptType(names, map[1] ?? '')}>`;
  if (type === 'meta/v1.ObjectMeta') return 'TemplateMeta';
  // What is left and not a struct is a string enum.
  return names.get(type) ?? 'string';
}
