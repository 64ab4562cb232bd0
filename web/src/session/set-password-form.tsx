import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useState, type SubmitEvent } from 'react';
import { nameSchema, passwordSchema } from '../../../server/contract/session.ts';
import { asApiError } from '../api/api-error.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import styles from './door-frame.module.css';

interface Props {
  readonly email: string;
  /** Null asks for one. */
  readonly name: string | null;
  readonly busy: boolean;
  readonly error: Error | null;
  readonly onSubmit: (answer: { name?: string; password: string }) => void;
}

export function SetPasswordForm({ email, name: givenName, busy, error, onSubmit }: Props) {
  const [name, setName] = useState(givenName ?? '');
  const [password, setPassword] = useState('');
  const [problems, setProblems] = useState<{ name?: string | undefined; password?: string | undefined }>({});

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const checkedName = nameSchema.safeParse(name);
    const checkedPassword = passwordSchema.safeParse(password);
    setProblems({ name: checkedName.error?.issues[0]?.message, password: checkedPassword.error?.issues[0]?.message });
    if (checkedName.success && checkedPassword.success) onSubmit({ name: checkedName.data, password: checkedPassword.data });
  };

  const refused = error === null ? null : asApiError(error);
  return (
    <form className={styles['form']} onSubmit={submit} noValidate>
      {/* Tells the browser's password manager whose password this is. */}
      <input type="email" name="email" autoComplete="username" value={email} readOnly hidden />
      <TextInput
        label="Your name"
        description="As others in your cohort see it."
        name="name"
        autoComplete="name"
        value={name}
        error={problems.name ?? refused?.issueAt('name')}
        onChange={(event) => {
          setName(event.currentTarget.value);
        }}
      />
      <PasswordInput
        label="Choose a password"
        description="At least 10 characters; a short sentence is good."
        name="password"
        autoComplete="new-password"
        autoFocus
        value={password}
        error={problems.password ?? refused?.issueAt('password')}
        onChange={(event) => {
          setPassword(event.currentTarget.value);
        }}
      />
      {refused !== null && <ErrorNotice error={refused} />}
      <Button type="submit" loading={busy}>
        Set password and sign in
      </Button>
    </form>
  );
}
