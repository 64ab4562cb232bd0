import type { ResultCheck } from '../../../server/contract/attempts.ts';
import { formatDuration } from '../parts/format.ts';
import { Instant } from '../parts/instant.tsx';
import { StatusIcon, StatusTag } from '../parts/status-tag.tsx';
import { dimensionLabel, orderChecks, VERDICTS } from './result-words.ts';
import styles from './result.module.css';

/** Check by check: verdict, weight, why, and the evidence with its times. A failed one is open from the start. */
export function ResultChecks({ checks }: { readonly checks: readonly ResultCheck[] }) {
  return (
    <ul className={styles['checks']}>
      {orderChecks(checks).map((check) => (
        <li key={check.id} data-testid="result-check" data-check={check.id} data-verdict={check.verdict}>
          <Check check={check} />
        </li>
      ))}
    </ul>
  );
}

function Check({ check }: { readonly check: ResultCheck }) {
  const { tone, label } = VERDICTS[check.verdict];
  return (
    <details className={styles['check']} open={check.verdict === 'fail'}>
      <summary>
        <StatusIcon tone={tone} />
        <span className={styles['checkTitle']}>{check.title}</span>
        {check.critical && (
          <span className={styles['mark']} title="Failing it fails the attempt, whatever the score">
            critical
          </span>
        )}
        {check.hidden && (
          <span className={styles['mark']} title="Not shown while the attempt ran">
            hidden
          </span>
        )}
        <span className={styles['weight']} title="Weight in the score">
          {check.weight}
        </span>
        <StatusTag tone={tone}>{label}</StatusTag>
      </summary>
      <div className={styles['checkBody']}>
        {check.reason !== null && <p className={styles['reason']}>{check.reason}</p>}
        {check.evidence.length === 0 ? (
          <p className={styles['quiet']}>The evidence of this check is not shown.</p>
        ) : (
          <EvidenceList evidence={check.evidence} />
        )}
        <p className={styles['quiet']}>
          Looked at <Instant at={check.startedAt} style="time" />, took{' '}
          {formatDuration(Date.parse(check.finishedAt) - Date.parse(check.startedAt))}. Counts towards{' '}
          {dimensionLabel(check.dimension).toLocaleLowerCase()}.
        </p>
      </div>
    </details>
  );
}

function EvidenceList({ evidence }: { readonly evidence: ResultCheck['evidence'] }) {
  return (
    <ol className={styles['evidence']}>
      {evidence.map((item, index) => (
        <li key={`${item.at} ${index}`}>
          <span className={styles['evidenceAt']}>
            <Instant at={item.at} style="time" />
          </span>
          <span className={styles['evidenceKind']}>{item.kind}</span>
          <div className={styles['evidenceText']}>
            {item.summary}
            {item.detail !== undefined && (
              <details>
                <summary>Details</summary>
                <pre tabIndex={0}>{typeof item.detail === 'string' ? item.detail : JSON.stringify(item.detail, null, 2)}</pre>
              </details>
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}
