import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { documentTitle, resourcePaths } from './openapi-paths.ts';
import { kindSchemaName, objectFieldDescription, SchemaCollector, schemaReference, type Schema } from './openapi-schemas.ts';
import { builtInResources, type ResourceInfo, type ResourceRegistry } from './registry.ts';
import { typeFacts } from './type-facts.ts';

/** A document as it goes over the wire. `etag` is the hash that the index names it by. */
export interface OpenApiDocument {
  readonly body: Buffer;
  readonly gzip: Buffer;
  readonly etag: string;
}

/** Built-in groups are the same for all clusters of a process; those of custom resources are kept for each registry. */
const builtIn = new Map<string, OpenApiDocument>();
const custom = new WeakMap<ResourceRegistry, { readonly generation: number; readonly documents: Map<string, OpenApiDocument> }>();

/** The documents there are: `{paths: {'apis/apps/v1': {serverRelativeURL: '/openapi/v3/apis/apps/v1?hash=…'}}}`. */
export function openApiIndex(registry?: ResourceRegistry): { readonly paths: Record<string, { readonly serverRelativeURL: string }> } {
  const paths: Record<string, { serverRelativeURL: string }> = {};
  for (const name of documentNames(registry)) {
    const document = openApiDocument(name, registry);
    if (document !== undefined) paths[name] = { serverRelativeURL: `/openapi/v3/${name}?hash=${document.etag}` };
  }
  return { paths };
}

function documentNames(registry?: ResourceRegistry): string[] {
  const resources = registry?.all() ?? builtInResources;
  return [...new Set(resources.map(documentTitle))].sort();
}

/** The document of one group and version, e.g. `apis/apps/v1` or `api/v1`. Made on first use. */
export function openApiDocument(groupVersionPath: string, registry?: ResourceRegistry): OpenApiDocument | undefined {
  const resources = (registry?.all() ?? builtInResources).filter((info) => documentTitle(info) === groupVersionPath);
  if (resources.length === 0) return undefined;
  const isCustom = registry !== undefined && resources.some((info) => info.typeName === undefined);
  const cache = isCustom ? customCache(registry) : builtIn;
  const known = cache.get(groupVersionPath);
  if (known !== undefined) return known;
  const document = encode(generate(resources));
  cache.set(groupVersionPath, document);
  return document;
}

function customCache(registry: ResourceRegistry): Map<string, OpenApiDocument> {
  const present = custom.get(registry);
  if (present?.generation === registry.generation) return present.documents;
  const fresh = { generation: registry.generation, documents: new Map<string, OpenApiDocument>() };
  custom.set(registry, fresh);
  return fresh.documents;
}

/** The hash by which a document is named: as the server writes it, upper-case SHA-512. */
export function etagOf(body: Buffer): string {
  return createHash('sha512').update(body).digest('hex').toUpperCase();
}

function encode(document: Schema): OpenApiDocument {
  const body = Buffer.from(JSON.stringify(document));
  return { body, gzip: gzipSync(body), etag: etagOf(body) };
}

function generate(resources: readonly ResourceInfo[]): Schema {
  const collector = new SchemaCollector();
  const paths: Record<string, unknown> = {};
  const groupVersions = [...new Map(resources.map((info) => [`${info.group}/${info.version}`, info])).values()];
  const everyVersion = (kind: string): { group: string; version: string; kind: string }[] =>
    groupVersions.map(({ group, version }) => ({ group, version, kind }));
  collector.add('meta/v1.DeleteOptions', everyVersion('DeleteOptions'));
  collector.add('meta/v1.Status', everyVersion('Status'));
  collector.schemas['io.k8s.apimachinery.pkg.apis.meta.v1.Patch'] = {
    description: 'Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.',
    type: 'object',
  };
  for (const info of resources) {
    Object.assign(paths, resourcePaths(info));
    if (info.typeName === undefined) addCustomKind(collector, info);
    else addKind(collector, info, info.typeName);
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: '1.36' },
    paths,
    components: {
      schemas: sortedByName(collector.schemas),
      securitySchemes: {
        BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' },
      },
    },
  };
}

function addKind(collector: SchemaCollector, info: ResourceInfo, typeName: string): void {
  collector.add(typeName, [gvkOf(info, info.kind)]);
  const list = `${typeName}List`;
  if (typeFacts.structs[list] !== undefined) collector.add(list, [gvkOf(info, info.listKind)]);
  for (const sub of info.subresources)
    if (sub.typeName !== undefined && sub.kind !== info.kind) collector.add(sub.typeName, [gvkOf(sub, sub.kind)]);
}

function gvkOf({ group, version }: { group: string; version: string }, kind: string): { group: string; version: string; kind: string } {
  return { group, version, kind };
}

/** A custom kind as its definition describes it, with the fields that every object has. */
function addCustomKind(collector: SchemaCollector, info: ResourceInfo): void {
  const metadata = { ...objectFieldDescription('metadata'), allOf: [schemaReference(collector.add('meta/v1.ObjectMeta'))] };
  const { type: _type, properties, ...rest } = (info.schema ?? { 'x-kubernetes-preserve-unknown-fields': true }) as Schema;
  const typeMeta = {
    apiVersion: { ...objectFieldDescription('apiVersion'), type: 'string' },
    kind: { ...objectFieldDescription('kind'), type: 'string' },
  };
  const name = kindSchemaName(info);
  collector.schemas[name] = {
    ...rest,
    type: 'object',
    properties: { ...typeMeta, metadata, ...omitMetadata(properties as Schema | undefined) },
    'x-kubernetes-group-version-kind': [gvkOf(info, info.kind)],
  };
  collector.schemas[kindSchemaName(info, info.listKind)] = {
    type: 'object',
    required: ['items'],
    properties: {
      ...typeMeta,
      metadata: { allOf: [schemaReference(collector.add('meta/v1.ListMeta'))] },
      items: { type: 'array', items: schemaReference(name) },
    },
    'x-kubernetes-group-version-kind': [gvkOf(info, info.listKind)],
  };
}

function omitMetadata(properties: Schema | undefined): Schema {
  const { metadata: _metadata, ...rest } = properties ?? {};
  return rest;
}

function sortedByName(schemas: Record<string, Schema>): Record<string, Schema> {
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
}
