import { Button, TextInput } from '@mantine/core';
import { IconDownload, IconGauge } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Measurements } from '../../../server/contract/measurements.ts';
import { measurementsCsvPath, startMeasurement } from '../api/measurements-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { countOf } from '../parts/format.ts';
import { useAct } from '../parts/use-act.ts';
import styles from './measurements.module.css';
import { isRunning, measurementsKey } from './use-measurements.ts';
import { WorkloadSection } from './workload-section.tsx';

/** Everything that was measured in an attempt, workload by workload, and a button to measure again. */
export function MeasurementsTab({ attemptId, data }: { readonly attemptId: string; readonly data: Measurements }) {
  return (
    <div className={styles['tab']}>
      {data.mayMeasure && <MeasureForm attemptId={attemptId} data={data} />}
      {data.runs.length === 0 ? (
        <EmptyState title="Nothing was measured yet">
          {data.mayMeasure
            ? 'Measure once before you change anything: without a first figure no later one says anything.'
            : 'Runs appear here when whoever works in the attempt has measured.'}
        </EmptyState>
      ) : (
        <>
          {data.workloads.map((workload) => (
            <WorkloadSection key={workload.id} workload={workload} runs={data.runs} />
          ))}
          <Button
            component="a"
            href={measurementsCsvPath(attemptId)}
            download
            variant="default"
            size="xs"
            leftSection={<IconDownload size={15} aria-hidden />}
          >
            Download as CSV
          </Button>
        </>
      )}
    </div>
  );
}

function MeasureForm({ attemptId, data }: { readonly attemptId: string; readonly data: Measurements }) {
  const client = useQueryClient();
  const [label, setLabel] = useState('');
  const measure = useAct(() => startMeasurement(attemptId, label.trim()), {
    onDone: (run) => {
      setLabel('');
      client.setQueryData<Measurements>(measurementsKey(attemptId), (known) =>
        known === undefined
          ? known
          : { ...known, runs: [...known.runs.filter(({ number }) => number !== run.number), run], left: known.left - 1 },
      );
      return undefined;
    },
  });
  const running = isRunning(data);
  return (
    <form
      className={styles['form']}
      onSubmit={(event) => {
        event.preventDefault();
        measure.mutate(undefined);
      }}
    >
      <TextInput
        className={styles['label'] ?? ''}
        label="What did you change?"
        placeholder={data.runs.length === 0 ? 'nothing yet' : 'such as: a smaller model'}
        maxLength={60}
        value={label}
        onChange={(event) => {
          setLabel(event.currentTarget.value);
        }}
      />
      <Button
        type="submit"
        leftSection={<IconGauge size={16} aria-hidden />}
        loading={running || measure.isPending}
        disabled={data.left === 0}
      >
        Measure now
      </Button>
      <p className={styles['hint']} role="status">
        {running
          ? 'Traffic is on its way, as users would send it. This takes about a quarter of a minute.'
          : `${countOf(data.left, 'run')} left. `}
        {!running && 'The grader’s own prober measures, from outside; its questions are others each time.'}
      </p>
    </form>
  );
}
