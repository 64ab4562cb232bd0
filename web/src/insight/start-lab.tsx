import { Button, Group, Stack } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { fetchCatalogue, startAttempt } from '../api/attempts-api.ts';
import { AI_WORDS } from '../lab/ai-words.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useAct } from '../parts/use-act.ts';
import { Waiting } from '../parts/waiting.tsx';
import styles from './insight.module.css';

/** Asks before a lab's incident is begun, with what its start means. */
export function openStartLab(slug: string): void {
  const modalId = modals.open({
    title: 'Start an incident',
    children: (
      <StartLab
        slug={slug}
        onDone={() => {
          modals.close(modalId);
        }}
      />
    ),
  });
}

function StartLab({ slug, onDone }: { readonly slug: string; readonly onDone: () => void }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const catalogue = useQuery({ queryKey: ['labs'], queryFn: ({ signal }) => fetchCatalogue(signal) });
  const lab = catalogue.data?.labs.find((candidate) => candidate.slug === slug);
  const enter = (attemptId: string): undefined => {
    void client.invalidateQueries({ queryKey: ['labs'] });
    void client.invalidateQueries({ queryKey: ['attempts'] });
    onDone();
    void navigate(`/attempts/${attemptId}`);
  };
  const start = useAct(startAttempt, { onDone: ({ id }) => enter(id) });
  if (catalogue.isError) return <ErrorNotice error={catalogue.error} onRetry={() => void catalogue.refetch()} />;
  if (catalogue.data === undefined) return <Waiting what="the lab" rows={2} rowHeight={28} />;
  if (lab === undefined) return <p>This lab is not in the catalogue any more. Ask whoever runs Drillhouse what took its place.</p>;
  const running = lab.mine.runningAttemptId;
  return (
    <Stack gap="sm">
      <p className={styles['plain']}>
        <b>{lab.title}</b>: the incident begins broken, and you have {lab.incidentMinutes} minutes to restore it. Its checks show your
        skills anew.
      </p>
      <p className={styles['plain']}>By starting you keep to this: {AI_WORDS[lab.aiPolicy].rule}</p>
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={onDone}>
          Not now
        </Button>
        {running === null ? (
          <Button
            data-autofocus
            loading={start.isPending}
            onClick={() => {
              start.mutate({ lab: lab.slug, mode: 'incident', acknowledges: lab.aiPolicy });
            }}
          >
            Start the incident
          </Button>
        ) : (
          <Button
            data-autofocus
            onClick={() => {
              enter(running);
            }}
          >
            Go back to it
          </Button>
        )}
      </Group>
    </Stack>
  );
}
