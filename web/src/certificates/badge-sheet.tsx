import { Title } from '@mantine/core';
import Markdown from 'react-markdown';
import rehypeSanitize from 'rehype-sanitize';
import type { BadgeReport } from '../../../server/contract/certification.ts';
import { formatInstant } from '../parts/format.ts';
import { StatusTag } from '../parts/status-tag.tsx';
import styles from './badge.module.css';
import { VERDICTS } from './certificate-words.ts';
import { QrCode } from './qr-code.tsx';

type Badge = NonNullable<BadgeReport['badge']>;

/** The certificate as a sheet: the same on the screen and on one page of paper. */
export function BadgeSheet({ badge, verdict }: { readonly badge: Badge; readonly verdict: BadgeReport['verdict'] }) {
  const { tone, label } = VERDICTS[verdict];
  return (
    <article className={styles['sheet']} aria-label={badge.title} data-testid="badge" data-verdict={verdict}>
      <p className={styles['kicker']}>Certificate</p>
      <Title order={1}>{badge.title}</Title>
      <p className={styles['holder']}>{badge.holder}</p>
      <p className={styles['summary']}>{badge.summary}</p>
      <div className={styles['criteria']}>
        <Markdown rehypePlugins={[rehypeSanitize]}>{badge.criteria}</Markdown>
      </div>
      <ul className={styles['evidence']}>
        {badge.evidence.map(({ name, narrative }) => (
          <li key={`${name} ${narrative}`}>
            <strong>{name}</strong> <span>{narrative}</span>
          </li>
        ))}
      </ul>
      <div className={styles['foot']}>
        <dl className={styles['facts']}>
          <dt>Issued</dt>
          <dd>{dayOf(badge.issuedAt)}</dd>
          <dt>Good until</dt>
          <dd>{badge.validUntil === null ? 'It does not expire' : dayOf(badge.validUntil)}</dd>
          <dt>Issuer</dt>
          <dd>
            {badge.issuerName}
            <br />
            <code>{badge.issuer}</code>
          </dd>
          <dt>Verify at</dt>
          <dd>
            <code>{badge.id}</code>
          </dd>
          <dt>State</dt>
          <dd>
            <StatusTag tone={tone}>{label}</StatusTag> <span className={styles['quiet']}>as of {dayOf(new Date().toISOString())}</span>
          </dd>
        </dl>
        <div className={styles['code']}>
          <QrCode text={badge.id} label="Code that leads to this page" />
        </div>
      </div>
    </article>
  );
}

/** Days are the same for whoever holds the paper, so they are those of UTC. */
function dayOf(instant: string): string {
  return formatInstant(instant, 'day', undefined, 'UTC').local;
}
