import { calendarLinkSchema, newCalendarLinkSchema } from '../../contract/calendar.ts';
import { created, everyone, noContent, ok, param, publicRoute, route, type Route } from '../route.ts';
import type { Services } from '../services.ts';

export function calendarRoutes({ calendar }: Services): Route[] {
  return [
    route('GET', '/api/calendar', everyone, async ({ session }) => ok(await calendar.read(session.person)), {
      says: 'Whether your calendar has a link, and when it was last fetched.',
      answers: calendarLinkSchema,
    }),
    route('POST', '/api/calendar', everyone, async ({ session, address }) => created(await calendar.renew(session.person, address)), {
      says: 'Makes the secret link of your calendar; an older one ends.',
      answers: newCalendarLinkSchema,
      status: 201,
    }),
    route(
      'DELETE',
      '/api/calendar',
      everyone,
      async ({ session, address }) => {
        await calendar.revoke(session.person, address);
        return noContent;
      },
      { says: 'Ends the link of your calendar.' },
    ),
    publicRoute(
      'GET',
      '/api/public/calendar/:token',
      async (call) => {
        const feed = await calendar.feed(param(call, 'token'));
        call.response.type('text/calendar; charset=utf-8').send(feed);
        return 'sent';
      },
      { says: 'A person’s calendar, for whoever has its secret link.', answers: 'text/calendar' },
    ),
  ];
}
