import { artefactRoutes } from './routes/artefact-routes.ts';
import { attemptRoutes } from './routes/attempt-routes.ts';
import { labRoutes } from './routes/lab-routes.ts';
import { peopleRoutes } from './routes/people-routes.ts';
import { resultRoutes } from './routes/result-routes.ts';
import { sandboxRoutes } from './routes/sandbox-routes.ts';
import { sessionRoutes } from './routes/session-routes.ts';
import type { Route } from './route.ts';
import type { Services } from './services.ts';

/** Every route there is, with who may call it. */
export function allRoutes(services: Services): Route[] {
  return [sessionRoutes, labRoutes, attemptRoutes, artefactRoutes, resultRoutes, peopleRoutes, sandboxRoutes].flatMap((routes) =>
    routes(services),
  );
}
