import { accommodationRoutes } from './routes/accommodation-routes.ts';
import { artefactRoutes } from './routes/artefact-routes.ts';
import { attemptRoutes } from './routes/attempt-routes.ts';
import { calendarRoutes } from './routes/calendar-routes.ts';
import { certificateRoutes } from './routes/certificate-routes.ts';
import { curriculumRoutes } from './routes/curriculum-routes.ts';
import { drillRoutes } from './routes/drill-routes.ts';
import { incidentRoutes } from './routes/incident-routes.ts';
import { insightRoutes } from './routes/insight-routes.ts';
import { interviewRoutes } from './routes/interview-routes.ts';
import { labRoutes } from './routes/lab-routes.ts';
import { measurementRoutes } from './routes/measurement-routes.ts';
import { mentoringRoutes } from './routes/mentoring-routes.ts';
import { metricRoutes } from './routes/metric-routes.ts';
import { peopleRoutes } from './routes/people-routes.ts';
import { programRoutes } from './routes/program-routes.ts';
import { publicBadgeRoutes } from './routes/public-badge-routes.ts';
import { readinessRoutes } from './routes/readiness-routes.ts';
import { resultRoutes } from './routes/result-routes.ts';
import { sandboxRoutes } from './routes/sandbox-routes.ts';
import { sessionRoutes } from './routes/session-routes.ts';
import { tokenRoutes } from './routes/token-routes.ts';
import { openApiRoutes } from './routes/openapi-routes.ts';
import type { Route } from './route.ts';
import type { Services } from './services.ts';

/** Every route there is, with who may call it. */
export function allRoutes(services: Services): Route[] {
  const described = [
    sessionRoutes,
    tokenRoutes,
    metricRoutes,
    labRoutes,
    attemptRoutes,
    artefactRoutes,
    measurementRoutes,
    incidentRoutes,
    drillRoutes,
    resultRoutes,
    certificateRoutes,
    publicBadgeRoutes,
    programRoutes,
    readinessRoutes,
    curriculumRoutes,
    mentoringRoutes,
    calendarRoutes,
    insightRoutes,
    peopleRoutes,
    accommodationRoutes,
    interviewRoutes,
    sandboxRoutes,
  ].flatMap((routes) => routes(services));
  return [...described, ...openApiRoutes(services, described)];
}
