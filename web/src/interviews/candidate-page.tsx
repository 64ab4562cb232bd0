import { Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Suspense } from 'react';
import { useParams } from 'react-router';
import type { CandidateView } from '../../../server/contract/interviews.ts';
import type { Me } from '../../../server/contract/session.ts';
import { fetchCandidateView } from '../api/interviews-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { lazyComponent } from '../parts/lazy-component.ts';
import { useDocumentTitle } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { DoorFrame } from '../session/door-frame.tsx';
import { MeContext } from '../session/me.ts';
import { useSession } from '../session/use-session.ts';
import { Briefing } from './briefing.tsx';
import { ThankYou } from './thank-you.tsx';

// The lab brings the terminals; a candidate who only reads what will happen need not wait for them.
const CandidateLab = lazyComponent(async () => (await import('./candidate-lab.tsx')).CandidateLab);

/** Where the link of an interview leads: what will happen, then the lab, then thanks. The address stays, so that the link is always the way back. */
export function CandidatePage() {
  useDocumentTitle('Interview');
  const { token = '' } = useParams();
  const session = useSession();
  const me = session.data?.me ?? null;
  const view = useQuery({
    queryKey: ['session', 'interview', token, me?.id ?? null],
    queryFn: ({ signal }) => fetchCandidateView(token, signal),
    // Entering needs the session's token, so the session comes first.
    enabled: session.data !== undefined,
    staleTime: 0,
  });
  const error = view.error ?? session.error;
  if (view.data === undefined) {
    return (
      <DoorFrame>
        {error === null ? (
          <Waiting what="the interview" rows={3} rowHeight={48} />
        ) : (
          <>
            <Title order={1}>This link does not work</Title>
            <ErrorNotice error={error} onRetry={() => void view.refetch()} />
          </>
        )}
      </DoorFrame>
    );
  }
  return <Interview token={token} view={view.data} me={me} onOver={() => void view.refetch()} />;
}

interface Props {
  readonly token: string;
  readonly view: CandidateView;
  readonly me: Me | null;
  readonly onOver: () => void;
}

function Interview({ token, view, me, onOver }: Props) {
  if (view.state === 'over') return <ThankYou view={view} isHere={view.isHere} />;
  if (me !== null && view.isHere && view.attemptId !== null) {
    return (
      <MeContext value={me}>
        <Suspense fallback={<Waiting what="your lab" rows={4} />}>
          <CandidateLab attemptId={view.attemptId} onOver={onOver} />
        </Suspense>
      </MeContext>
    );
  }
  return <Briefing token={token} view={view} me={me} />;
}
