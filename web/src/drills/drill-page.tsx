import { Link, useParams } from 'react-router';
import type { DrillView } from '../../../server/contract/drills.ts';
import { ApiError } from '../api/api-error.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { Page, useDocumentTitle } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { Console } from './console.tsx';
import { DrillBar } from './drill-bar.tsx';
import styles from './drills.module.css';
import { Review } from './review.tsx';
import { Room } from './room.tsx';
import { useDrill, useMoves } from './use-drill.ts';

export function DrillPage() {
  const { drillId = '' } = useParams();
  const drill = useDrill(drillId);
  if (drill.data !== undefined && drill.error instanceof ApiError && drill.error.code === 'NotFound')
    return (
      <Page title={drill.data.title}>
        <EmptyState title="You have no part in this drill any more">
          Whoever runs it took your part away. Ask them, or go back to <Link to="/drills">the drills</Link>.
        </EmptyState>
      </Page>
    );
  if (drill.data === undefined) {
    return (
      <Page title="Drill">
        {drill.isError ? <ErrorNotice error={drill.error} onRetry={() => void drill.refetch()} /> : <Waiting what="the drill" />}
      </Page>
    );
  }
  return <Drill drill={drill.data} />;
}

/** The exercise's side has the console, players have their room, and what is over is looked back upon. */
function Drill({ drill }: { readonly drill: DrillView }) {
  useDocumentTitle(drill.title);
  const moves = useMoves(drill.id, drill.revision);
  return (
    <div className={styles['page']} data-testid="drill" data-state={drill.state}>
      <DrillBar drill={drill} moves={moves} />
      {drill.state === 'ended' ? (
        <Review drill={drill} moves={moves} />
      ) : drill.exercise === null ? (
        <Room drill={drill} moves={moves} />
      ) : (
        <Console drill={drill} exercise={drill.exercise} moves={moves} />
      )}
    </div>
  );
}
