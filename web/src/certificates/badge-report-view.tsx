import { Button, Title } from '@mantine/core';
import { IconPrinter } from '@tabler/icons-react';
import type { BadgeReport } from '../../../server/contract/certification.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { Instant } from '../parts/instant.tsx';
import { StatusIcon } from '../parts/status-tag.tsx';
import styles from './badge.module.css';
import { BadgeSheet } from './badge-sheet.tsx';
import { VERDICTS } from './certificate-words.ts';

/** Whether a badge holds, why, and the badge itself. */
export function BadgeReportView({ report }: { readonly report: BadgeReport }) {
  const { tone, label } = VERDICTS[report.verdict];
  return (
    <>
      <section className={styles['verdict']} data-tone={tone} data-testid="badge-verdict" data-verdict={report.verdict} aria-live="polite">
        <StatusIcon tone={tone} size={28} />
        <div>
          <Title order={2}>{label}</Title>
          <p>{report.why}</p>
          {report.revoked !== null && (
            <p>
              Revoked <Instant at={report.revoked.at} />: {report.revoked.reason}
            </p>
          )}
        </div>
      </section>
      {report.badge !== null && <BadgeSheet badge={report.badge} verdict={report.verdict} />}
      <details className={styles['steps']} open={report.verdict === 'not valid'}>
        <summary>How it was checked</summary>
        <ol>
          {report.steps.map((step) => (
            <li key={step.id} data-testid="badge-step" data-ok={step.ok}>
              <StatusIcon tone={step.ok ? 'pass' : 'fail'} />
              <span>
                <strong>{step.title}</strong>
                {step.ok ? '' : ' – no'}. {step.detail}
              </span>
            </li>
          ))}
        </ol>
      </details>
      {report.badge !== null && (
        <div className={styles['actions']}>
          <Button
            variant="default"
            leftSection={<IconPrinter size={16} aria-hidden />}
            onClick={() => {
              window.print();
            }}
          >
            Print the sheet
          </Button>
          {report.jwt !== null && <CopyButton text={report.jwt} label="Copy the badge (Open Badges 3.0)" size="sm" />}
        </div>
      )}
    </>
  );
}
