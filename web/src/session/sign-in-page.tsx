import { Button, PasswordInput, TextInput, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { signInSchema } from '../../../server/contract/session.ts';
import { signIn } from '../api/session-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useDocumentTitle } from '../parts/page.tsx';
import { DoorFrame } from './door-frame.tsx';
import styles from './door-frame.module.css';
import { useAdoptSession, useSession } from './use-session.ts';

export function SignInPage() {
  useDocumentTitle('Sign in');
  const adopt = useAdoptSession();
  const notice = useSession().data?.notice ?? null;
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [emailError, setEmailError] = useState<string | null>(null);
  const attempt = useMutation({ mutationFn: signIn, onSuccess: adopt });

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const entered = signInSchema.safeParse({ email: email.trim(), password });
    setEmailError(entered.success ? null : 'Enter your e-mail address, as in ada@example.com, and your password.');
    if (entered.success) attempt.mutate(entered.data);
  };

  return (
    <DoorFrame>
      <Title order={1}>Sign in</Title>
      <form className={styles['form']} onSubmit={submit} noValidate>
        <TextInput
          label="Email"
          type="email"
          name="email"
          autoComplete="username"
          autoFocus
          required
          withAsterisk={false}
          value={email}
          error={emailError}
          onChange={(event) => {
            setEmail(event.currentTarget.value);
          }}
        />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => {
            setPassword(event.currentTarget.value);
          }}
        />
        {attempt.isError && <ErrorNotice error={attempt.error} />}
        <Button type="submit" loading={attempt.isPending}>
          Sign in
        </Button>
      </form>
      <p className={styles['quiet']}>No account, or password forgotten? Your administrator sends you a link that lets you set one.</p>
      {notice !== null && <p className={styles['quiet']}>{notice}</p>}
    </DoorFrame>
  );
}
