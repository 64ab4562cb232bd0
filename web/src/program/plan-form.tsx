import { Button, Group, NativeSelect, NumberInput, Stack, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { trackSchema } from '../../../server/contract/labs.ts';
import { metricIdSchema, TRACK_LABELS, type MetricId, type Programme, type SaveProgramme } from '../../../server/contract/program.ts';
import { fetchCatalogue } from '../api/attempts-api.ts';
import { saveProgramme } from '../api/program-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useAct } from '../parts/use-act.ts';
import { Waiting } from '../parts/waiting.tsx';
import { CurriculumFields } from './curriculum-fields.tsx';
import styles from './program.module.css';

const METRIC_LABELS: Readonly<Record<MetricId, string>> = {
  completion: 'Training completion, %',
  passed: 'Labs passed, %',
  recovery: 'Incident recovery, minutes',
  cost: 'Cost of 1,000 requests, $',
  'change-failures': 'Changes that fail, %',
  tickets: 'Tickets a month',
};

export function openPlanForm(programme: Programme): void {
  const modalId = modals.open({
    title: `Programme of ${programme.cohort.name}`,
    size: 'lg',
    children: (
      <PlanForm
        programme={programme}
        onDone={() => {
          modals.close(modalId);
        }}
      />
    ),
  });
}

function PlanForm({ programme, onDone }: { readonly programme: Programme; readonly onDone: () => void }) {
  const client = useQueryClient();
  const labs = useQuery({ queryKey: ['labs'], queryFn: ({ signal }) => fetchCatalogue(signal) });
  const [day, setDay] = useState((programme.startsAt ?? new Date().toISOString()).slice(0, 10));
  const [track, setTrack] = useState(programme.track);
  const [team, setTeam] = useState(programme.team ?? '');
  const [curriculum, setCurriculum] = useState<SaveProgramme['curriculum']>(programme.curriculum);
  const [baselines, setBaselines] = useState(programme.baselines);
  const [targets, setTargets] = useState(programme.targets);
  const save = useAct((plan: SaveProgramme) => saveProgramme(programme.cohort.id, plan), {
    onDone: () => {
      void client.invalidateQueries({ queryKey: ['programmes'] });
      void client.invalidateQueries({ queryKey: ['figures'] });
      onDone();
      return `The programme of ${programme.cohort.name} is planned.`;
    },
  });
  if (labs.data === undefined)
    return labs.isError ? <ErrorNotice error={labs.error} onRetry={() => void labs.refetch()} /> : <Waiting what="the labs" rows={3} />;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    save.mutate({
      startsAt: new Date(`${day}T00:00:00Z`).toISOString(),
      track,
      team: team.trim() === '' ? null : team,
      curriculum,
      baselines,
      targets,
    });
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <div className={styles['pair']}>
          <TextInput
            type="date"
            label="First day"
            value={day}
            onChange={(event) => {
              setDay(event.currentTarget.value);
            }}
            data-autofocus
          />
          <NativeSelect
            label="Track"
            value={track ?? ''}
            onChange={(event) => {
              const chosen = trackSchema.safeParse(event.currentTarget.value);
              setTrack(chosen.success ? chosen.data : null);
            }}
            data={[{ value: '', label: 'None' }, ...trackSchema.options.map((value) => ({ value, label: TRACK_LABELS[value] }))]}
          />
        </div>
        <TextInput
          label="Team"
          description="As the imported tickets and changes name it; empty: theirs are not counted."
          value={team}
          onChange={(event) => {
            setTeam(event.currentTarget.value);
          }}
        />
        <CurriculumFields labs={labs.data.labs} curriculum={curriculum} onChange={setCurriculum} />
        <fieldset className={styles['group']}>
          <legend>Where it begins, and where it should go</legend>
          {metricIdSchema.options.map((metric) => (
            <div key={metric} className={styles['metric']}>
              <span>{METRIC_LABELS[metric]}</span>
              <OptionalNumber
                label={`${METRIC_LABELS[metric]}: before`}
                placeholder="Before"
                value={baselines[metric]}
                onChange={(value) => {
                  setBaselines(without({ ...baselines, [metric]: value }));
                }}
              />
              <OptionalNumber
                label={`${METRIC_LABELS[metric]}: aim`}
                placeholder="Aim"
                value={targets[metric]}
                onChange={(value) => {
                  setTargets(without({ ...targets, [metric]: value }));
                }}
              />
            </div>
          ))}
          <p className={styles['hint']}>Empty: what was measured in the thirty days before, and the published aims.</p>
        </fieldset>
        {save.isError && <ErrorNotice error={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending} disabled={day === ''}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface NumberProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: number | undefined;
  readonly onChange: (value: number | undefined) => void;
}

function OptionalNumber({ label, placeholder, value, onChange }: NumberProps) {
  return (
    <NumberInput
      aria-label={label}
      placeholder={placeholder}
      size="xs"
      min={0}
      max={1_000_000}
      value={value ?? ''}
      onChange={(next) => {
        onChange(next === '' ? undefined : Number(next));
      }}
    />
  );
}

function without(numbers: Readonly<Partial<Record<MetricId, number | undefined>>>): Partial<Record<MetricId, number>> {
  return Object.fromEntries(Object.entries(numbers).filter((entry): entry is [MetricId, number] => entry[1] !== undefined));
}
