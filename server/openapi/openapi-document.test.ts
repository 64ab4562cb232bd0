import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { allRoutes } from '../http/routes.ts';
import { TestServer } from '../testing/test-server.ts';

interface Operation {
  readonly summary?: string;
  readonly operationId: string;
  readonly security: readonly object[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

let server: TestServer;
let document: Document;
beforeAll(async () => {
  server = await TestServer.start();
  document = (await server.client().call('GET', '/api/openapi.json', z.looseObject({ paths: z.unknown() }))) as unknown as Document;
});
afterAll(() => server[Symbol.asyncDispose]());

const operations = (): Operation[] => Object.values(document.paths).flatMap((path) => Object.values(path));

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(document) as unknown as Record<string, unknown>)).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('tells of every route under /api, and of nothing else', () => {
    const told = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));
    const there = allRoutes(server.running.services)
      .filter(({ path }) => path.startsWith('/api/'))
      .map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`);
    expect(told.toSorted()).toEqual(there.toSorted());
  });

  it('says of each what it is for, and what it answers', () => {
    expect(operations().filter(({ summary }) => summary === undefined || !summary.endsWith('.'))).toEqual([]);
    const silent = operations().filter(
      ({ responses }) => responses['204'] === undefined && !Object.values(responses).some(({ content }) => content),
    );
    expect(silent).toEqual([]);
  });

  it('names each once', () => {
    const ids = operations().map(({ operationId }) => operationId);
    expect(ids).toEqual([...new Set(ids)]);
  });

  it('has path and query parameters, roles and scopes', () => {
    const grades = document.paths['/api/grades']?.['get'];
    expect(grades?.parameters).toEqual([expect.objectContaining({ name: 'cohort', in: 'query' })]);
    expect(grades).toMatchObject({
      description: expect.stringContaining('`grades:read`') as string,
      security: [{ token: [] }, { session: [] }],
    });
    expect(document.paths['/api/attempts/{id}']?.['get']?.parameters).toEqual([expect.objectContaining({ name: 'id', in: 'path' })]);
    expect(document.paths['/api/tokens']?.['post']?.security).toEqual([{ session: [] }]);
    expect(document.paths['/api/session']?.['get']?.security).toEqual([]);
  });
});
