import type { DrillView } from '../../../server/contract/drills.ts';
import { Chat } from './chat.tsx';
import styles from './drills.module.css';
import { InjectList } from './inject-list.tsx';
import { PeoplePanel } from './people-panel.tsx';
import { Prose } from './prose.tsx';
import { ServicePanel } from './service-panel.tsx';
import { Timeline } from './timeline.tsx';
import type { Moves } from './use-drill.ts';

interface Props {
  readonly drill: DrillView;
  readonly exercise: NonNullable<DrillView['exercise']>;
  readonly moves: Moves;
}

/** What comes next on the left, the service as outsiders see it in the middle, people on the right. */
export function Console({ drill, exercise, moves }: Props) {
  return (
    <div className={styles['console']}>
      <div className={styles['column']}>
        {exercise.guide !== '' && (
          <details className={styles['panel']} open={drill.state === 'scheduled'}>
            <summary className={styles['panelTitle']}>For whoever runs it</summary>
            <Prose>{exercise.guide}</Prose>
          </details>
        )}
        <InjectList drill={drill} exercise={exercise} moves={moves} />
      </div>
      <div className={styles['column']}>
        <ServicePanel drill={drill} moves={moves} />
        <Timeline
          entries={exercise.timeline}
          moves={drill.me.rights.includes('evaluate') || drill.me.rights.includes('run') ? moves : null}
        />
      </div>
      <div className={styles['column']}>
        <PeoplePanel drill={drill} moves={moves} />
        <Chat drill={drill} moves={moves} />
      </div>
    </div>
  );
}
