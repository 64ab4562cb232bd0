import { kindSchemaName, schemaName, schemaReference, type Schema } from './openapi-schemas.ts';
import { apiVersionOf, type ResourceInfo, type SubresourceInfo } from './registry.ts';

type PathItem = Record<string, unknown>;

interface Verb {
  /** HTTP method. */
  readonly method: string;
  /** What x-kubernetes-action calls it. */
  readonly action: string;
  /** First word of the operation's id. */
  readonly word: string;
}

const itemVerbs: Readonly<Record<string, Verb>> = {
  get: { method: 'get', action: 'get', word: 'read' },
  update: { method: 'put', action: 'put', word: 'replace' },
  patch: { method: 'patch', action: 'patch', word: 'patch' },
  delete: { method: 'delete', action: 'delete', word: 'delete' },
};

const collectionVerbs: Readonly<Record<string, Verb>> = {
  list: { method: 'get', action: 'list', word: 'list' },
  create: { method: 'post', action: 'post', word: 'create' },
  deletecollection: { method: 'delete', action: 'deletecollection', word: 'deleteCollection' },
};

/** The paths of a resource and its subresources, by the text of each. */
export function resourcePaths(info: ResourceInfo): Record<string, PathItem> {
  const root = info.group === '' ? `/api/${info.version}` : `/apis/${info.group}/${info.version}`;
  const scoped = info.namespaced ? `${root}/namespaces/{namespace}/${info.resource}` : `${root}/${info.resource}`;
  const paths: Record<string, PathItem> = { [scoped]: operations(info, collectionVerbs, info.verbs, '') };
  if (info.namespaced && info.verbs.includes('list')) paths[`${root}/${info.resource}`] = allNamespaces(info);
  const item = operations(info, itemVerbs, info.verbs, '');
  if (Object.keys(item).length > 1) paths[`${scoped}/{name}`] = { ...item, parameters: pathParameters(info, true) };
  for (const sub of info.subresources) paths[`${scoped}/{name}/${sub.name}`] = subresourcePath(info, sub);
  return paths;
}

function allNamespaces(info: ResourceInfo): PathItem {
  const item = operations(info, collectionVerbs, ['list'], 'ForAllNamespaces');
  return { ...item, parameters: [...listParameters(), prettyParameter] };
}

function subresourcePath(info: ResourceInfo, sub: SubresourceInfo): PathItem {
  const kind = sub.typeName === undefined ? info : { ...sub, typeName: sub.typeName };
  const verbs = { ...itemVerbs, create: { method: 'post', action: 'post', word: 'create' } };
  const item = operations(
    { ...info, group: kind.group, version: kind.version, kind: sub.kind, typeName: kind.typeName } as ResourceInfo,
    verbs,
    sub.verbs,
    capital(sub.name),
    info,
  );
  return { ...item, parameters: pathParameters(info, true) };
}

function operations(
  info: ResourceInfo,
  known: Readonly<Record<string, Verb>>,
  verbs: readonly string[],
  suffix: string,
  owner = info,
): PathItem {
  const item: PathItem = {};
  for (const [name, verb] of Object.entries(known)) {
    if (verbs.includes(name)) item[verb.method] = operation(info, owner, verb, suffix);
  }
  return { ...item, parameters: pathParameters(owner, false) };
}

function operation(info: ResourceInfo, owner: ResourceInfo, verb: Verb, suffix: string): PathItem {
  const group = owner.group === '' ? 'core' : (owner.group.split('.')[0] ?? '');
  const scope = owner.namespaced && suffix !== 'ForAllNamespaces' ? 'Namespaced' : '';
  const { action } = verb;
  const parameters = operationParameters(action);
  const kind = action === 'list' ? info.kind + 'List' : info.kind;
  return {
    tags: [`${group}_${owner.version}`],
    operationId: `${verb.word}${capital(group)}${capital(owner.version)}${scope}${owner.kind}${suffix}`,
    ...(parameters.length > 0 && { parameters }),
    ...requestBody(info, action),
    responses: { 200: response(answerSchema(info, action, kind)), 401: { description: 'Unauthorized' } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group: info.group, version: info.version, kind: info.kind },
  };
}

function answerSchema(info: ResourceInfo, action: string, kind: string): string {
  if (action === 'delete' || action === 'deletecollection') return schemaName('meta/v1.Status');
  return kindSchemaName(info, kind);
}

function requestBody(info: ResourceInfo, action: string): PathItem {
  if (action === 'patch') {
    const schema = { schema: schemaReference(schemaName('meta/v1.Patch')) };
    const types = [
      'apply-patch+yaml',
      'json-patch+json',
      'merge-patch+json',
      ...(info.typeName === undefined ? [] : ['strategic-merge-patch+json']),
    ];
    return { requestBody: { content: Object.fromEntries(types.map((type) => [`application/${type}`, schema])), required: true } };
  }
  const body =
    action === 'post' || action === 'put'
      ? kindSchemaName(info)
      : action.startsWith('delete')
        ? schemaName('meta/v1.DeleteOptions')
        : undefined;
  if (body === undefined) return {};
  return {
    requestBody: { content: { '*/*': { schema: schemaReference(body) } }, ...(!action.startsWith('delete') && { required: true }) },
  };
}

function response(schema: string): PathItem {
  const content = { schema: schemaReference(schema) };
  const types = ['application/json', 'application/vnd.kubernetes.protobuf', 'application/yaml'];
  return { description: 'OK', content: Object.fromEntries(types.map((type) => [type, content])) };
}

function parameter(name: string, type: string, place = 'query'): Schema {
  return { name, in: place, ...(place === 'path' && { required: true }), schema: { type, uniqueItems: true } };
}

const prettyParameter = parameter('pretty', 'string');

function pathParameters(info: ResourceInfo, named: boolean): Schema[] {
  return [
    ...(named ? [parameter('name', 'string', 'path')] : []),
    ...(info.namespaced ? [parameter('namespace', 'string', 'path')] : []),
    prettyParameter,
  ];
}

const writeParameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => parameter(name, 'string'));

/** kubectl asks the document whether a kind's PATCH knows `fieldValidation` before it leaves strict validation to the server. */
function operationParameters(action: string): Schema[] {
  switch (action) {
    case 'patch':
      return [...writeParameters, parameter('force', 'boolean')];
    case 'post':
    case 'put':
      return writeParameters;
    case 'delete':
      return [
        parameter('dryRun', 'string'),
        parameter('gracePeriodSeconds', 'integer'),
        parameter('ignoreStoreReadErrorWithClusterBreakingPotential', 'boolean'),
        parameter('orphanDependents', 'boolean'),
        parameter('propagationPolicy', 'string'),
      ];
    case 'list':
    case 'deletecollection':
      return listParameters();
    default:
      return [];
  }
}

function listParameters(): Schema[] {
  return [
    parameter('allowWatchBookmarks', 'boolean'),
    parameter('continue', 'string'),
    parameter('fieldSelector', 'string'),
    parameter('labelSelector', 'string'),
    parameter('limit', 'integer'),
    parameter('resourceVersion', 'string'),
    parameter('resourceVersionMatch', 'string'),
    parameter('sendInitialEvents', 'boolean'),
    parameter('timeoutSeconds', 'integer'),
    parameter('watch', 'boolean'),
  ];
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Kinds of which a document of that group and version must hold a schema. */
export function documentTitle(info: { readonly group: string; readonly version: string }): string {
  return info.group === '' ? `api/${info.version}` : `apis/${apiVersionOf(info)}`;
}
