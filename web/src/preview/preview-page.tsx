import { Button, NativeSelect, TextInput } from '@mantine/core';
import { IconDice5 } from '@tabler/icons-react';
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { previewSchema, type Preview } from '../../../server/contract/preview.ts';
import { requestJson } from '../api/http.ts';
import { LabProblems } from '../catalogue/lab-problems.tsx';
import { notifyDone } from '../parts/notify.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { RunCommandContext } from '../lab/run-command.ts';
import { PreviewBeside } from './preview-beside.tsx';
import { PreviewSteps } from './preview-steps.tsx';
import styles from './preview.module.css';

/** How soon an edit shows. */
const LOOK_EVERY_MS = 1_000;

/** A lab as its trainees will see it, for its author: any seed, any fault, and anew whenever a file changes. */
export function PreviewPage() {
  const [seed, setSeed] = useState('preview');
  const [fault, setFault] = useState('');
  const client = useQueryClient();
  const queryKey = ['preview', seed, fault];
  const preview = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const query = new URLSearchParams({ seed, fault }).toString();
      const fresh = await requestJson('GET', `/api/preview?${query}`, previewSchema, { signal });
      // A lab that is half written stays as it last was, beside what is wrong with it now.
      return { ...fresh, lab: fresh.lab ?? client.getQueryData<Preview>(queryKey)?.lab ?? null };
    },
    refetchInterval: LOOK_EVERY_MS,
    placeholderData: keepPreviousData,
  });
  const lab = preview.data?.lab ?? null;
  const problems = preview.data?.problems ?? [];
  return (
    <main>
      <Page
        title={lab === null ? 'Preview' : `Preview: ${lab.title}`}
        width="wide"
        lead={lab === null ? undefined : `${lab.slug} ${lab.version}`}
      >
        <form
          className={styles['choices']}
          onSubmit={(event) => {
            event.preventDefault();
          }}
        >
          <TextInput
            size="xs"
            label="Seed"
            value={seed}
            maxLength={100}
            onChange={(event) => {
              setSeed(event.currentTarget.value);
            }}
          />
          <Button
            size="xs"
            variant="default"
            leftSection={<IconDice5 size={16} aria-hidden />}
            onClick={() => {
              setSeed(crypto.randomUUID().slice(0, 8));
            }}
          >
            Another seed
          </Button>
          <NativeSelect
            size="xs"
            label="Fault"
            value={fault}
            data={[
              { value: '', label: 'As the seed has it' },
              ...(lab?.faults ?? []).map(({ id, title }) => ({ value: id, label: title })),
            ]}
            onChange={(event) => {
              setFault(event.currentTarget.value);
            }}
          />
        </form>
        {preview.isError && <ErrorNotice error={preview.error} onRetry={() => void preview.refetch()} />}
        {problems.length > 0 && <LabProblems problems={problems} />}
        {lab === null ? (
          preview.data === undefined && !preview.isError && <Waiting what="the lab" />
        ) : (
          <RunCommandContext
            value={(command) => {
              notifyDone(`Would be typed into the terminal: ${command}`);
            }}
          >
            <div className={styles['columns']} data-testid="preview" data-hash={lab.hash}>
              <PreviewSteps lab={lab} />
              <PreviewBeside lab={lab} />
            </div>
          </RunCommandContext>
        )}
      </Page>
    </main>
  );
}
