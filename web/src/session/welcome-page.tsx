import { Button, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from 'react-router';
import { fetchSession } from '../api/http.ts';
import { acceptLink, fetchLink } from '../api/session-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useDocumentTitle } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { DoorFrame } from './door-frame.tsx';
import styles from './door-frame.module.css';
import { homeOf, ROLE_LABELS } from './permissions.ts';
import { SetPasswordForm } from './set-password-form.tsx';
import { useAdoptSession } from './use-session.ts';

/** Where an invitation's link leads: sets a password, or (demo) signs in by one click. Looking at a link does not use it up. */
export function WelcomePage() {
  useDocumentTitle('Welcome');
  const { token = '' } = useParams();
  const navigate = useNavigate();
  const adopt = useAdoptSession();
  const link = useQuery({
    queryKey: ['link', token],
    // The session comes first, because accepting needs its CSRF token.
    queryFn: async ({ signal }) => {
      await fetchSession(signal);
      return fetchLink(token, signal);
    },
    staleTime: Infinity,
  });
  const accept = useMutation({
    mutationFn: (answer: { name?: string; password?: string }) => acceptLink(token, answer),
    onSuccess: (session) => {
      adopt(session);
      void navigate(session.me === null ? '/' : homeOf(session.me.role), { replace: true });
    },
  });

  if (link.isError) {
    return (
      <DoorFrame>
        <Title order={1}>This link does not work</Title>
        <ErrorNotice error={link.error} />
        <Link to="/">Go to the sign-in page</Link>
      </DoorFrame>
    );
  }
  if (link.data === undefined) {
    return (
      <DoorFrame>
        <Waiting what="your invitation" rows={2} rowHeight={48} />
      </DoorFrame>
    );
  }
  const { kind, email, name, role } = link.data;
  return (
    <DoorFrame>
      <div>
        <Title order={1}>{name === null ? 'Welcome' : `Welcome, ${name}`}</Title>
        <p className={styles['quiet']}>
          {email} · {ROLE_LABELS[role]}
        </p>
      </div>
      {kind === 'set-password' ? (
        <SetPasswordForm email={email} name={name} busy={accept.isPending} error={accept.error} onSubmit={accept.mutate} />
      ) : (
        <>
          {accept.isError && <ErrorNotice error={accept.error} />}
          <Button
            loading={accept.isPending}
            onClick={() => {
              accept.mutate({});
            }}
            autoFocus
          >
            Sign in
          </Button>
        </>
      )}
    </DoorFrame>
  );
}
