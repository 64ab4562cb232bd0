import { createTokenSchema, newTokenSchema, tokensSchema } from '../../contract/tokens.ts';
import { created, everyone, noContent, ok, param, route, type Route } from '../route.ts';
import type { Services } from '../services.ts';

export function tokenRoutes({ tokens, accounts, audit }: Services): Route[] {
  return [
    route(
      'GET',
      '/api/tokens',
      everyone,
      async ({ session: { person } }) =>
        ok({ tokens: await tokens.list(person.role === 'admin' ? undefined : person.id, await accounts.people.names()) }),
      { says: 'Lists the tokens that work: your own; for administrators everybody’s.', answers: tokensSchema },
    ),
    route(
      'POST',
      '/api/tokens',
      everyone,
      async ({ session: { person }, body, address }) => {
        const made = await tokens.create(person, body);
        await audit.record({
          actor: person,
          action: 'token.created',
          subject: made.token.id,
          detail: { name: body.name, scopes: made.token.scopes, expiresAt: made.token.expiresAt },
          address,
        });
        return created(made);
      },
      {
        says: 'Makes a token. Its secret is in this answer and nowhere else.',
        body: createTokenSchema,
        answers: newTokenSchema,
        status: 201,
      },
    ),
    route(
      'DELETE',
      '/api/tokens/:id',
      everyone,
      async (call) => {
        const { person } = call.session;
        const id = param(call, 'id');
        await tokens.revoke(id, person.role === 'admin' ? undefined : person.id);
        await audit.record({ actor: person, action: 'token.revoked', subject: id, address: call.address });
        return noContent;
      },
      { says: 'Revokes a token at once.' },
    ),
  ];
}
