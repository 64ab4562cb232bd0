import { parse, serialize } from 'cookie';
import type { Request, Response } from 'express';
import { newToken } from '../ids.ts';

/** Strict: no page elsewhere can send it along, not even by a link; the pages fetch their data themselves, so links still work. */
const COMMON = { httpOnly: true, sameSite: 'strict', path: '/' } as const;

/** `__Host-` makes browsers insist on Secure and on this very host, and needs https. */
function nameOf(cookie: 'session' | 'visitor', secure: boolean): string {
  return `${secure ? '__Host-' : ''}drillhouse_${cookie}`;
}

export function readSessionToken(cookieHeader: string | undefined, secure: boolean): string | undefined {
  return readCookie(cookieHeader, nameOf('session', secure));
}

export function setSessionCookie(response: Response, token: string, expiresAtMs: number, secure: boolean): void {
  response.append('Set-Cookie', serialize(nameOf('session', secure), token, { ...COMMON, secure, expires: new Date(expiresAtMs) }));
}

export function clearSessionCookie(response: Response, secure: boolean): void {
  response.append('Set-Cookie', serialize(nameOf('session', secure), '', { ...COMMON, secure, expires: new Date(0) }));
}

/** Before sign-in a random cookie stands in for the session, so that signing in is guarded against forgery too. */
export function readVisitor(request: Request, secure: boolean): string | undefined {
  const value = readCookie(request.headers.cookie, nameOf('visitor', secure));
  return value !== undefined && /^[\w-]{20,100}$/.test(value) ? value : undefined;
}

export function ensureVisitor(request: Request, response: Response, secure: boolean): string {
  const known = readVisitor(request, secure);
  if (known !== undefined) return known;
  const visitor = newToken();
  response.append('Set-Cookie', serialize(nameOf('visitor', secure), visitor, { ...COMMON, secure }));
  return visitor;
}

function readCookie(header: string | undefined, name: string): string | undefined {
  return header === undefined ? undefined : parse(header)[name];
}
