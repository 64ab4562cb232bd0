import { z } from 'zod';
import { openApiDocument } from '../../openapi/openapi-document.ts';
import { ok, publicRoute, type Route } from '../route.ts';
import type { Services } from '../services.ts';

/** @param described what the document tells of; it lists itself too */
export function openApiRoutes({ site }: Services, described: readonly Route[]): Route[] {
  const own: Route[] = [
    publicRoute(
      'GET',
      '/api/openapi.json',
      async () => ok(openApiDocument([...described, ...own], { version: site.version, url: site.publicUrl() })),
      { says: 'This document.', answers: z.looseObject({ openapi: z.literal('3.1.0') }) },
    ),
  ];
  return own;
}
