import { useEffect, useRef } from 'react';
import { Navigate, useNavigate, useParams } from 'react-router';
import type { AttemptView } from '../../../server/contract/attempts.ts';
import { memberIn } from '../incident/rights.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { notifyDone } from '../parts/notify.ts';
import { useDocumentTitle } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { MessageToasts } from '../realtime/message-toasts.tsx';
import { useMe } from '../session/me.ts';
import { mayInstruct } from '../session/permissions.ts';
import { useGlobalShortcuts } from '../shell/use-global-shortcuts.ts';
import { hasWorkspace, isRunning } from './attempt-cache.ts';
import { AiNotice } from './ai-rule.tsx';
import { LabBar } from './lab-bar.tsx';
import styles from './lab-page.module.css';
import { LabWorkspace } from './lab-workspace.tsx';
import { BrokenView, ProvisioningView } from './provisioning-view.tsx';
import { TimeWarning } from './time-warning.tsx';
import { useAttemptActions } from './use-attempt-actions.ts';
import { useAttempt } from './use-attempt.ts';

/** In place of a lab whose attempt is still on its way, or did not come. */
export function AttemptPending({ attempt }: { readonly attempt: ReturnType<typeof useAttempt> }) {
  return (
    <main className={styles['alone']}>
      {attempt.isError ? (
        <ErrorNotice error={attempt.error} onRetry={() => void attempt.refetch()} />
      ) : (
        <Waiting what="your lab" rows={4} />
      )}
    </main>
  );
}

export function LabPage() {
  const { attemptId = '' } = useParams();
  const me = useMe();
  const attempt = useAttempt(attemptId);
  useGlobalShortcuts();
  if (attempt.data === undefined) return <AttemptPending attempt={attempt} />;
  if (memberIn(attempt.data, me.id) === undefined) {
    return (
      <Navigate to={mayInstruct(me.role) && isRunning(attempt.data) ? `/roster/${attemptId}` : `/attempts/${attemptId}/result`} replace />
    );
  }
  return <OwnLab attempt={attempt.data} />;
}

/** The lab of whoever plays in it. */
export function OwnLab({ attempt }: { readonly attempt: AttemptView }) {
  useDocumentTitle(attempt.lab.title);
  useResultAtTheEnd(attempt);
  const actions = useAttemptActions(attempt);
  return (
    <div className={styles['page']}>
      <LabBar attempt={attempt} actions={actions} />
      {isRunning(attempt) && <AiNotice attempt={attempt} />}
      {attempt.clock !== null && hasWorkspace(attempt) && (
        <TimeWarning
          clock={attempt.clock}
          extending={actions.act.isPending && actions.act.variables === 'extend'}
          onExtend={
            actions.rights.has('decide')
              ? () => {
                  actions.act.mutate('extend');
                }
              : undefined
          }
        />
      )}
      {attempt.trouble !== null && hasWorkspace(attempt) && (
        <p role="alert" className={styles['trouble']}>
          {attempt.trouble}
        </p>
      )}
      <main className={styles['main']}>
        {hasWorkspace(attempt) ? <LabWorkspace attempt={attempt} actions={actions} /> : <Outside attempt={attempt} />}
      </main>
      <MessageToasts />
    </div>
  );
}

function Outside({ attempt }: { readonly attempt: AttemptView }) {
  switch (attempt.state) {
    case 'requested':
    case 'provisioning':
      return <ProvisioningView attempt={attempt} />;
    case 'broken':
      return <BrokenView attempt={attempt} />;
    default:
      return (
        <div className={styles['alone']}>
          <EmptyState title="This attempt is over">Its result is on its way.</EmptyState>
        </div>
      );
  }
}

/** The verdict brings its page up by itself; a lab that was over when the page was opened goes there without a word. */
function useResultAtTheEnd(attempt: AttemptView): void {
  const navigate = useNavigate();
  const isCandidate = useMe().role === 'candidate';
  const seenRunning = useRef(false);
  const { id, state } = attempt;
  useEffect(() => {
    if (isRunning({ state })) {
      seenRunning.current = true;
      return;
    }
    // Of a candidate's interview the page of its link says that it is over.
    if (state === 'broken' || isCandidate) return;
    if (seenRunning.current && state === 'expired') notifyDone('The time is over. This is what the grader found.');
    void navigate(`/attempts/${id}/result`, { replace: true });
  }, [id, state, navigate, isCandidate]);
}
