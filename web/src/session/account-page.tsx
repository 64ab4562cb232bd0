import { Button, PasswordInput, Title } from '@mantine/core';
import { useState, type SubmitEvent } from 'react';
import { passwordSchema } from '../../../server/contract/session.ts';
import { OwnExtraTime } from '../accommodations/own-extra-time.tsx';
import { asApiError } from '../api/api-error.ts';
import { changePassword } from '../api/session-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Page } from '../parts/page.tsx';
import { useAct } from '../parts/use-act.ts';
import { TokensSection } from '../tokens/tokens-section.tsx';
import styles from './account-page.module.css';
import { useMe } from './me.ts';
import { ROLE_LABELS } from './permissions.ts';

export function AccountPage() {
  const me = useMe();
  return (
    <Page title="Your account">
      <dl className={styles['facts']}>
        <dt>Name</dt>
        <dd>{me.name}</dd>
        <dt>Email</dt>
        <dd>{me.email}</dd>
        <dt>Role</dt>
        <dd>{ROLE_LABELS[me.role]}</dd>
      </dl>
      <Title order={2} mb="sm">
        Change your password
      </Title>
      <PasswordForm />
      <OwnExtraTime />
      <TokensSection />
    </Page>
  );
}

function PasswordForm() {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const change = useAct(changePassword, {
    onDone: () => {
      setCurrent('');
      setNext('');
      return 'Your password is changed. Your other sessions are signed out.';
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const checked = passwordSchema.safeParse(next);
    setProblem(checked.error?.issues[0]?.message);
    if (checked.success) change.mutate({ current, next: checked.data });
  };
  return (
    <form className={styles['form']} onSubmit={submit} noValidate>
      <PasswordInput
        label="Current password"
        autoComplete="current-password"
        value={current}
        onChange={(event) => {
          setCurrent(event.currentTarget.value);
        }}
      />
      <PasswordInput
        label="New password"
        description="At least 10 characters; a short sentence is good. Your other sessions end."
        autoComplete="new-password"
        value={next}
        error={problem ?? (change.error === null ? undefined : asApiError(change.error).issueAt('next'))}
        onChange={(event) => {
          setNext(event.currentTarget.value);
        }}
      />
      {change.isError && <ErrorNotice error={change.error} />}
      <Button type="submit" loading={change.isPending} disabled={current === '' || next === ''}>
        Change password
      </Button>
    </form>
  );
}
