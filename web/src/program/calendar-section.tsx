import { Button, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { fetchCalendarLink, renewCalendarLink, revokeCalendarLink } from '../api/training-api.ts';
import { Ago } from '../parts/ago.tsx';
import { ask } from '../parts/ask.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { showOnce } from '../parts/shown-once.tsx';
import { useAct } from '../parts/use-act.ts';
import styles from './training.module.css';

/** The secret link by which a calendar program reads what is due. */
export function CalendarSection() {
  const client = useQueryClient();
  const link = useQuery({ queryKey: ['calendar'], queryFn: ({ signal }) => fetchCalendarLink(signal) });
  const refresh = (): void => void client.invalidateQueries({ queryKey: ['calendar'] });
  const renew = useAct(renewCalendarLink, {
    onDone: ({ url }) => {
      refresh();
      showOnce({
        title: 'Link to your calendar',
        text: 'Subscribe to it in your calendar program. Whoever has it reads your due dates and drills, so keep it to yourself. It is shown this once; when it is lost, make a new one.',
        label: 'Link',
        value: url,
      });
      return undefined;
    },
  });
  const revoke = useAct(revokeCalendarLink, {
    onDone: () => {
      refresh();
      return 'The link has ended.';
    },
  });
  const held = link.data?.link ?? null;
  return (
    <section className={styles['section']} aria-labelledby="calendar">
      <Title order={2} id="calendar">
        Calendar
      </Title>
      {link.isError && <ErrorNotice error={link.error} onRetry={() => void link.refetch()} />}
      <div className={styles['card']}>
        <p className={styles['quiet']}>
          {held === null ? (
            'Due dates, drills and expiries in your own calendar program, by a secret link.'
          ) : (
            <>
              Your calendar has a link; it was {held.lastFetchedAt === null ? 'never fetched yet' : <FetchedAgo at={held.lastFetchedAt} />}.
            </>
          )}
        </p>
        <span className={styles['buttons']}>
          <Button
            size="xs"
            variant="default"
            loading={renew.isPending}
            onClick={() => {
              if (held === null) renew.mutate(undefined);
              else
                ask({
                  title: 'Make a new link?',
                  text: 'The present one ends at once: calendars that use it get nothing new.',
                  confirm: 'Make a new link',
                  onConfirm: () => {
                    renew.mutate(undefined);
                  },
                });
            }}
          >
            {held === null ? 'Make a link' : 'Make a new link'}
          </Button>
          {held !== null && (
            <Button
              size="xs"
              variant="default"
              loading={revoke.isPending}
              onClick={() => {
                revoke.mutate(undefined);
              }}
            >
              End the link
            </Button>
          )}
        </span>
      </div>
    </section>
  );
}

function FetchedAgo({ at }: { readonly at: string }) {
  return (
    <>
      last fetched <Ago at={at} />
    </>
  );
}
