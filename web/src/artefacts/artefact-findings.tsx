import type { ArtefactFinding } from '../../../server/contract/artefacts.ts';
import { StatusIcon } from '../parts/status-tag.tsx';
import styles from './artefacts.module.css';

/** What a machine asks of it and whether what was kept meets that. People ask for more. */
export function ArtefactFindings({ findings }: { readonly findings: readonly ArtefactFinding[] }) {
  if (findings.length === 0) return null;
  return (
    <section className={styles['findings']} aria-label="What is asked of it">
      <h3 className={styles['label']}>What is asked of it</h3>
      <ul aria-live="polite">
        {findings.map(({ id, title, explain, ok, reason }) => (
          <li key={id} data-testid="artefact-finding" data-ok={ok}>
            <StatusIcon tone={ok ? 'pass' : 'quiet'} />
            <span>
              {title}
              <span className={styles['help']}> {ok ? 'Met.' : (reason ?? explain)}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
