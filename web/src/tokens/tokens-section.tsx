import { Button, Title, VisuallyHidden } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { TokenView } from '../../../server/contract/tokens.ts';
import { fetchTokens, revokeToken } from '../api/tokens-api.ts';
import { Ago } from '../parts/ago.tsx';
import { ask } from '../parts/ask.ts';
import table from '../parts/data-table.module.css';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Instant } from '../parts/instant.tsx';
import { useAct } from '../parts/use-act.ts';
import { Waiting } from '../parts/waiting.tsx';
import { useMe } from '../session/me.ts';
import { openNewToken } from './new-token-form.tsx';
import styles from './tokens.module.css';

export function TokensSection() {
  const tokens = useQuery({ queryKey: ['tokens'], queryFn: ({ signal }) => fetchTokens(signal) });
  return (
    <section className={styles['section']} aria-labelledby="tokens">
      <header className={styles['head']}>
        <Title order={2} id="tokens">
          API tokens
        </Title>
        <Button size="xs" variant="default" onClick={openNewToken}>
          New token
        </Button>
      </header>
      <p className={styles['lead']}>
        With a token a program does in your name what you let it. <Link to="/api-docs">What the API offers</Link>
      </p>
      {tokens.isError && <ErrorNotice error={tokens.error} onRetry={() => void tokens.refetch()} />}
      {tokens.data === undefined && !tokens.isError && <Waiting what="the tokens" rows={1} />}
      {tokens.data?.length === 0 && <EmptyState title="No tokens">Make one when a program is to read grades or import tickets.</EmptyState>}
      {tokens.data !== undefined && tokens.data.length > 0 && <TokenTable tokens={tokens.data} />}
    </section>
  );
}

function TokenTable({ tokens }: { readonly tokens: readonly TokenView[] }) {
  const me = useMe();
  return (
    <div className={table['frame']}>
      <table className={table['table']}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            {me.role === 'admin' && <th scope="col">Person</th>}
            <th scope="col">May</th>
            <th scope="col">Last used</th>
            <th scope="col">Ends</th>
            <th scope="col">
              <VisuallyHidden>Actions</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.id} data-testid="token-row">
              <td data-label="Name">
                <span>
                  {token.name} <code className={styles['prefix']}>{token.prefix}…</code>
                </span>
              </td>
              {me.role === 'admin' && <td data-label="Person">{token.person.name}</td>}
              <td data-label="May">{token.scopes.join(', ')}</td>
              <td data-label="Last used" className={table['quiet']}>
                {token.lastUsedAt === null ? 'never' : <Ago at={token.lastUsedAt} />}
              </td>
              <td data-label="Ends" className={table['quiet']}>
                <Instant at={token.expiresAt} />
              </td>
              <td>
                <div className={table['actions']}>
                  <RevokeButton token={token} />
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RevokeButton({ token }: { readonly token: TokenView }) {
  const client = useQueryClient();
  const revoke = useAct(revokeToken, {
    onDone: () => {
      void client.invalidateQueries({ queryKey: ['tokens'] });
      return `The token ${token.name} works no more.`;
    },
  });
  const confirm = (): void => {
    ask({
      title: `Revoke the token ${token.name}?`,
      text: 'Programs that use it are refused from this moment. It cannot be taken back; make a new one instead.',
      confirm: 'Revoke it',
      cancel: 'Keep it',
      danger: true,
      onConfirm: () => {
        revoke.mutate(token.id);
      },
    });
  };
  return (
    <Button size="compact-xs" variant="default" loading={revoke.isPending} onClick={confirm} aria-label={`Revoke the token ${token.name}`}>
      Revoke
    </Button>
  );
}
