import { ActionIcon, Menu, NativeSelect, VisuallyHidden } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import type { Person } from '../../../server/contract/people.ts';
import { roleSchema, type AccountRole } from '../../../server/contract/roles.ts';
import { createLink, updatePerson } from '../api/people-api.ts';
import { Ago } from '../parts/ago.tsx';
import { ask } from '../parts/ask.ts';
import table from '../parts/data-table.module.css';
import { StatusTag, type Tone } from '../parts/status-tag.tsx';
import { useAct } from '../parts/use-act.ts';
import { useMe } from '../session/me.ts';
import { ROLE_LABELS } from '../session/permissions.ts';
import { openInvitationLink } from './invitation-link.tsx';

const STATES: Record<Person['state'], { readonly tone: Tone; readonly label: string }> = {
  invited: { tone: 'warn', label: 'Invited' },
  active: { tone: 'pass', label: 'Active' },
  disabled: { tone: 'quiet', label: 'Disabled' },
};

export function PeopleTable({ people }: { readonly people: readonly Person[] }) {
  return (
    <div className={table['frame']}>
      <table className={table['table']}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Email</th>
            <th scope="col">Role</th>
            <th scope="col">State</th>
            <th scope="col">Cohorts</th>
            <th scope="col">Last seen</th>
            <th scope="col">
              <VisuallyHidden>Actions</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <PersonRow key={person.id} person={person} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function PersonRow({ person }: { readonly person: Person }) {
  const own = useMe().id === person.id;
  const { tone, label } = STATES[person.state];
  const actions = usePersonActions(person);
  return (
    <tr data-testid="person-row" data-email={person.email}>
      <td data-label="Name">{person.name}</td>
      <td data-label="Email">{person.email}</td>
      <td data-label="Role">
        {own ? (
          ROLE_LABELS[person.role]
        ) : (
          <NativeSelect
            size="xs"
            aria-label={`Role of ${person.name}`}
            value={person.role}
            data={roleSchema.options.map((role) => ({ value: role, label: ROLE_LABELS[role] }))}
            onChange={(event) => {
              actions.askRole(roleSchema.parse(event.currentTarget.value));
            }}
          />
        )}
      </td>
      <td data-label="State">
        <span>
          <StatusTag tone={tone}>{label}</StatusTag>
        </span>
      </td>
      <td data-label="Cohorts">{person.cohorts.map(({ name }) => name).join(', ') || '–'}</td>
      <td data-label="Last seen" className={table['quiet']}>
        {person.lastSeenAt === null ? 'never' : <Ago at={person.lastSeenAt} />}
      </td>
      <td>
        <div className={table['actions']}>
          <Menu position="bottom-end" width={220}>
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={`More for ${person.name}`}>
                <IconDots size={16} aria-hidden />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={actions.askLink}>New link to set a password</Menu.Item>
              {!own && (
                <Menu.Item {...(person.state === 'disabled' ? {} : { color: 'red' })} onClick={actions.askToggle}>
                  {person.state === 'disabled' ? 'Enable again' : 'Disable'}
                </Menu.Item>
              )}
            </Menu.Dropdown>
          </Menu>
        </div>
      </td>
    </tr>
  );
}

function usePersonActions(person: Person) {
  const client = useQueryClient();
  const refresh = (): undefined => {
    void client.invalidateQueries({ queryKey: ['people'] });
    return undefined;
  };
  const update = useAct((change: { role?: AccountRole; disabled?: boolean }) => updatePerson(person.id, change), {
    onDone: (changed) => {
      refresh();
      return `${changed.name} is changed.`;
    },
  });
  const link = useAct(() => createLink(person.id), {
    onDone: (invitation) => {
      refresh();
      openInvitationLink(invitation);
      return undefined;
    },
  });
  return {
    askRole: (role: AccountRole): void => {
      ask({
        title: `Make ${person.name} ${ROLE_LABELS[role].toLowerCase()}?`,
        text: 'They are signed out everywhere and sign in again with their new role.',
        confirm: 'Change the role',
        onConfirm: () => {
          update.mutate({ role });
        },
      });
    },
    askLink: (): void => {
      ask({
        title: `New link for ${person.name}?`,
        text: 'Links made for them before stop working. Their password stays until the new link is used.',
        confirm: 'Make the link',
        onConfirm: () => {
          link.mutate();
        },
      });
    },
    askToggle: (): void => {
      if (person.state === 'disabled') {
        update.mutate({ disabled: false });
        return;
      }
      ask({
        title: `Disable ${person.name}?`,
        text: 'They are signed out everywhere and cannot sign in. Their results stay. You can enable them again.',
        confirm: 'Disable',
        danger: true,
        onConfirm: () => {
          update.mutate({ disabled: true });
        },
      });
    },
  };
}
