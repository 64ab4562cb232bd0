import type { ReactNode } from 'react';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { DoorFrame } from './door-frame.tsx';
import { MeContext } from './me.ts';
import { SignInPage } from './sign-in-page.tsx';
import { useSession } from './use-session.ts';

/** Shows its children to those signed in and the sign-in page to everybody else, at the same address, so that one comes back to it. */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const session = useSession();
  if (session.data === undefined) {
    return (
      <DoorFrame>
        {session.isError ? (
          <ErrorNotice error={session.error} onRetry={() => void session.refetch()} />
        ) : (
          <Waiting what="your session" rows={2} rowHeight={48} />
        )}
      </DoorFrame>
    );
  }
  if (session.data.me === null) return <SignInPage />;
  return <MeContext value={session.data.me}>{children}</MeContext>;
}
