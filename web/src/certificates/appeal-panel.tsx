import { Button, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { fetchAppealState, makeAppeal, withdrawAppeal } from '../api/certificates-api.ts';
import { useAct } from '../parts/use-act.ts';
import { useMe } from '../session/me.ts';
import { AppealCard } from './appeal-card.tsx';
import styles from './certificates.module.css';
import { openReasonForm } from './reason-form.tsx';
import { useCertificateChange } from './use-certificate-change.ts';

/** On a result: the appeals there were, and the way to make one. Nothing where there is neither. */
export function AppealPanel({ attemptId }: { readonly attemptId: string }) {
  const me = useMe();
  const changed = useCertificateChange();
  const state = useQuery({ queryKey: ['appeals', attemptId], queryFn: ({ signal }) => fetchAppealState(attemptId, signal) });
  const withdraw = useAct(withdrawAppeal, {
    onDone: () => {
      changed();
      return 'The appeal is withdrawn.';
    },
  });
  if (state.data === undefined || (state.data.appeals.length === 0 && !state.data.mayAppeal)) return null;
  const { appeals, mayAppeal } = state.data;
  return (
    <section className={styles['section']} aria-labelledby="appeals">
      <header className={styles['sectionHead']}>
        <Title order={2} id="appeals">
          Do you think the verdict is wrong?
        </Title>
        {mayAppeal && (
          <Button
            size="sm"
            variant="default"
            onClick={() => {
              openReasonForm({
                title: 'Appeal this verdict',
                text: 'An instructor looks at it again with everything that was kept: the baseline, the checks, what was seen and the recording.',
                label: 'What is wrong with it, and where can that be seen?',
                confirm: 'Appeal',
                atLeast: 20,
                act: (reason: string) => makeAppeal(attemptId, reason),
                onDone: () => {
                  changed();
                  return 'The appeal is made. An instructor decides.';
                },
              });
            }}
          >
            Appeal
          </Button>
        )}
      </header>
      <div className={styles['cards']}>
        {appeals.map((appeal) => (
          <div key={appeal.id}>
            <AppealCard appeal={appeal} />
            {appeal.decision === null && appeal.person.id === me.id && (
              <Button
                mt="xs"
                size="xs"
                variant="default"
                loading={withdraw.isPending}
                onClick={() => {
                  withdraw.mutate(appeal.id);
                }}
              >
                Withdraw it
              </Button>
            )}
          </div>
        ))}
      </div>
    </section>
  );
}
