import { Button } from '@mantine/core';
import { IconUserPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { fetchPeople } from '../api/people-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { countOf } from '../parts/format.ts';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { openInviteForm } from './invite-form.tsx';
import { PeopleTable } from './people-table.tsx';

export function PeoplePage() {
  const people = useQuery({ queryKey: ['people'], queryFn: ({ signal }) => fetchPeople(signal) });
  const invited = people.data?.filter(({ state }) => state === 'invited').length ?? 0;
  return (
    <Page
      title="People"
      lead={
        people.data === undefined
          ? undefined
          : `${countOf(people.data.length, 'person', 'people')}, ${countOf(invited, 'invitation')} not yet taken up`
      }
      actions={
        <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={openInviteForm}>
          Invite somebody
        </Button>
      }
    >
      {people.isError && <ErrorNotice error={people.error} onRetry={() => void people.refetch()} />}
      {people.data === undefined && !people.isError && <Waiting what="the people" rows={6} rowHeight={40} />}
      {people.data !== undefined && <PeopleTable people={people.data} />}
    </Page>
  );
}
