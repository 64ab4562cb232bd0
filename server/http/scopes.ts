import { AppError } from '../app-error.ts';
import { tokenAreas, type TokenArea, type TokenScope } from '../contract/tokens.ts';
import type { Route } from './route.ts';

/** What a token needs for this route; undefined where only a session will do, because the route is about signing in or about tokens. */
export function scopeOf({ method, path }: Pick<Route, 'method' | 'path'>): TokenScope | undefined {
  const area = /^\/api\/([\w-]+)/.exec(path)?.[1] ?? (path === '/metrics' ? 'metrics' : undefined);
  if (area === undefined || !isTokenArea(area)) return undefined;
  return `${area}:${method === 'GET' ? 'read' : 'write'}`;
}

/** Throws Forbidden unless the token has what this route needs. What its person's role may not do, it may not do either. */
export function requireScope(route: Pick<Route, 'method' | 'path'>, scopes: readonly TokenScope[]): void {
  const needed = scopeOf(route);
  if (needed === undefined) throw new AppError('Forbidden', 'This is not for tokens.', { remedy: 'Sign in to the pages and do it there.' });
  if (!scopes.includes(needed))
    throw new AppError('Forbidden', `This token lacks the scope ${needed}.`, { remedy: `Make a token with the scope ${needed}.` });
}

function isTokenArea(area: string): area is TokenArea {
  return (tokenAreas as readonly string[]).includes(area);
}
