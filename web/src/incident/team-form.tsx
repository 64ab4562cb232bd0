import { ActionIcon, Button, Group, NativeSelect, Stack, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useId, useState, type SubmitEvent } from 'react';
import type { AttemptView } from '../../../server/contract/attempts.ts';
import type { LabView } from '../../../server/contract/labs.ts';
import { startTeamSchema } from '../../../server/contract/teams.ts';
import { startAttempt } from '../api/attempts-api.ts';
import { fetchTeamMates } from '../api/incident-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useAct } from '../parts/use-act.ts';
import styles from './incident.module.css';
import { ROLE_DUTIES, ROLE_LABELS } from './role-words.ts';
import { memberOf, rowsFor, type PlayerRole, type TeamRow } from './team-rows.ts';

/** What explains a choice stands below it, or two choices side by side would not line up. */
const BELOW: ('label' | 'input' | 'description')[] = ['label', 'input', 'description'];

interface Props {
  readonly lab: LabView;
  /** An instructor's choice; empty: the seed decides. */
  readonly fault: string;
  readonly onStarted: (attempt: AttemptView) => void;
}

export function openTeamForm({ lab, fault, onStarted }: Props): void {
  const modalId = modals.open({
    title: `${lab.title}, as a team`,
    size: 'lg',
    children: (
      <TeamForm
        lab={lab}
        fault={fault}
        onStarted={(attempt) => {
          modals.close(modalId);
          onStarted(attempt);
        }}
      />
    ),
  });
}

function TeamForm({ lab, fault, onStarted }: Props) {
  const mates = useQuery({ queryKey: ['team-mates'], queryFn: ({ signal }) => fetchTeamMates(signal) }).data ?? [];
  const matesId = useId();
  const [own, setOwn] = useState<PlayerRole>(lab.team[0]?.role ?? 'commander');
  const [rows, setRows] = useState<readonly TeamRow[]>(() => rowsFor(lab.team, own, []));
  const [mode, setMode] = useState('incident');
  const [problem, setProblem] = useState<string | undefined>();
  const start = useAct(startAttempt, {
    onDone: (attempt) => {
      onStarted(attempt);
      return undefined;
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const team = startTeamSchema.safeParse({ role: own, members: rows.map((row) => memberOf(row, mates)) });
    const at = team.error?.issues.find(({ path }) => path[0] === 'members')?.path[1];
    setProblem(
      team.success
        ? undefined
        : `Say who is ${ROLE_LABELS[rows[Number(at ?? 0)]?.role ?? 'expert'].toLowerCase()}: a team mate’s name, or an address.`,
    );
    if (team.success) {
      start.mutate({
        lab: lab.slug,
        mode: mode === 'guided' ? 'guided' : 'incident',
        team: team.data,
        ...(fault === '' ? {} : { fault }),
      });
    }
  };
  const choose = (role: PlayerRole): void => {
    setOwn(role);
    setRows(rowsFor(lab.team, role, rows));
  };
  const change = (index: number, row: TeamRow): void => {
    setProblem(undefined);
    setRows(rows.map((other, at) => (at === index ? row : other)));
  };
  const roleData = lab.team.map(({ role }) => ({ value: role, label: ROLE_LABELS[role] }));
  const room = lab.team.reduce((sum, { max }) => sum + max, 0);
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <p className={styles['quiet']}>One sandbox for all of you. Each finds it under Labs; the verdict counts for everybody who comes.</p>
        <Group grow align="start">
          <NativeSelect
            label="You are"
            inputWrapperOrder={BELOW}
            description={ROLE_DUTIES[own]}
            value={own}
            data={roleData}
            onChange={(event) => {
              choose(event.currentTarget.value as PlayerRole);
            }}
            data-autofocus
          />
          <NativeSelect
            label="Begin with"
            inputWrapperOrder={BELOW}
            description={mode === 'guided' ? 'Built together first, then it breaks.' : 'It is built, and breaks at once.'}
            value={mode}
            data={[
              { value: 'incident', label: 'The incident' },
              { value: 'guided', label: 'The guided steps' },
            ]}
            onChange={(event) => {
              setMode(event.currentTarget.value);
            }}
          />
        </Group>
        {rows.map((row, index) => (
          <div key={index} className={styles['teamRow']}>
            <NativeSelect
              aria-label={`Role of person ${index + 2}`}
              value={row.role}
              data={roleData}
              onChange={(event) => {
                change(index, { ...row, role: event.currentTarget.value as PlayerRole });
              }}
            />
            <TextInput
              aria-label={`Person ${index + 2}, ${ROLE_LABELS[row.role].toLowerCase()}`}
              placeholder="A team mate, or an e-mail address"
              list={matesId}
              autoComplete="off"
              value={row.who}
              onChange={(event) => {
                change(index, { ...row, who: event.currentTarget.value });
              }}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={`Leave person ${index + 2} out`}
              onClick={() => {
                setRows(rows.filter((_, at) => at !== index));
              }}
            >
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          </div>
        ))}
        <datalist id={matesId}>
          {mates.map(({ id, name }) => (
            <option key={id} value={name} />
          ))}
        </datalist>
        {rows.length + 1 < room && (
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<IconPlus size={15} aria-hidden />}
            className={styles['addRow'] ?? ''}
            onClick={() => {
              setRows([...rows, { role: lab.team.find(({ max, min }) => max > min)?.role ?? own, who: '' }]);
            }}
          >
            One more person
          </Button>
        )}
        {problem !== undefined && (
          <p role="alert" className={styles['problem']}>
            {problem}
          </p>
        )}
        {start.isError && <ErrorNotice error={start.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={start.isPending}>
            Start together
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
