import { Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { fetchBadgeReport } from '../api/certificates-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useDocumentTitle } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import styles from './badge.module.css';
import { BadgeReportView } from './badge-report-view.tsx';
import { PublicFrame } from './public-frame.tsx';

/** Where a badge's own address leads: whoever opens it sees whether it holds. */
export function BadgePage() {
  const { certificateId = '' } = useParams();
  const report = useQuery({ queryKey: ['badge', certificateId], queryFn: ({ signal }) => fetchBadgeReport(certificateId, signal) });
  useDocumentTitle(report.data?.badge?.title ?? 'Badge');
  return (
    <PublicFrame>
      {report.isError && (
        <div className={styles['plain']}>
          <Title order={1}>This badge cannot be shown</Title>
          <ErrorNotice error={report.error} />
          <Link to="/verify">Paste the badge itself instead</Link>
        </div>
      )}
      {report.data === undefined && !report.isError && <Waiting what="the badge" rows={2} rowHeight={160} />}
      {report.data !== undefined && <BadgeReportView report={report.data} />}
    </PublicFrame>
  );
}
