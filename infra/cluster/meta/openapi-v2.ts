import { gunzipSync, gzipSync } from 'node:zlib';
import { etagOf, openApiDocument, openApiIndex } from './openapi.ts';
import type { Schema } from './openapi-schemas.ts';
import { encodeSwagger, type Swagger } from './openapi-v2-protobuf.ts';
import { sharedParameters } from './openapi-v2-parameters.ts';
import type { ResourceRegistry } from './registry.ts';

/** The type that kubectl asks for, with a dot where its Accept header has an at sign, as the server answers it. */
export const openApiV2MediaType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

export type SwaggerForm = 'json' | 'protobuf';

/** One form of the document. Kept packed: it is large and seldom asked for. */
export interface PackedSwagger {
  readonly etag: string;
  readonly gzip: Buffer;
  body(): Buffer;
}

type Packed = Readonly<Record<SwaggerForm, PackedSwagger>>;

let builtIn: Packed | undefined;
const custom = new WeakMap<ResourceRegistry, { readonly generation: number; readonly packed: Packed }>();

/** What `/openapi/v2` answers: all groups in one Swagger 2.0 document, made from those of version 3 on first use. */
export function openApiV2Document(form: SwaggerForm, registry?: ResourceRegistry): PackedSwagger {
  const isCustom = registry?.all().some((info) => info.typeName === undefined) === true;
  if (registry === undefined || !isCustom) return (builtIn ??= pack(generateSwagger()))[form];
  const known = custom.get(registry);
  if (known?.generation === registry.generation) return known.packed[form];
  const packed = pack(generateSwagger(registry));
  custom.set(registry, { generation: registry.generation, packed });
  return packed[form];
}

function pack(document: Swagger): Packed {
  return { json: packed(Buffer.from(JSON.stringify(document))), protobuf: packed(encodeSwagger(document)) };
}

function packed(body: Buffer): PackedSwagger {
  const gzip = gzipSync(body);
  return { etag: etagOf(body), gzip, body: () => gunzipSync(gzip) };
}

interface Document3 {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export function generateSwagger(registry?: ResourceRegistry): Swagger {
  const paths: Record<string, Schema> = {};
  const definitions: Record<string, Schema> = {};
  for (const name of Object.keys(openApiIndex(registry).paths)) {
    const body = openApiDocument(name, registry)?.body;
    if (body === undefined) continue;
    const document = JSON.parse(body.toString('utf8')) as Document3;
    for (const [path, item] of Object.entries(document.paths)) paths[path] = pathItem(item);
    for (const [key, schema] of Object.entries(document.components.schemas))
      definitions[key] = mergeKinds(definitions[key], swaggerSchema(schema));
  }
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: 'v1.36.2' },
    paths: sorted(paths),
    definitions: sorted(definitions),
    parameters: sharedParameters,
    securityDefinitions: {
      BearerToken: { description: 'Bearer Token authentication', type: 'apiKey', name: 'authorization', in: 'header' },
    },
    security: [{ BearerToken: [] }],
  };
}

const kindsKey = 'x-kubernetes-group-version-kind';

/** What all groups have, such as DeleteOptions, counts as a kind of each. */
function mergeKinds(known: Schema | undefined, next: Schema): Schema {
  if (known?.[kindsKey] === undefined || next[kindsKey] === undefined) return { ...known, ...next };
  const kinds = [...(known[kindsKey] as object[]), ...(next[kindsKey] as object[])];
  return { ...next, [kindsKey]: [...new Map(kinds.map((kind) => [JSON.stringify(kind), kind])).values()] };
}

function pathItem(item: Readonly<Record<string, unknown>>): Schema {
  const entries = Object.entries(item).map(([key, value]) => [
    key,
    key === 'parameters' ? (value as Schema[]).map(parameter) : operation(value as Operation3),
  ]);
  return Object.fromEntries(entries) as Schema;
}

interface Operation3 extends Schema {
  readonly parameters?: readonly Schema[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>>; readonly required?: boolean };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

function operation({ parameters = [], requestBody, responses, tags, operationId, ...extensions }: Operation3): Schema {
  const body = Object.entries(requestBody?.content ?? {})[0]?.[1].schema;
  const produces = Object.keys(Object.values(responses)[0]?.content ?? {});
  return {
    consumes: Object.keys(requestBody?.content ?? { '*/*': {} }),
    produces: produces.length === 0 ? ['application/json'] : produces,
    schemes: ['https'],
    tags,
    operationId,
    parameters: [
      ...(body === undefined
        ? []
        : [{ name: 'body', in: 'body', ...(requestBody?.required === true && { required: true }), schema: swaggerSchema(body) }]),
      ...parameters.map(parameter),
    ],
    responses: Object.fromEntries(Object.entries(responses).map(([code, answer]) => [code, response(answer)])),
    ...extensions,
  };
}

function response({ description, content = {} }: Operation3['responses'][string]): Schema {
  const schema = Object.values(content)[0]?.schema;
  return { description, ...(schema === undefined ? {} : { schema: swaggerSchema(schema) }) };
}

function parameter({ schema, ...rest }: Schema): Schema {
  const { name } = rest as { readonly name: string };
  return sharedParameters[name] === undefined ? { ...rest, ...(schema as Schema) } : { $ref: `#/parameters/${name}` };
}

/** Facets that mean the same in both versions. */
const kept = ['description', 'type', 'format', 'title', 'required', 'enum', 'pattern', 'minimum', 'maximum', 'minLength', 'maxLength'];

/** A schema in Swagger's words, which know no alternatives and no nulls: what is one of several types is any. */
export function swaggerSchema(schema: Schema): Schema {
  const reference = referenceOf(schema);
  const { description } = schema;
  if (reference !== undefined)
    return { ...(description === undefined ? {} : { description }), $ref: reference.replace('#/components/schemas/', '#/definitions/') };
  if (schema['oneOf'] !== undefined && schema['type'] === undefined) return scalar(schema);
  const { properties, items, additionalProperties } = schema as Record<string, Schema | undefined>;
  return {
    ...Object.fromEntries(Object.entries(schema).filter(([key]) => kept.includes(key) || key.startsWith('x-kubernetes-'))),
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, swaggerSchema(value as Schema)])) }),
    ...(items === undefined ? {} : { items: swaggerSchema(items) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: swaggerSchema(additionalProperties) } : {}),
  };
}

function referenceOf(schema: Schema): string | undefined {
  const [only, ...more] = (schema['allOf'] as Schema[] | undefined) ?? [schema];
  const reference = only?.['$ref'];
  return more.length === 0 && typeof reference === 'string' ? reference : undefined;
}

/** Quantities and numbers that may be texts: sent as texts. */
function scalar({ description, format }: Schema): Schema {
  return { ...(description === undefined ? {} : { description }), type: 'string', ...(format === undefined ? {} : { format }) };
}

function sorted(entries: Readonly<Record<string, Schema>>): Record<string, Schema> {
  return Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
}
