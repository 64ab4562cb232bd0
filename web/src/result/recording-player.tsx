import { create } from 'asciinema-player';
import 'asciinema-player/dist/bundle/asciinema-player.css';
import { useEffect, useRef } from 'react';
import { recordingPath } from '../api/attempts-api.ts';
import styles from './result.module.css';

interface Props {
  readonly recordingId: string;
  readonly startAtSeconds: number;
}

/** Long silences are shortened, since nobody wants to watch somebody think. */
const IDLE_LIMIT_SECONDS = 2;

export function RecordingPlayer({ recordingId, startAtSeconds }: Props) {
  const parent = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (parent.current === null) return;
    const player = create({ url: recordingPath(recordingId), fetchOpts: { credentials: 'same-origin' } }, parent.current, {
      autoPlay: true,
      startAt: startAtSeconds,
      idleTimeLimit: IDLE_LIMIT_SECONDS,
      fit: 'width',
      controls: true,
      theme: 'drillhouse',
      terminalFontFamily: "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
    });
    return () => {
      player.dispose();
    };
  }, [recordingId, startAtSeconds]);
  return <div ref={parent} className={styles['player']} data-testid="player" />;
}
