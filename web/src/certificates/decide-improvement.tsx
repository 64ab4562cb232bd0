import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import { decideImprovementSchema, type Improvement } from '../../../server/contract/certification.ts';
import { decideImprovement } from '../api/certificates-api.ts';
import { useAct } from '../parts/use-act.ts';
import styles from './certificates.module.css';
import { useCertificateChange } from './use-certificate-change.ts';

/** A manager's word on an improvement: accepted, or sent back with what is missing. */
export function DecideImprovement({ improvement }: { readonly improvement: Improvement }) {
  const changed = useCertificateChange();
  const [comment, setComment] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const decide = useAct((accepted: boolean) => decideImprovement(improvement.id, { accepted, comment: comment.trim() }), {
    onDone: (_improvement, accepted) => {
      changed();
      return accepted ? 'The improvement is accepted.' : 'It is sent back with your comment.';
    },
  });
  const answer = (accepted: boolean): void => {
    const checked = decideImprovementSchema.safeParse({ accepted, comment });
    setProblem(checked.error?.issues[0]?.message);
    if (checked.success) decide.mutate(accepted);
  };
  return (
    <div className={styles['form']}>
      <Textarea
        label="Comment"
        description="Needed to send it back; the person reads it."
        rows={2}
        value={comment}
        error={problem}
        onChange={(event) => {
          setComment(event.currentTarget.value);
        }}
      />
      <div className={styles['row']}>
        <Button
          size="sm"
          loading={decide.isPending}
          onClick={() => {
            answer(true);
          }}
        >
          Accept
        </Button>
        <Button
          size="sm"
          variant="default"
          disabled={decide.isPending}
          onClick={() => {
            answer(false);
          }}
        >
          Send back
        </Button>
      </div>
    </div>
  );
}
