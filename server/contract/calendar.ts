import { z } from 'zod';
import { instantSchema } from './roles.ts';

/**
 * Due dates, drills and expiries for a calendar program, which cannot sign in: whoever has the link reads the calendar and nothing else.
 * GET    /api/calendar                  -> calendarLinkSchema (never the link itself)
 * POST   /api/calendar                  -> newCalendarLinkSchema (201; an older link ends)
 * DELETE /api/calendar                  -> 204
 * GET    /api/public/calendar/:token    text/calendar (RFC 5545)
 * Links are made in a session only, never by an API token.
 */
export const calendarLinkSchema = z.strictObject({
  link: z.strictObject({ createdAt: instantSchema, lastFetchedAt: instantSchema.nullable() }).nullable(),
});
export type CalendarLink = z.infer<typeof calendarLinkSchema>;

/** The address is shown once; only its hash is kept. */
export const newCalendarLinkSchema = z.strictObject({ url: z.url(), createdAt: instantSchema });
export type NewCalendarLink = z.infer<typeof newCalendarLinkSchema>;
