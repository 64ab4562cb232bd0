import { Button } from '@mantine/core';
import { IconSend } from '@tabler/icons-react';
import type { Artefacts, ArtefactView } from '../../../server/contract/artefacts.ts';
import { submitArtefact } from '../api/artefacts-api.ts';
import { useMeasurements } from '../measurements/use-measurements.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Instant } from '../parts/instant.tsx';
import { StatusTag } from '../parts/status-tag.tsx';
import { useAct } from '../parts/use-act.ts';
import type { ArtefactDraft } from './artefact-draft.ts';
import { ArtefactField } from './artefact-fields.tsx';
import { ArtefactFindings } from './artefact-findings.tsx';
import { ArtefactRating } from './artefact-rating.tsx';
import styles from './artefacts.module.css';
import { ReviewThreads } from './review-threads.tsx';
import { useAdoptArtefact, useDraftState } from './use-drafts.ts';

interface Props {
  readonly attemptId: string;
  readonly artefact: ArtefactView;
  readonly record: Artefacts['record'];
  readonly draft: ArtefactDraft;
}

/** One artefact in its writer's hands: kept by itself, handed in by a button or with the verdict. */
export function ArtefactEditor({ attemptId, artefact, record, draft }: Props) {
  const { content, save } = useDraftState(draft);
  const adopt = useAdoptArtefact(attemptId);
  const measured = useMeasurements(attemptId);
  const submit = useAct(
    async () => {
      await draft.flush();
      const state = draft.snapshot().save;
      if (state.kind === 'failed' || state.kind === 'behind') throw state.error;
      return submitArtefact(attemptId, artefact.id, draft.revision);
    },
    {
      onDone: (answer) => {
        draft.adopt(answer);
        adopt(answer);
        return `${artefact.title} is handed in.`;
      },
    },
  );
  const isHandedIn = artefact.submitted !== null && artefact.submitted.version === artefact.version && save.kind === 'saved';
  return (
    <article className={styles['artefact']} aria-label={artefact.title} data-testid="artefact" data-save={save.kind}>
      <p className={styles['purpose']}>{artefact.purpose}</p>
      <ArtefactRating artefact={artefact} />
      <ReviewThreads attemptId={attemptId} artefact={artefact} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
        }}
      >
        {artefact.fields.map((field) => (
          <ArtefactField
            key={field.id}
            field={field}
            content={content}
            record={record}
            runs={measured?.runs ?? []}
            onChange={(id, value) => {
              draft.change(id, value);
            }}
          />
        ))}
      </form>
      <ArtefactFindings findings={artefact.findings} />
      {(save.kind === 'failed' || save.kind === 'behind') && <ErrorNotice error={save.error} />}
      <footer className={styles['foot']}>
        <Button
          size="sm"
          leftSection={<IconSend size={16} aria-hidden />}
          loading={submit.isPending}
          disabled={isHandedIn || (artefact.version === null && save.kind === 'saved')}
          onClick={() => {
            submit.mutate(undefined);
          }}
        >
          {artefact.submitted === null ? 'Hand in' : 'Hand in again'}
        </Button>
        <span className={styles['quiet']} role="status">
          <SaveWords kind={save.kind} savedAt={artefact.savedAt} />
        </span>
        {artefact.submitted !== null && (
          <StatusTag tone={isHandedIn ? 'pass' : 'accent'}>
            {isHandedIn ? 'Handed in' : `Version ${artefact.submitted.version} handed in; newer draft`}
          </StatusTag>
        )}
      </footer>
    </article>
  );
}

function SaveWords({ kind, savedAt }: { readonly kind: string; readonly savedAt: string | null }) {
  switch (kind) {
    case 'changed':
    case 'saving':
      return <>Saving …</>;
    case 'failed':
      return <>Not saved; trying again</>;
    case 'behind':
      return <>Not saved</>;
    default:
      return savedAt === null ? (
        <>Kept as you write, and handed in with the verdict</>
      ) : (
        <>
          Saved <Instant at={savedAt} style="time" />
        </>
      );
  }
}
