import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../contract/roles.ts';
import { allSocketEvents } from '../realtime/realtime.ts';
import { ask, type Client } from '../testing/client.ts';
import { enterInterview } from '../testing/interviews.ts';
import { TestServer } from '../testing/test-server.ts';
import { allRoutes } from './routes.ts';

/**
 * Who may call what, written down a second time and by hand: a route that is not listed here, or whose roles differ, fails. T trainee,
 * I instructor, M manager, A administrator, C candidate of an interview, - without signing in.
 */
const routeTable: Readonly<Record<string, string>> = {
  'GET /api/session': '-',
  'POST /api/session': '-',
  'DELETE /api/session': 'TIMAC',
  'GET /api/links/:token': '-',
  'POST /api/links/:token': '-',
  'POST /api/session/password': 'TIMA',
  'GET /api/tokens': 'TIMA',
  'POST /api/tokens': 'TIMA',
  'DELETE /api/tokens/:id': 'TIMA',
  'GET /api/openapi.json': '-',
  'GET /metrics': 'A',
  'GET /api/labs': 'TIMA',
  'POST /api/attempts': 'TIMA',
  'GET /api/attempts': 'TIMA',
  'GET /api/attempts/:id': 'TIMAC',
  'POST /api/attempts/:id/extend': 'TIMAC',
  'POST /api/attempts/:id/reset': 'TIMAC',
  'POST /api/attempts/:id/incident': 'TIMAC',
  'POST /api/attempts/:id/hand-over': 'TIMA',
  'POST /api/attempts/:id/team': 'TIMA',
  'POST /api/attempts/:id/leave': 'TIMA',
  'GET /api/attempts/:id/status': 'TIMAC',
  'POST /api/attempts/:id/status': 'TIMAC',
  'POST /api/attempts/:id/grade': 'TIMAC',
  'POST /api/attempts/:id/abandon': 'TIMAC',
  'POST /api/attempts/:id/steps/:step/check': 'TIMAC',
  'POST /api/attempts/:id/steps/:step/skip': 'TIMAC',
  'POST /api/attempts/:id/steps/:step/hints/:n': 'TIMAC',
  'POST /api/attempts/:id/terminals': 'TIMAC',
  'DELETE /api/attempts/:id/terminals/:terminal': 'TIMAC',
  'GET /api/attempts/:id/services': 'TIMAC',
  'GET /api/attempts/:id/services/:service/metrics': 'TIMAC',
  'ANY /preview/:id/:service{/*path}': 'TIMAC',
  'GET /api/attempts/:id/result': 'TIMA',
  'GET /api/attempts/:id/artefacts': 'TIMAC',
  'PUT /api/attempts/:id/artefacts/:artefact': 'TIMAC',
  'POST /api/attempts/:id/artefacts/:artefact/submit': 'TIMAC',
  'GET /api/attempts/:id/artefacts/:artefact/versions': 'TIMAC',
  'GET /api/attempts/:id/artefacts/:artefact/versions/:n': 'TIMAC',
  'POST /api/attempts/:id/artefacts/:artefact/rating': 'TIMA',
  'GET /api/attempts/:id/artefacts/:artefact/reviews': 'TIMAC',
  'POST /api/attempts/:id/artefacts/:artefact/threads': 'TIMA',
  'POST /api/attempts/:id/artefacts/:artefact/threads/:thread': 'TIMA',
  'PUT /api/attempts/:id/artefacts/:artefact/threads/:thread/resolution': 'TIMA',
  'GET /api/attempts/:id/recordings': 'TIMA',
  'GET /api/recordings/:id': 'TIMA',
  'POST /api/attempts/:id/faults': 'IA',
  'GET /api/roster': 'IA',
  'POST /api/messages': 'IA',
  'GET /api/grades': 'IMA',
  'GET /api/grades.csv': 'IMA',
  'POST /api/attempts/:id/override': 'MA',
  'GET /api/certificates/progress': 'TIMA',
  'GET /api/certificates': 'IMA',
  'POST /api/certificates': 'IMA',
  'GET /api/certificates/:id': 'TIMA',
  'POST /api/certificates/:id/renew': 'IMA',
  'POST /api/certificates/:id/revoke': 'MA',
  'GET /api/improvements': 'TIMA',
  'POST /api/improvements': 'TIMA',
  'PUT /api/improvements/:id': 'TIMA',
  'POST /api/improvements/:id/decision': 'MA',
  'GET /api/attempts/:id/appeals': 'TIMA',
  'POST /api/attempts/:id/appeals': 'TIMA',
  'GET /api/appeals': 'IMA',
  'POST /api/appeals/:id/withdraw': 'TIMA',
  'POST /api/appeals/:id/decision': 'IMA',
  'GET /api/signing-keys': 'IMA',
  'POST /api/signing-keys': 'A',
  'GET /api/public/badges/:id': '-',
  'POST /api/public/verify': '-',
  'GET /api/public/badges/:id/credential': '-',
  'GET /api/public/keys/:id': '-',
  'GET /api/public/achievements/:id': '-',
  'GET /api/public/status/:list': '-',
  'GET /.well-known/jwks.json': '-',
  'GET /.well-known/did.json': '-',
  'GET /api/people': 'A',
  'POST /api/people': 'A',
  'PATCH /api/people/:id': 'A',
  'POST /api/people/:id/link': 'A',
  'GET /api/team-mates': 'TIMA',
  'GET /api/cohorts': 'IMA',
  'POST /api/cohorts': 'IA',
  'PUT /api/cohorts/:id/members': 'IA',
  'GET /api/audit': 'A',
  'GET /api/sandboxes': 'A',
  'DELETE /api/sandboxes/:id': 'A',
  'GET /api/attempts/:id/measurements': 'TIMAC',
  'POST /api/attempts/:id/measurements': 'TIMAC',
  'GET /api/attempts/:id/measurements.csv': 'TIMA',
  'GET /api/drill-scripts': 'IA',
  'GET /api/drill-scripts/:slug': 'IA',
  'GET /api/drill-people': 'IA',
  'GET /api/drills': 'TIMA',
  'POST /api/drills': 'IA',
  'GET /api/drills/:id': 'TIMA',
  'POST /api/drills/:id/moves': 'TIMA',
  'GET /api/drills/:id/review': 'TIMA',
  'GET /api/drills/:id/report.md': 'TIMA',
  'GET /api/drills/:id/report.pdf': 'TIMA',
  'POST /api/attempts/:id/ai/acknowledge': 'TIMAC',
  'PUT /api/attempts/:id/ai/declaration': 'TIMAC',
  'GET /api/cohorts/:id/ai-policy': 'IMA',
  'PUT /api/cohorts/:id/ai-policy': 'IMA',
  'GET /api/extra-time': 'IMA',
  'GET /api/extra-time/:person': 'TIMA',
  'PUT /api/extra-time/:person': 'IMA',
  'POST /api/attempts/:id/extra-time': 'IMA',
  'GET /api/interviews': 'IMA',
  'POST /api/interviews': 'IMA',
  'GET /api/interviews/reviews': 'IMA',
  'POST /api/interviews/:id/link': 'IMA',
  'POST /api/interviews/:id/revoke': 'IMA',
  'POST /api/interviews/:id/erase': 'IMA',
  'GET /api/interview-links/:token': '-',
  'POST /api/interview-links/:token': '-',
  'GET /api/programmes': 'MA',
  'PUT /api/programmes/:cohort': 'MA',
  'GET /api/programmes/figures': 'MA',
  'GET /api/programmes/figures.csv': 'MA',
  'GET /api/readiness': 'TIMA',
  'PUT /api/readiness/answers': 'TIMA',
  'POST /api/readiness/submit': 'TIMA',
  'GET /api/readiness/people': 'IMA',
  'POST /api/readiness/people/:id/placement': 'IMA',
  'GET /api/curriculum': 'TIMA',
  'GET /api/curriculum/people/:id': 'TIMA',
  'GET /api/curriculum/cohorts/:id': 'IMA',
  'GET /api/reminders': 'TIMA',
  'POST /api/reminders/dismissed': 'TIMA',
  'GET /api/mentoring': 'TIMA',
  'GET /api/mentoring/pairs': 'IMA',
  'POST /api/mentoring/pairs': 'IA',
  'DELETE /api/mentoring/pairs/:id': 'IA',
  'GET /api/mentoring/pairs/:id/notes': 'TIMA',
  'POST /api/mentoring/pairs/:id/notes': 'TIMA',
  'GET /api/calendar': 'TIMA',
  'POST /api/calendar': 'TIMA',
  'DELETE /api/calendar': 'TIMA',
  'GET /api/public/calendar/:token': '-',
  'GET /api/insight/items': 'IMA',
  'GET /api/insight/items/evidence': 'IMA',
  'GET /api/insight/items.csv': 'IMA',
  'GET /api/insight/people': 'TIMA',
  'GET /api/insight/skills': 'TIMA',
  'GET /api/insight/skills/cohorts/:id': 'IMA',
  'GET /api/insight/on-call': 'TIMA',
  'GET /api/insight/on-call.csv': 'IMA',
  'GET /api/insight/due': 'TIMA',
  'GET /api/insight/due/everybody': 'IMA',
  'GET /api/insight/figures/evidence': 'MA',
  'GET /api/insight/report.pdf': 'MA',
  'GET /api/insight/cohort-managers': 'MA',
  'PUT /api/insight/cohort-managers/:cohort': 'A',
  'GET /api/imports': 'MA',
  'POST /api/imports/preview': 'MA',
  'POST /api/imports': 'MA',
  'DELETE /api/imports/:id': 'MA',
};
const eventTable: Readonly<Record<string, string>> = {
  'attempt:watch': 'TIMAC',
  'attempt:unwatch': 'TIMAC',
  'roster:watch': 'IA',
  'terminal:open': 'TIMAC',
  'terminal:input': 'TIMAC',
  'terminal:resize': 'TIMAC',
  'terminal:ack': 'TIMAC',
  'terminal:close': 'TIMAC',
  'drill:watch': 'TIMA',
  'drill:unwatch': 'TIMA',
};
const letters: Readonly<Record<Role, string>> = { trainee: 'T', instructor: 'I', manager: 'M', admin: 'A', candidate: 'C' };
const write = (access: 'public' | readonly Role[]): string => (access === 'public' ? '-' : access.map((role) => letters[role]).join(''));

