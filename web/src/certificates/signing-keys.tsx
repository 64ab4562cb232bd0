import { Button, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { fetchSigningKeys, makeSigningKey } from '../api/certificates-api.ts';
import { ask } from '../parts/ask.ts';
import table from '../parts/data-table.module.css';
import { countOf } from '../parts/format.ts';
import { Instant } from '../parts/instant.tsx';
import { StatusTag } from '../parts/status-tag.tsx';
import { useAct } from '../parts/use-act.ts';
import { useMe } from '../session/me.ts';
import styles from './certificates.module.css';
import { useCertificateChange } from './use-certificate-change.ts';

/** The keys behind the badges. Administrators change them, after a leak or once a year. */
export function SigningKeys() {
  const me = useMe();
  const changed = useCertificateChange();
  const keys = useQuery({ queryKey: ['signing-keys'], queryFn: ({ signal }) => fetchSigningKeys(signal) });
  const rotate = useAct(makeSigningKey, {
    onDone: () => {
      changed();
      return 'A new key signs from now on.';
    },
  });
  if (keys.data === undefined) return null;
  return (
    <section className={styles['section']} aria-labelledby="signing-keys">
      <header className={styles['sectionHead']}>
        <Title order={2} id="signing-keys">
          Signing keys
        </Title>
        {me.role === 'admin' && (
          <Button
            size="sm"
            variant="default"
            loading={rotate.isPending}
            onClick={() => {
              ask({
                title: 'Make a new key?',
                text: 'Badges are signed with it from now on. Those that older keys signed stay good. After a leak, revoke what the leaked key may have signed.',
                confirm: 'Make a new key',
                onConfirm: () => {
                  rotate.mutate(undefined);
                },
              });
            }}
          >
            Make a new key
          </Button>
        )}
      </header>
      <div className={table['frame']}>
        <table className={table['table']}>
          <thead>
            <tr>
              <th scope="col">Key</th>
              <th scope="col">State</th>
              <th scope="col">Made</th>
              <th scope="col">Signed</th>
            </tr>
          </thead>
          <tbody>
            {keys.data.map((key) => (
              <tr key={key.id}>
                <td data-label="Key">
                  <code>{key.id.slice(0, 16)}…</code>
                </td>
                <td data-label="State">
                  <StatusTag tone={key.retiredAt === null ? 'pass' : 'quiet'}>
                    {key.retiredAt === null ? 'Signs' : 'Verifies only'}
                  </StatusTag>
                </td>
                <td data-label="Made" className={table['quiet']}>
                  <Instant at={key.createdAt} />
                </td>
                <td data-label="Signed">{countOf(key.badges, 'badge')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
