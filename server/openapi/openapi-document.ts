import { z } from 'zod';
import { errorBodySchema } from '../contract/errors.ts';
import { successOf } from '../http/described-answer.ts';
import type { Route } from '../http/route.ts';
import { scopeOf } from '../http/scopes.ts';

type Json = Record<string, unknown>;

const DESCRIPTION = `Everything that the pages do, they do with these calls.

A program sends a token (\`Authorization: Bearer …\`), which a person makes on the page of the account. It acts as that person, within the token's
scopes. Pages send the session's cookie and, where they write, the header \`x-csrf-token\` with the token that \`GET /api/session\` answers.

Every refusal has the same shape: a code, a sentence that says what happened and why, and mostly what to do next. After 429 and after
CapacityExhausted wait as long as \`Retry-After\` says. Times are RFC 3339 in UTC.`;

/** The OpenAPI 3.1 description of the routes under /api, made of the schemas that guard them. */
export function openApiDocument(routes: readonly Route[], site: { readonly version: string; readonly url: string }): Json {
  const described = routes.filter((route) => route.path.startsWith('/api/'));
  const paths: Record<string, Json> = {};
  for (const route of described) (paths[templateOf(route.path)] ??= {})[route.method.toLowerCase()] = operation(route);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Drillhouse',
      version: site.version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: site.url }],
    tags: [...new Set(described.map(areaOf))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Error: schemaOf(errorBodySchema, 'output') },
      responses: {
        Refused: {
          description: 'It was refused; the body says why.',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token from the page of the account.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'drillhouse_session',
          description: 'What signing in to the pages sets; over https its name begins with __Host-.',
        },
      },
    },
  };
}

function operation(route: Route): Json {
  const { says, body, query } = route.schemas;
  const parameters = [...pathParameters(route.path), ...(query === undefined ? [] : queryParameters(query))];
  return {
    operationId: operationId(route),
    tags: [areaOf(route)],
    ...(says === undefined ? {} : { summary: says }),
    description: whoMayCall(route),
    security: security(route),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input') } } } }),
    responses: { [String(successOf(route))]: answerOf(route), default: { $ref: '#/components/responses/Refused' } },
  };
}

function answerOf({ schemas: { answers } }: Route): Json {
  if (answers === undefined) return { description: 'Done; there is no body.' };
  if (typeof answers === 'string') return { description: 'Done.', content: { [answers]: { schema: { type: 'string' } } } };
  return { description: 'Done.', content: { 'application/json': { schema: schemaOf(answers, 'output') } } };
}

function whoMayCall(route: Route): string {
  if (route.access === 'public') return 'For everybody, without signing in.';
  const scope = scopeOf(route);
  return `For the roles ${route.access.join(', ')}. ${scope === undefined ? 'Not for tokens.' : `Tokens need the scope \`${scope}\`.`}`;
}

function security(route: Route): Json[] {
  if (route.access === 'public') return [];
  return scopeOf(route) === undefined ? [{ session: [] }] : [{ token: [] }, { session: [] }];
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
}

function queryParameters(query: z.ZodType): Json[] {
  const { properties = {}, required = [] } = schemaOf(query, 'input') as {
    properties?: Record<string, Json>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: required.includes(name), schema }));
}

function operationId({ method, path }: Route): string {
  const words = path.replace('/api/', '').split(/[^A-Za-z0-9]+/);
  return [method.toLowerCase(), ...words.filter((word) => word !== '').map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join(
    '',
  );
}

function areaOf({ path }: Route): string {
  return path.split('/')[2] ?? '';
}

function templateOf(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

/** What cannot be said in JSON Schema, such as a transformation, is left open rather than wrong. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' });
  return rest;
}
