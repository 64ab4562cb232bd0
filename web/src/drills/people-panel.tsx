import { Button, Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { drillRoleSchema, type DrillView } from '../../../server/contract/drills.ts';
import { fetchDrillPeople } from '../api/drills-api.ts';
import { ROLE_LABELS } from '../incident/role-words.ts';
import { StatusTag, type Tone } from '../parts/status-tag.tsx';
import styles from './drills.module.css';
import { Panel } from './panel.tsx';
import type { Moves } from './use-drill.ts';

const PRESENCE: Record<DrillView['members'][number]['presence'], { readonly tone: Tone; readonly label: string }> = {
  here: { tone: 'pass', label: 'Here' },
  away: { tone: 'fail', label: 'Away' },
  'not-yet': { tone: 'quiet', label: 'Not here yet' },
};

/** Who plays what, and who is in the room. */
export function PeoplePanel({ drill, moves }: { readonly drill: DrillView; readonly moves: Moves }) {
  const runs = drill.me.rights.includes('run') && drill.state !== 'ended';
  return (
    <Panel title="People" actions={runs ? <AddPerson drill={drill} moves={moves} /> : undefined}>
      <ul className={styles['people']}>
        {drill.members.map((member) => (
          <li key={member.person.id} className={styles['person']} data-testid="member" data-presence={member.presence}>
            <span className={styles['personName']}>
              {member.person.name}
              <span className={styles['quiet']}> {ROLE_LABELS[member.role]}</span>
            </span>
            <StatusTag tone={PRESENCE[member.presence].tone}>{PRESENCE[member.presence].label}</StatusTag>
            {runs && <MemberMenu member={member} moves={moves} />}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function MemberMenu({ member, moves }: { readonly member: DrillView['members'][number]; readonly moves: Moves }) {
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <Button size="compact-xs" variant="subtle" color="gray" aria-label={`Role of ${member.person.name}`}>
          <IconDots size={16} aria-hidden />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Give the role</Menu.Label>
        {drillRoleSchema.options
          .filter((role) => role !== member.role)
          .map((role) => (
            <Menu.Item key={role} onClick={() => moves.make({ move: 'give-role', personId: member.person.id, role })}>
              {ROLE_LABELS[role]}
            </Menu.Item>
          ))}
        <Menu.Divider />
        <Menu.Item onClick={() => moves.make({ move: 'take-part-away', personId: member.person.id })}>Take the part away</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Somebody who joins late comes as an observer, and is given a role then. */
function AddPerson({ drill, moves }: { readonly drill: DrillView; readonly moves: Moves }) {
  const people = useQuery({ queryKey: ['drill-people'], queryFn: ({ signal }) => fetchDrillPeople(signal) });
  const others = (people.data ?? []).filter(({ id }) => !drill.members.some(({ person }) => person.id === id));
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <Button size="compact-xs" variant="default" disabled={others.length === 0}>
          Add
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflowY: 'auto' }}>
        <Menu.Label>As observer</Menu.Label>
        {others.map(({ id, name }) => (
          <Menu.Item key={id} onClick={() => moves.make({ move: 'give-role', personId: id, role: 'observer' })}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
