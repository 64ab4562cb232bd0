import { z } from 'zod';
import { welcomePath } from '../../accounts/first-run.ts';
import type { NewLink } from '../../accounts/links.ts';
import { toInstant } from '../../clock.ts';
import {
  auditPageSchema,
  cohortSchema,
  cohortsSchema,
  createCohortSchema,
  invitationSchema,
  invitePersonSchema,
  peopleSchema,
  personSchema,
  setMembersSchema,
  updatePersonSchema,
  type Invitation,
} from '../../contract/people.ts';
import { idSchema } from '../../contract/roles.ts';
import { teamMatesSchema } from '../../contract/teams.ts';
import { administrators, created, everyone, instructors, ok, param, route, staff, type Route } from '../route.ts';
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
    route('GET', '/api/people', administrators, async () => ok({ people: await accounts.people.list() }), {
      says: 'Lists everybody who has an account.',
      answers: peopleSchema,
    }),
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
      { says: 'Invites a person; the link is shown once.', body: invitePersonSchema, answers: invitationSchema, status: 201 },
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
      { says: 'Changes a name or a role, disables an account, or lets it in again.', body: updatePersonSchema, answers: personSchema },
    ),
    route(
      'POST',
      '/api/people/:id/link',
      administrators,
      async (call) => {
        const person = await accounts.people.require(param(call, 'id'));
        const link = await accounts.links.renew(person.id, 'set-password');
        await audit.record({ actor: call.session.person, action: 'person.link-made', subject: person.id, address: call.address });
        return ok(await invitation(person.id, link));
      },
      { says: 'Makes a new link to set a password; older ones end.', answers: invitationSchema },
    ),
    route('GET', '/api/team-mates', everyone, async ({ session }) => ok({ people: await cohorts.matesOf(session.person.id) }), {
      says: 'Lists who shares a cohort with you.',
      answers: teamMatesSchema,
    }),
    route('GET', '/api/cohorts', staff, async () => ok({ cohorts: await cohorts.list() }), {
      says: 'Lists the cohorts and who is in them.',
      answers: cohortsSchema,
    }),
    route(
      'POST',
      '/api/cohorts',
      instructors,
      async ({ session, body, address }) => {
        const cohort = await cohorts.create(body.name);
        await audit.record({ actor: session.person, action: 'cohort.created', subject: cohort.id, detail: { name: body.name }, address });
        return created(cohort);
      },
      { says: 'Makes a cohort.', body: createCohortSchema, answers: cohortSchema, status: 201 },
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
      { says: 'Says who is in a cohort: exactly these.', body: setMembersSchema, answers: cohortSchema },
    ),
    route(
      'GET',
      '/api/audit',
      administrators,
      async ({ query }) => ok(await audit.list({ before: query.before, limit: query.limit, personId: query.person, action: query.action })),
      { says: 'Who did what, the newest first.', query: auditQuerySchema, answers: auditPageSchema },
    ),
  ];
}
