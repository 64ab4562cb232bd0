import { Button, Popover } from '@mantine/core';
import { IconUsers } from '@tabler/icons-react';
import { useState } from 'react';
import type { AttemptView } from '../../../server/contract/attempts.ts';
import type { TeamMember } from '../../../server/contract/teams.ts';
import { handOver } from '../api/incident-api.ts';
import { ask } from '../parts/ask.ts';
import { useAct } from '../parts/use-act.ts';
import { useMe } from '../session/me.ts';
import { useAdoptAttempt } from '../lab/use-attempt.ts';
import styles from './incident.module.css';
import { memberIn, useRights } from './rights.ts';
import { ROLE_DUTIES, ROLE_LABELS } from './role-words.ts';
import { AskSomebody, LeaveTeam } from './team-changes.tsx';
import { usePresence } from './use-presence.ts';

/** Who is in the team, as what, and who is here; roles change hands from here. */
export function TeamButton({ attempt }: { readonly attempt: AttemptView }) {
  const [opened, setOpened] = useState(false);
  const me = useMe();
  const present = usePresence(attempt.id);
  const isHere = (id: string): boolean => present.some(({ person }) => person.id === id);
  const here = attempt.members.filter(({ person }) => isHere(person.id)).length;
  const watching = present.filter(({ role }) => role === null);
  const own = memberIn(attempt, me.id);
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" withArrow width={320} trapFocus>
      <Popover.Target>
        <Button
          size="compact-sm"
          variant="default"
          className={styles['teamButton'] ?? ''}
          leftSection={<IconUsers size={15} aria-hidden />}
          aria-expanded={opened}
          aria-label={`Team: ${own === undefined ? '' : `you are ${ROLE_LABELS[own.role].toLowerCase()}, `}${here} of ${attempt.members.length} here`}
          data-testid="team"
          data-here={here}
          onClick={() => {
            setOpened(!opened);
          }}
        >
          {own !== undefined && <span className={styles['ownRole']}>{ROLE_LABELS[own.role]}</span>} {here}/{attempt.members.length}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        {own !== undefined && <p className={styles['duty']}>You: {ROLE_DUTIES[own.role]}</p>}
        <ul className={styles['members']}>
          {attempt.members.map((member) => (
            <Member key={member.person.id} attempt={attempt} member={member} isHere={isHere(member.person.id)} />
          ))}
        </ul>
        <AskSomebody attempt={attempt} />
        {own !== undefined && own.role !== 'commander' && attempt.incidentStartedAt === null && attempt.endedAt === null && (
          <LeaveTeam attempt={attempt} />
        )}
        {watching.length > 0 && <p className={styles['quiet']}>Watching: {watching.map(({ person }) => person.name).join(', ')}</p>}
      </Popover.Dropdown>
    </Popover>
  );
}

function Member({ attempt, member, isHere }: { readonly attempt: AttemptView; readonly member: TeamMember; readonly isHere: boolean }) {
  const me = useMe();
  const adopt = useAdoptAttempt();
  const own = memberIn(attempt, me.id);
  const mayHandOver =
    useRights(attempt).has('hand-over') && own !== undefined && own !== member && own.role !== member.role && attempt.endedAt === null;
  const swap = useAct(() => handOver(attempt.id, { from: me.id, to: member.person.id }), {
    onDone: (changed) => {
      adopt(changed);
      return `${member.person.name} is ${ROLE_LABELS[own?.role ?? 'solo'].toLowerCase()} now, and you are ${ROLE_LABELS[member.role].toLowerCase()}.`;
    },
  });
  return (
    <li className={styles['member']} data-testid="team-member" data-role={member.role} data-here={isHere}>
      <span className={styles['dot']} data-here={isHere} aria-hidden />
      <span className={styles['memberWords']}>
        <strong>{member.person.name}</strong>
        <span className={styles['quiet']}>
          {ROLE_LABELS[member.role]}, {isHere ? 'here' : member.joinedAt === null ? 'has not come yet' : 'away'}
        </span>
      </span>
      {mayHandOver && (
        <Button
          size="compact-xs"
          variant="default"
          loading={swap.isPending}
          onClick={() => {
            ask({
              title: `Swap roles with ${member.person.name}?`,
              text: `${member.person.name} becomes ${ROLE_LABELS[own.role].toLowerCase()}, and you become ${ROLE_LABELS[member.role].toLowerCase()}.`,
              confirm: 'Swap roles',
              onConfirm: () => {
                swap.mutate(undefined);
              },
            });
          }}
        >
          Swap
        </Button>
      )}
    </li>
  );
}
