import { Button, Textarea, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { verifyBadgeSchema } from '../../../server/contract/certification.ts';
import { verifyBadge } from '../api/certificates-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useDocumentTitle } from '../parts/page.tsx';
import styles from './badge.module.css';
import { BadgeReportView } from './badge-report-view.tsx';
import { PublicFrame } from './public-frame.tsx';

/** For a badge that somebody sent: it is checked as it stands, with nothing but what it says and what is published. */
export function VerifyPage() {
  useDocumentTitle('Verify a badge');
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const verify = useMutation({ mutationFn: verifyBadge });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const checked = verifyBadgeSchema.safeParse({ jwt: text });
    setProblem(checked.error?.issues[0]?.message);
    if (checked.success) verify.mutate(checked.data.jwt);
  };
  return (
    <PublicFrame>
      <form onSubmit={submit} noValidate className={styles['plain']}>
        <Title order={1}>Verify a badge</Title>
        <p className={styles['quiet']}>
          Paste the badge as it was sent to you: three long parts with dots between them. It needs no account, and nothing of it is kept.
        </p>
        <Textarea
          label="Badge"
          rows={6}
          value={text}
          error={problem}
          spellCheck={false}
          onChange={(event) => {
            setText(event.currentTarget.value);
          }}
        />
        <Button type="submit" loading={verify.isPending}>
          Verify
        </Button>
      </form>
      {verify.isError && <ErrorNotice error={verify.error} />}
      {verify.data !== undefined && <BadgeReportView report={verify.data} />}
    </PublicFrame>
  );
}
