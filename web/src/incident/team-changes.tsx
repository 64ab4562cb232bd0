import { Button, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { useNavigate } from 'react-router';
import type { AttemptView } from '../../../server/contract/attempts.ts';
import type { NamedMember } from '../../../server/contract/teams.ts';
import { fetchTeamMates, inviteToTeam, leaveTeam } from '../api/incident-api.ts';
import { useAdoptAttempt } from '../lab/use-attempt.ts';
import { ask } from '../parts/ask.ts';
import { useAct } from '../parts/use-act.ts';
import styles from './incident.module.css';
import { useRights } from './rights.ts';
import { ROLE_LABELS } from './role-words.ts';

const ROLES: readonly NamedMember['role'][] = ['expert', 'customer-liaison', 'internal-liaison', 'scribe', 'deputy', 'commander'];

/** Out of the team before the incident; the server says why not, when it is too late. */
export function LeaveTeam({ attempt }: { readonly attempt: AttemptView }) {
  const navigate = useNavigate();
  const leave = useAct(() => leaveTeam(attempt.id), {
    onDone: () => {
      void navigate('/');
      return 'You have no part in this attempt any more.';
    },
  });
  return (
    <Button
      size="compact-sm"
      variant="default"
      loading={leave.isPending}
      onClick={() => {
        ask({
          title: 'Leave the team?',
          text: 'Your role is open then, until the commander asks somebody else. The attempt does not count for you.',
          confirm: 'Leave it',
          danger: true,
          onConfirm: () => {
            leave.mutate(undefined);
          },
        });
      }}
    >
      Leave the team
    </Button>
  );
}

/** Somebody for a role that nobody has any more: for those who hand roles over. */
export function AskSomebody({ attempt }: { readonly attempt: AttemptView }) {
  const adopt = useAdoptAttempt();
  const [personId, setPersonId] = useState('');
  const [role, setRole] = useState<NamedMember['role']>('expert');
  const mates = useQuery({ queryKey: ['team-mates'], queryFn: ({ signal }) => fetchTeamMates(signal) }).data ?? [];
  const others = mates.filter(({ id }) => !attempt.members.some(({ person }) => person.id === id));
  const invite = useAct((wanted: NamedMember) => inviteToTeam(attempt.id, wanted), {
    onDone: (changed) => {
      adopt(changed);
      setPersonId('');
      return undefined;
    },
  });
  const mayAsk = useRights(attempt).has('hand-over') && attempt.endedAt === null && others.length > 0;
  if (!mayAsk) return null;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (personId !== '') invite.mutate({ personId, role });
  };
  return (
    <form onSubmit={submit} className={styles['askSomebody']} aria-label="Ask somebody to take an open role">
      <NativeSelect
        size="xs"
        aria-label="Whom to ask"
        value={personId}
        onChange={(event) => setPersonId(event.currentTarget.value)}
        data={[{ value: '', label: 'Ask somebody…' }, ...others.map(({ id, name }) => ({ value: id, label: name }))]}
      />
      <NativeSelect
        size="xs"
        aria-label="Which role"
        value={role}
        onChange={(event) => {
          const chosen = ROLES.find((known) => known === event.currentTarget.value);
          if (chosen !== undefined) setRole(chosen);
        }}
        data={ROLES.map((value) => ({ value, label: ROLE_LABELS[value] }))}
      />
      <Button type="submit" size="compact-sm" variant="default" loading={invite.isPending} disabled={personId === ''}>
        Ask
      </Button>
    </form>
  );
}
