import { AppError } from '../app-error.ts';
import type { Answer, Route } from './route.ts';

/** The status of a route's answer when it succeeds. */
export function successOf({ schemas: { answers, status } }: Pick<Route, 'schemas'>): number {
  return status ?? (answers === undefined ? 204 : 200);
}

/** Throws when the answer is not what the route's schemas say, and so not what the OpenAPI document promises. */
export function requireDescribed(route: Route, answer: Answer): void {
  const name = `${route.method} ${route.path}`;
  const { answers } = route.schemas;
  if (answer === 'sent') {
    if (route.path.startsWith('/api/') && typeof answers !== 'string')
      throw new AppError('Internal', `${name} wrote its answer itself but names no media type.`);
    return;
  }
  if (answer.status !== successOf(route))
    throw new AppError('Internal', `${name} answered ${answer.status}, and says ${successOf(route)}.`);
  if (answers === undefined || typeof answers === 'string') {
    if (answer.json !== undefined) throw new AppError('Internal', `${name} answered JSON that its schemas do not describe.`);
    return;
  }
  answers.parse(answer.json);
}
