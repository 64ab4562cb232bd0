import { administrators, route, type Route } from '../route.ts';
import type { Services } from '../services.ts';

/** For Prometheus, which sends an administrator's token with the scope `metrics:read`. */
export function metricRoutes({ metrics }: Services): Route[] {
  return [
    route(
      'GET',
      '/metrics',
      administrators,
      async ({ response }) => {
        response.type(metrics.contentType).send(await metrics.text());
        return 'sent';
      },
      { answers: 'text/plain' },
    ),
  ];
}
