import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { ActiveSession } from '../accounts/sessions.ts';
import type { Role } from '../contract/roles.ts';

export const everyone: readonly Role[] = ['trainee', 'instructor', 'manager', 'admin'];
/** Whoever works in an attempt; candidates of interviews, who have no account, may do this and nothing else. */
export const workers: readonly Role[] = [...everyone, 'candidate'];
export const instructors: readonly Role[] = ['instructor', 'admin'];
export const managers: readonly Role[] = ['manager', 'admin'];
export const staff: readonly Role[] = ['instructor', 'manager', 'admin'];
export const administrators: readonly Role[] = ['admin'];

/** `public`: also without a session. Else the roles that may call it; what a role may do with one object is decided by the command. */
export type Access = 'public' | readonly Role[];

export interface Call<Body, Query> {
  readonly params: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly query: Query;
  /** The client's address, for limits and the audit log. */
  readonly address: string;
  readonly request: Request;
  readonly response: Response;
}

export interface SignedInCall<Body, Query> extends Call<Body, Query> {
  readonly session: ActiveSession;
}

export interface PublicCall<Body, Query> extends Call<Body, Query> {
  readonly session: ActiveSession | undefined;
}

/** What a handler answers: a status with JSON, or `sent` when it wrote the response itself. */
export type Answer = { readonly status: number; readonly json?: unknown } | 'sent';

/** One line of the table of routes. The application is built from the table, so what is not in it cannot be called. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'ANY';
  /** In Express' syntax. */
  readonly path: string;
  readonly access: Access;
  readonly schemas: RouteSchemas<unknown, unknown>;
  readonly handle: (call: PublicCall<unknown, unknown>) => Promise<Answer>;
}

/** What a route takes and gives. The OpenAPI document is made of this, and tests hold every answer to it. */
export interface RouteSchemas<Body, Query> {
  /** What it is for, in a sentence. */
  readonly says?: string;
  readonly body?: z.ZodType<Body>;
  readonly query?: z.ZodType<Query>;
  /** Of the answer's JSON, or the media type of what is not JSON. Absent: the answer is 204, without a body. */
  readonly answers?: z.ZodType | `${string}/${string}`;
  /** When it succeeds. Absent: 200, or 204 without a body. */
  readonly status?: 200 | 201 | 202;
}

/** A route for people who are signed in with one of `roles`. Without schemas a body and a query are refused and ignored. */
export function route<Body = undefined, Query = undefined>(
  method: Route['method'],
  path: string,
  roles: readonly Role[],
  handle: (call: SignedInCall<Body, Query>) => Promise<Answer>,
  schemas: RouteSchemas<Body, Query> = {},
): Route {
  return {
    method,
    path,
    access: roles,
    schemas,
    handle: async (call) => {
      const { session } = call;
      if (session === undefined) throw new Error(`${method} ${path} was reached without a session.`);
      return handle({ ...call, ...parse(call, schemas), session });
    },
  };
}

export function publicRoute<Body = undefined, Query = undefined>(
  method: Route['method'],
  path: string,
  handle: (call: PublicCall<Body, Query>) => Promise<Answer>,
  schemas: RouteSchemas<Body, Query> = {},
): Route {
  return { method, path, access: 'public', schemas, handle: async (call) => handle({ ...call, ...parse(call, schemas) }) };
}

export function ok(json: unknown): Answer {
  return { status: 200, json };
}

export function created(json: unknown): Answer {
  return { status: 201, json };
}

export const noContent: Answer = { status: 204 };

/** A parameter of the path; the router has matched it, so it is there. */
export function param(call: { readonly params: Readonly<Record<string, string>> }, name: string): string {
  return call.params[name] ?? '';
}

function parse<Body, Query>(call: Call<unknown, unknown>, schemas: RouteSchemas<Body, Query>): { body: Body; query: Query } {
  return {
    body: (schemas.body === undefined ? undefined : schemas.body.parse(call.body ?? {})) as Body,
    query: (schemas.query === undefined ? undefined : schemas.query.parse(call.query)) as Query,
  };
}
