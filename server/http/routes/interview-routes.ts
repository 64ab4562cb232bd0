import { z } from 'zod';
import {
  candidateViewSchema,
  createInterviewSchema,
  enteredInterviewSchema,
  enterInterviewSchema,
  interviewReviewsSchema,
  interviewSchema,
  interviewsSchema,
  newInterviewSchema,
  type NewInterview,
} from '../../contract/interviews.ts';
import { idSchema } from '../../contract/roles.ts';
import type { MadeInterview } from '../../interviews/interviews.ts';
import { created, ok, param, publicRoute, route, staff, type Route } from '../route.ts';
import type { Services } from '../services.ts';
import { setSessionCookie } from '../session-cookies.ts';
import { viewSession } from '../session-view.ts';

const MAX_COMPARED = 8;
const reviewsQuerySchema = z.object({
  ids: z
    .string()
    .max(400)
    .transform((ids) => ids.split(','))
    .pipe(z.array(idSchema).min(1).max(MAX_COMPARED)),
});

export function interviewRoutes(services: Services): Route[] {
  const { interviews, site } = services;
  const withLink = ({ interview, token }: MadeInterview): NewInterview => ({
    interview,
    link: `${site.publicUrl()}/interview/${token}`,
  });
  return [
    route('GET', '/api/interviews', staff, async () => ok({ interviews: await interviews.list() }), {
      says: 'Lists the interviews, the newest first.',
      answers: interviewsSchema,
    }),
    route(
      'POST',
      '/api/interviews',
      staff,
      async ({ session, body, address }) => created(withLink(await interviews.create(session.person, body, address))),
      { says: 'Makes an interview; the link is shown once.', body: createInterviewSchema, answers: newInterviewSchema, status: 201 },
    ),
    route('GET', '/api/interviews/reviews', staff, async ({ query }) => ok({ reviews: await interviews.reviews(query.ids) }), {
      says: 'What interviews at the same exercise showed, side by side.',
      query: reviewsQuerySchema,
      answers: interviewReviewsSchema,
    }),
    route(
      'POST',
      '/api/interviews/:id/link',
      staff,
      async (call) => ok(withLink(await interviews.renewLink(call.session.person, param(call, 'id'), call.address))),
      { says: 'Makes a new link; the older one ends, and the session that it opened.', answers: newInterviewSchema },
    ),
    route(
      'POST',
      '/api/interviews/:id/revoke',
      staff,
      async (call) => ok(await interviews.revoke(call.session.person, param(call, 'id'), call.address)),
      { says: 'Calls an interview off; what runs is ended.', answers: interviewSchema },
    ),
    route(
      'POST',
      '/api/interviews/:id/erase',
      staff,
      async (call) => ok(await interviews.erase(call.session.person, param(call, 'id'), call.address)),
      { says: 'Erases what is personal of an interview; the counts stay.', answers: interviewSchema },
    ),
    publicRoute(
      'GET',
      '/api/interview-links/:token',
      async (call) => ok(await interviews.entry.open(param(call, 'token'), call.session, call.address)),
      { says: 'What the link of an interview leads to.', answers: candidateViewSchema },
    ),
    publicRoute(
      'POST',
      '/api/interview-links/:token',
      async (call) => {
        const token = param(call, 'token');
        const entered = await interviews.entry.enter(token, call.body.acknowledges, call.session, call.address);
        const { session } = entered;
        if (session.newToken !== undefined) setSessionCookie(call.response, session.newToken, session.expiresAtMs, site.secureCookies);
        return ok({ session: viewSession(services, session, session.csrfToken), attemptId: entered.attemptId });
      },
      {
        says: 'Consents and begins the interview, or goes back to it from another browser.',
        body: enterInterviewSchema,
        answers: enteredInterviewSchema,
      },
    ),
  ];
}
