import { Button, Group, NativeSelect, Stack, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { invitePersonSchema } from '../../../server/contract/people.ts';
import { roleSchema } from '../../../server/contract/roles.ts';
import { ApiError } from '../api/api-error.ts';
import { fetchCohorts, invitePerson } from '../api/people-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useAct } from '../parts/use-act.ts';
import { ROLE_LABELS } from '../session/permissions.ts';
import { openInvitationLink } from './invitation-link.tsx';

export function openInviteForm(): void {
  const modalId = modals.open({
    title: 'Invite somebody',
    children: (
      <InviteForm
        onDone={() => {
          modals.close(modalId);
        }}
      />
    ),
  });
}

interface Problems {
  readonly email?: string | undefined;
  readonly name?: string | undefined;
}

function InviteForm({ onDone }: { readonly onDone: () => void }) {
  const client = useQueryClient();
  const cohorts = useQuery({ queryKey: ['cohorts'], queryFn: ({ signal }) => fetchCohorts(signal) });
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState('trainee');
  const [cohortId, setCohortId] = useState('');
  const [problems, setProblems] = useState<Problems>({});
  const invite = useAct(invitePerson, {
    onDone: (invitation) => {
      void client.invalidateQueries({ queryKey: ['people'] });
      onDone();
      openInvitationLink(invitation);
      return undefined;
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const checked = invitePersonSchema.safeParse({ email: email.trim(), name, role, ...(cohortId === '' ? {} : { cohortId }) });
    const issues = checked.error?.issues ?? [];
    setProblems({
      email: issues.some(({ path }) => path[0] === 'email') ? 'An e-mail address, as in ada@example.com' : undefined,
      name: issues.find(({ path }) => path[0] === 'name')?.message,
    });
    if (checked.success) invite.mutate(checked.data);
  };
  const refused = invite.error instanceof ApiError ? invite.error : null;
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <TextInput
          label="Email"
          type="email"
          value={email}
          error={problems.email ?? refused?.issueAt('email')}
          onChange={(event) => {
            setEmail(event.currentTarget.value);
          }}
          data-autofocus
        />
        <TextInput
          label="Name"
          value={name}
          error={problems.name ?? refused?.issueAt('name')}
          onChange={(event) => {
            setName(event.currentTarget.value);
          }}
        />
        <NativeSelect
          label="Role"
          value={role}
          data={roleSchema.options.map((value) => ({ value, label: ROLE_LABELS[value] }))}
          onChange={(event) => {
            setRole(event.currentTarget.value);
          }}
        />
        <NativeSelect
          label="Cohort"
          value={cohortId}
          data={[{ value: '', label: 'None yet' }, ...(cohorts.data ?? []).map((cohort) => ({ value: cohort.id, label: cohort.name }))]}
          onChange={(event) => {
            setCohortId(event.currentTarget.value);
          }}
        />
        {refused !== null && <ErrorNotice error={refused} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" loading={invite.isPending}>
            Make the invitation
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
