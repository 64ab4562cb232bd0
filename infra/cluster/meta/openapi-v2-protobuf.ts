import protobuf from 'protobufjs/minimal.js';
import type { Schema } from './openapi-schemas.ts';

type Writer = protobuf.Writer;

/** A Swagger 2.0 document. */
export interface Swagger {
  readonly swagger: '2.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Schema>>;
  readonly definitions: Readonly<Record<string, Schema>>;
  readonly parameters: Readonly<Record<string, Schema>>;
  readonly securityDefinitions: Schema;
  readonly security: readonly Schema[];
}

/** Field numbers of the messages of gnostic's OpenAPIv2.proto, as far as the document uses them. */
const numbers = {
  document: { swagger: 1, info: 2, paths: 8, definitions: 9, parameters: 10 },
  named: { name: 1, value: 2 },
  info: { title: 1, version: 2 },
  path: 2,
  pathItem: { get: 2, put: 3, post: 4, delete: 5, patch: 8, parameters: 9 },
  operation: { tags: 1, operationId: 5, produces: 6, consumes: 7, parameters: 8, responses: 9, schemes: 10, extension: 13 },
  parametersItem: { parameter: 1, reference: 2 },
  parameter: { body: 1, nonBody: 2 },
  nonBody: { query: 3, path: 4 },
  body: { name: 2, in: 3, required: 4, schema: 5 },
  query: { required: 1, in: 2, description: 3, name: 4, type: 6, uniqueItems: 20 },
  pathParameter: { required: 1, in: 2, description: 3, name: 4, type: 5, uniqueItems: 19 },
  response: { description: 1, schema: 2 },
  schema: {
    $ref: 1,
    format: 2,
    title: 3,
    description: 4,
    maximum: 7,
    minimum: 9,
    maxLength: 11,
    minLength: 12,
    pattern: 13,
    required: 19,
    enum: 20,
    additionalProperties: 21,
    type: 22,
    items: 23,
    properties: 25,
    extension: 31,
  },
  anyYaml: 2,
} as const;

/** The document in the binary form that kubectl reads. */
export function encodeSwagger(document: Swagger): Buffer {
  const writer = protobuf.Writer.create();
  const { document: at } = numbers;
  text(writer, at.swagger, document.swagger);
  message(writer, at.info, () => {
    text(writer, numbers.info.title, document.info.title);
    text(writer, numbers.info.version, document.info.version);
  });
  message(writer, at.paths, () => {
    for (const [name, item] of Object.entries(document.paths)) named(writer, numbers.path, name, () => pathItem(writer, item));
  });
  message(writer, at.definitions, () => namedAll(writer, document.definitions, (value) => schema(writer, value)));
  message(writer, at.parameters, () => namedAll(writer, document.parameters, (value) => parameter(writer, value)));
  return Buffer.from(writer.finish());
}

function message(writer: Writer, number: number, write: () => void): void {
  writer.uint32((number << 3) | 2).fork();
  write();
  writer.ldelim();
}

function text(writer: Writer, number: number, value: unknown): void {
  if (typeof value === 'string') writer.uint32((number << 3) | 2).string(value);
}

function texts(writer: Writer, number: number, values: unknown): void {
  for (const value of (values as readonly string[] | undefined) ?? []) text(writer, number, value);
}

function flag(writer: Writer, number: number, value: unknown): void {
  if (value === true) writer.uint32(number << 3).bool(true);
}

function named(writer: Writer, number: number, name: string, write: () => void): void {
  message(writer, number, () => {
    text(writer, numbers.named.name, name);
    message(writer, numbers.named.value, write);
  });
}

function namedAll(writer: Writer, entries: Readonly<Record<string, Schema>>, write: (value: Schema) => void): void {
  for (const [name, value] of Object.entries(entries)) named(writer, 1, name, () => write(value));
}

/** Values of no declared type travel as YAML, of which JSON is a part. */
function anyValue(writer: Writer, value: unknown): void {
  text(writer, numbers.anyYaml, JSON.stringify(value));
}

function extensions(writer: Writer, number: number, value: Schema): void {
  for (const [key, entry] of Object.entries(value)) if (key.startsWith('x-')) named(writer, number, key, () => anyValue(writer, entry));
}

