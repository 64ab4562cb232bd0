import type { Result } from '../../../server/contract/attempts.ts';
import { AI_WORDS, declaredWords } from '../lab/ai-words.ts';
import { countOf, formatDuration } from '../parts/format.ts';
import { Instant } from '../parts/instant.tsx';
import { StatusIcon } from '../parts/status-tag.tsx';
import { OUTCOMES } from './result-words.ts';
import styles from './result.module.css';

/** The whole result in one line, then the four numbers behind it. */
export function ResultHeadline({ result }: { readonly result: Result }) {
  const { tone, label } = OUTCOMES[result.outcome];
  return (
    <section className={styles['headline']} data-tone={tone} data-testid="result" data-outcome={result.outcome}>
      <p className={styles['answer']}>
        <StatusIcon tone={tone} size={28} />
        <span>
          {result.override === null ? (
            <>
              <strong>{label}.</strong> {result.headline}
            </>
          ) : (
            <>
              <strong>{label}, by a person&apos;s judgement.</strong> The grader had found: {result.headline}
            </>
          )}
        </span>
      </p>
      <dl className={styles['numbers']}>
        <Number label="Score" value={result.score === null ? '–' : `${result.score} of 100`} note={`pass at ${result.passMark}`} />
        <Number
          label="Restored after"
          value={result.restoredAfterMs === null ? '–' : formatDuration(result.restoredAfterMs)}
          note={result.restoredAfterMs === null ? 'not restored' : 'since the fault'}
        />
        <Number label="Help" value={countOf(result.hintsUsed, 'hint')} note={`${countOf(result.stepsSkipped, 'step')} skipped`} />
      </dl>
      {result.ai !== null && (
        <p className={styles['override']}>
          <strong>{AI_WORDS[result.ai.policy].label}.</strong>{' '}
          {result.ai.declaration === null ? (
            result.ai.policy === 'none' ? null : (
              'Nothing was declared.'
            )
          ) : (
            <>
              {result.ai.declaration.by.name} declared that {declaredWords(result.ai.declaration)}
              {result.ai.declaration.what === '' ? '' : `: ${result.ai.declaration.what}`}
            </>
          )}
        </p>
      )}
      {result.extraMs > 0 && (
        <p className={styles['override']}>With {formatDuration(result.extraMs)} of extra time. Times are as measured.</p>
      )}
      {result.override !== null && (
        <p className={styles['override']}>
          <strong>
            {result.override.by.name} set this to {OUTCOMES[result.override.outcome].label.toLowerCase()}
          </strong>{' '}
          on <Instant at={result.override.at} />: {result.override.reason}
        </p>
      )}
    </section>
  );
}

function Number({ label, value, note }: { readonly label: string; readonly value: string; readonly note: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        {value} <span>{note}</span>
      </dd>
    </div>
  );
}
