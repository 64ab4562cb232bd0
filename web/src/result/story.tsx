import { Button, NativeSelect, Title } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { Suspense, useState } from 'react';
import type { Result } from '../../../server/contract/attempts.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { formatBytes, formatDuration, formatInstant } from '../parts/format.ts';
import { Instant } from '../parts/instant.tsx';
import { lazyComponent } from '../parts/lazy-component.ts';
import { Waiting } from '../parts/waiting.tsx';
import { findInRecordings, type PlaybackPosition } from './result-words.ts';
import styles from './result.module.css';

// The player brings a terminal of its own in WebAssembly; it is loaded when somebody wants to see a recording.
const RecordingPlayer = lazyComponent(async () => (await import('./recording-player.tsx')).RecordingPlayer);

interface Props {
  readonly timeline: Result['timeline'];
  readonly recordings: Result['recordings'];
}

/** What happened, and what the terminal showed at that moment. */
export function Story({ timeline, recordings }: Props) {
  const [chosen, setChosen] = useState(recordings[0]?.id ?? null);
  const [playing, setPlaying] = useState<PlaybackPosition | null>(null);
  const recording = recordings.find(({ id }) => id === chosen);
  return (
    <section className={styles['story']} aria-labelledby="story" id="recording">
      <div>
        <Title order={2} id="story" mb="sm">
          What happened
        </Title>
        {timeline.length === 0 ? (
          <EmptyState title="Nothing was noted">The attempt ended before anything happened.</EmptyState>
        ) : (
          <Timeline
            timeline={timeline}
            recordings={recordings}
            preferredId={chosen}
            onPlay={(position) => {
              setChosen(position.recordingId);
              setPlaying(position);
            }}
          />
        )}
      </div>
      <div className={styles['playback']}>
        <Title order={2} mb="sm">
          Recording
        </Title>
        {recording === undefined ? (
          <EmptyState title="There is no recording">No terminal was opened in this attempt.</EmptyState>
        ) : (
          <>
            {recordings.length > 1 && (
              <NativeSelect
                mb="xs"
                size="xs"
                aria-label="Which terminal"
                value={recording.id}
                onChange={(event) => {
                  setChosen(event.currentTarget.value);
                  setPlaying(null);
                }}
                data={recordings.map(({ id, terminalTitle, startedAt }) => ({
                  value: id,
                  label: `${terminalTitle}, from ${formatInstant(startedAt, 'time').local}`,
                }))}
              />
            )}
            {playing?.recordingId === recording.id ? (
              <Suspense fallback={<Waiting what="the player" rows={1} rowHeight={280} />}>
                <RecordingPlayer recordingId={recording.id} startAtSeconds={playing.seconds} />
              </Suspense>
            ) : (
              <div className={styles['poster']}>
                <Button
                  leftSection={<IconPlayerPlay size={16} aria-hidden />}
                  onClick={() => {
                    setPlaying({ recordingId: recording.id, seconds: 0 });
                  }}
                >
                  Play {recording.terminalTitle}
                </Button>
                <span className={styles['quiet']}>
                  {formatDuration(recording.durationMs)}, {formatBytes(recording.bytes)}
                </span>
              </div>
            )}
          </>
        )}
      </div>
    </section>
  );
}

interface TimelineProps extends Props {
  readonly preferredId: string | null;
  readonly onPlay: (position: PlaybackPosition) => void;
}

function Timeline({ timeline, recordings, preferredId, onPlay }: TimelineProps) {
  return (
    <ol className={styles['timeline']}>
      {timeline.map((entry, index) => {
        const position = findInRecordings(recordings, entry.at, preferredId);
        return (
          <li key={`${entry.at} ${index}`} data-kind={entry.kind}>
            <span className={styles['evidenceAt']}>
              <Instant at={entry.at} style="time" />
            </span>
            <span className={styles['entry']}>
              {entry.text}
              {entry.actor !== null && <span className={styles['quiet']}> {entry.actor.name}</span>}
            </span>
            {position !== null && (
              <Button
                size="compact-xs"
                variant="subtle"
                aria-label={`See the terminal at this moment: ${entry.text}`}
                onClick={() => {
                  onPlay(position);
                }}
              >
                See it
              </Button>
            )}
          </li>
        );
      })}
    </ol>
  );
}