function pathItem(writer: Writer, item: Schema): void {
  for (const [method, number] of Object.entries(numbers.pathItem)) {
    const value = item[method];
    if (value === undefined) continue;
    if (method === 'parameters') parameters(writer, number, value as Schema[]);
    else message(writer, number, () => operation(writer, value as Schema));
  }
}

function operation(writer: Writer, value: Schema): void {
  const { operation: at } = numbers;
  texts(writer, at.tags, value['tags']);
  text(writer, at.operationId, value['operationId']);
  texts(writer, at.produces, value['produces']);
  texts(writer, at.consumes, value['consumes']);
  parameters(writer, at.parameters, value['parameters'] as Schema[]);
  message(writer, at.responses, () => {
    namedAll(writer, value['responses'] as Record<string, Schema>, (answer) => message(writer, 1, () => response(writer, answer)));
  });
  texts(writer, at.schemes, value['schemes']);
  extensions(writer, at.extension, value);
}

function parameters(writer: Writer, number: number, values: readonly Schema[]): void {
  const { parametersItem: at } = numbers;
  for (const value of values)
    message(writer, number, () => {
      const reference = value['$ref'];
      if (reference === undefined) message(writer, at.parameter, () => parameter(writer, value));
      else message(writer, at.reference, () => text(writer, 1, reference));
    });
}

function parameter(writer: Writer, value: Schema): void {
  if (value['in'] === 'body') message(writer, numbers.parameter.body, () => bodyParameter(writer, value));
  else {
    const isPath = value['in'] === 'path';
    message(writer, numbers.parameter.nonBody, () => {
      message(writer, isPath ? numbers.nonBody.path : numbers.nonBody.query, () => {
        plainParameter(writer, value, isPath ? numbers.pathParameter : numbers.query);
      });
    });
  }
}

function bodyParameter(writer: Writer, value: Schema): void {
  const { body: at } = numbers;
  text(writer, at.name, value['name']);
  text(writer, at.in, value['in']);
  flag(writer, at.required, value['required']);
  message(writer, at.schema, () => schema(writer, value['schema'] as Schema));
}

function plainParameter(writer: Writer, value: Schema, at: typeof numbers.query | typeof numbers.pathParameter): void {
  flag(writer, at.required, value['required']);
  for (const key of ['in', 'description', 'name', 'type'] as const) text(writer, at[key], value[key]);
  flag(writer, at.uniqueItems, value['uniqueItems']);
}

function response(writer: Writer, value: Schema): void {
  text(writer, numbers.response.description, value['description']);
  const body = value['schema'] as Schema | undefined;
  if (body !== undefined) message(writer, numbers.response.schema, () => message(writer, 1, () => schema(writer, body)));
}

function schema(writer: Writer, value: Schema): void {
  const { schema: at } = numbers;
  for (const key of ['$ref', 'format', 'title', 'description', 'pattern'] as const) text(writer, at[key], value[key]);
  for (const key of ['maximum', 'minimum'] as const)
    if (typeof value[key] === 'number') writer.uint32((at[key] << 3) | 1).double(value[key]);
  for (const key of ['maxLength', 'minLength'] as const) if (typeof value[key] === 'number') writer.uint32(at[key] << 3).int64(value[key]);
  texts(writer, at.required, value['required']);
  for (const entry of (value['enum'] as unknown[] | undefined) ?? []) message(writer, at.enum, () => anyValue(writer, entry));
  nestedSchemas(writer, value);
  extensions(writer, at.extension, value);
}

function nestedSchemas(writer: Writer, { type, additionalProperties, items, properties }: Schema): void {
  const { schema: at } = numbers;
  if (additionalProperties !== undefined)
    message(writer, at.additionalProperties, () => message(writer, 1, () => schema(writer, additionalProperties as Schema)));
  if (type !== undefined) message(writer, at.type, () => text(writer, 1, type));
  if (items !== undefined) message(writer, at.items, () => message(writer, 1, () => schema(writer, items as Schema)));
  if (properties !== undefined)
    message(writer, at.properties, () => namedAll(writer, properties as Record<string, Schema>, (inner) => schema(writer, inner)));
}
