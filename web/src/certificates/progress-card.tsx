import { Button, Title } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { Certificate, Progress, RequirementView } from '../../../server/contract/certification.ts';
import { Instant } from '../parts/instant.tsx';
import { StatusIcon, StatusTag } from '../parts/status-tag.tsx';
import { evidencePath, STATES } from './certificate-words.ts';
import styles from './certificates.module.css';

/** One certificate as its person sees it: what is met, what is next, and the badge once there is one. */
export function ProgressCard({ progress }: { readonly progress: Progress }) {
  const { definition, requirements, certificate, complete, renewing } = progress;
  const met = requirements.filter((requirement) => requirement.met).length;
  return (
    <article className={styles['card']} aria-label={definition.title} data-testid="certificate-progress" data-complete={complete}>
      <header className={styles['cardHead']}>
        <div>
          <Title order={2}>{definition.title}</Title>
          <p className={styles['quiet']}>{definition.summary}</p>
        </div>
        {certificate === null ? (
          <StatusTag tone={complete ? 'pass' : 'quiet'}>
            {met} of {requirements.length} met
          </StatusTag>
        ) : (
          <StatusTag tone={STATES[certificate.state].tone}>{STATES[certificate.state].label}</StatusTag>
        )}
      </header>
      {certificate !== null && <Held certificate={certificate} />}
      {renewing && <p className={styles['note']}>To renew it, what is marked below has to be met since it was issued.</p>}
      <ol className={styles['requirements']}>
        {requirements.map((requirement) => (
          <Requirement key={requirement.id} requirement={requirement} />
        ))}
      </ol>
      {complete && (certificate?.state !== 'valid' || renewing) && (
        <p className={styles['note']}>Everything is met. An instructor or a manager issues the certificate.</p>
      )}
    </article>
  );
}

function Requirement({ requirement }: { readonly requirement: RequirementView }) {
  return (
    <li className={styles['requirement']} data-met={requirement.met}>
      <StatusIcon tone={requirement.met ? 'pass' : 'quiet'} />
      <div>
        <p className={styles['requirementTitle']}>
          {requirement.title} <span className={styles['quiet']}>{requirement.met ? '– met' : '– not yet'}</span>
        </p>
        <p className={styles['quiet']}>{requirement.why}</p>
        {requirement.next !== null && <p className={styles['next']}>{requirement.next}</p>}
        {requirement.evidence.map((evidence) => (
          <Link key={`${evidence.kind} ${evidence.id}`} to={evidencePath(evidence)}>
            Look at {evidence.title}
          </Link>
        ))}
      </div>
    </li>
  );
}

function Held({ certificate }: { readonly certificate: Certificate }) {
  return (
    <div className={styles['held']}>
      <p>
        Issued <Instant at={certificate.issuedAt} /> by {certificate.issuedBy.name}
        {certificate.validUntil !== null && (
          <>
            , good until <Instant at={certificate.validUntil} />
          </>
        )}
        .
      </p>
      {certificate.renewal?.reminder !== null && certificate.renewal !== null && (
        <p className={styles['warning']}>
          <StatusIcon tone="warn" size={16} /> {certificate.renewal.reminder}
        </p>
      )}
      {certificate.revoked !== null && (
        <p className={styles['warning']}>
          <StatusIcon tone="fail" size={16} /> Revoked <Instant at={certificate.revoked.at} />: {certificate.revoked.reason}
        </p>
      )}
      <Button component={Link} to={certificate.path} variant="default" size="xs" rightSection={<IconExternalLink size={14} aria-hidden />}>
        Badge, to show and to print
      </Button>
    </div>
  );
}
