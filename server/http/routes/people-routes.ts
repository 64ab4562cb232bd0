import { z } from 'zod';
import { welcomePath } from '../../accounts/first-run.ts';
import type { NewLink } from '../../accounts/links.ts';
import { toInstant } from '../../clock.ts';
import { createCohortSchema, invitePersonSchema, setMembersSchema, updatePersonSchema, type Invitation } from '../../contract/people.ts';
import { idSchema } from '../../contract/roles.ts';
import { administrators, created, instructors, ok, param, route, staff, type Route } from '../route.ts';
import type { Services } from '../services.ts';

const MAX_AUDIT_ENTRIES = 200;

const auditQuerySchema = z.object({
  before: z.coerce.number().int().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(MAX_AUDIT_ENTRIES).default(50),
  person: idSchema.optional(),
  action: z
    .string()
    .max(60)
    .regex(/^[a-z.-]*$/)
    .optional(),
});

export function peopleRoutes(services: Services): Route[] {
  const { accounts, cohorts, audit, site } = services;
  const invitation = async (personId: string, link: NewLink): Promise<Invitation> => ({
    person: await accounts.people.view(personId),
    link: `${site.publicUrl()}${welcomePath(link.token)}`,
    expiresAt: toInstant(link.expiresAtMs),
  });
  return [
    route('GET', '/api/people', administrators, async () => ok({ people: await accounts.people.list() })),
    route(
      'POST',
      '/api/people',
      administrators,
      async ({ session, body, address }) => {
        if (body.cohortId !== undefined) await cohorts.require(body.cohortId);
        const { person, link } = await accounts.invite(body);
        if (body.cohortId !== undefined) await cohorts.addMember(body.cohortId, person.id);
        await audit.record({ actor: session.person, action: 'person.invited', subject: person.id, detail: { role: body.role }, address });
        return created(await invitation(person.id, link));
      },
      { body: invitePersonSchema },
    ),
    route(
      'PATCH',
      '/api/people/:id',
      administrators,
      async (call) => {
        const id = param(call, 'id');
        const before = await accounts.people.require(id);
        const after = await accounts.people.change(id, call.body);
        // Whoever is disabled or gets another role must not go on with what an open session was allowed.
        if (after.state === 'disabled' || after.role !== before.role) await accounts.sessions.endAll(id);
        await audit.record({
          actor: call.session.person,
          action: 'person.changed',
          subject: id,
          detail: { ...call.body },
          address: call.address,
        });
        return ok(await accounts.people.view(id));
      },
      { body: updatePersonSchema },
    ),
    route('POST', '/api/people/:id/link', administrators, async (call) => {
      const person = await accounts.people.require(param(call, 'id'));
      const link = await accounts.links.renew(person.id, 'set-password');
      await audit.record({ actor: call.session.person, action: 'person.link-made', subject: person.id, address: call.address });
      return ok(await invitation(person.id, link));
    }),
    route('GET', '/api/cohorts', staff, async () => ok({ cohorts: await cohorts.list() })),
    route(
      'POST',
      '/api/cohorts',
      instructors,
      async ({ session, body, address }) => {
        const cohort = await cohorts.create(body.name);
        await audit.record({ actor: session.person, action: 'cohort.created', subject: cohort.id, detail: { name: body.name }, address });
        return created(cohort);
      },
      { body: createCohortSchema },
    ),
    route(
      'PUT',
      '/api/cohorts/:id/members',
      instructors,
      async (call) => {
        const cohort = await cohorts.setMembers(param(call, 'id'), call.body.personIds);
        await audit.record({
          actor: call.session.person,
          action: 'cohort.members-set',
          subject: cohort.id,
          detail: { members: cohort.members.length },
          address: call.address,
        });
        return ok(cohort);
      },
      { body: setMembersSchema },
    ),
    route(
      'GET',
      '/api/audit',
      administrators,
      async ({ query }) => ok(await audit.list({ before: query.before, limit: query.limit, personId: query.person, action: query.action })),
      { query: auditQuerySchema },
    ),
  ];
}