let server: TestServer;
const clients = new Map<string, Client>();
beforeAll(async () => {
  server = await TestServer.start();
  for (const role of ['trainee', 'instructor', 'manager', 'administrator'] as const)
    clients.set(role[0]!.toUpperCase(), await server.signIn(role));
  clients.set('C', await enterInterview(clients.get('I')!, server.client()));
});
afterAll(() => server[Symbol.asyncDispose]());

describe('the table of routes', () => {
  it('is the one written down here, route by route', () => {
    expect(
      Object.fromEntries(allRoutes(server.running.services).map((route) => [`${route.method} ${route.path}`, write(route.access)])),
    ).toEqual(routeTable);
  });

  const calls = Object.entries(routeTable).map(([route, allowed]) => {
    const [method = '', pattern = ''] = route.split(' ');
    const path = pattern
      .replace('{/*path}', '/')
      .replace(/:(id|terminal)/g, 'at_aaaaaaaaaaaaaaaaaaaa')
      .replace(':token', 'a'.repeat(43))
      .replace(/:(step|service)/g, 'x')
      .replace(':n', '0');
    return { method: method === 'ANY' ? 'GET' : method, path, allowed };
  });

  it.each(calls.filter((call) => call.allowed !== '-'))(
    '$method $path refuses whoever is not signed in, and every other role',
    async ({ method, path, allowed }) => {
      const stranger = server.client();
      await stranger.session();
      expect((await stranger.refused(method, path)).error.code).toBe('SignInRequired');
      for (const [letter, client] of clients) {
        if (!allowed.includes(letter)) expect((await client.refused(method, path)).error.code).toBe('Forbidden');
      }
    },
  );

  it.each(calls.filter((call) => call.method !== 'GET'))(
    '$method $path refuses other sites and pages without the token',
    async ({ method, path, allowed }) => {
      const client = clients.get(allowed === '-' ? 'T' : allowed[0]!)!;
      const foreign = await client.fetch(method, path, undefined, { origin: 'https://evil.example' });
      expect([foreign.status, ((await foreign.json()) as { error: { code: string } }).error.code]).toEqual([403, 'Forbidden']);
      const blind = await client.fetch(method, path, undefined, { 'x-csrf-token': 'x'.repeat(43) });
      expect([blind.status, ((await blind.json()) as { error: { code: string } }).error.code]).toEqual([403, 'CsrfTokenMissing']);
    },
  );

  it('answers what is not in it with NotFound', async () => {
    expect((await clients.get('A')!.refused('GET', '/api/nothing')).error.code).toBe('NotFound');
  });
});

describe('the table of socket events', () => {
  it('is the one written down here, event by event', () => {
    expect(Object.fromEntries(allSocketEvents(server.running.services).map((event) => [event.name, write(event.roles)]))).toEqual(
      eventTable,
    );
  });

  it('refuses the roster to those it is not for', async () => {
    const socket = await clients.get('T')!.socket();
    await expect(ask(socket, 'roster:watch', {})).rejects.toThrow('Forbidden');
    socket.close();
    const instructor = await clients.get('I')!.socket();
    await expect(ask(instructor, 'roster:watch', {})).resolves.toEqual({ attempts: [] });
    instructor.close();
  });

  it('refuses sockets without a session, without the token, and from other sites', async () => {
    await expect(server.client().socket()).rejects.toThrow('not signed in');
    await expect(clients.get('T')!.socket({ csrfToken: 'x' })).rejects.toThrow('out of date');
    await expect(clients.get('T')!.socket({ origin: 'https://evil.example' })).rejects.toThrow();
  });
});
