import { Button, VisuallyHidden } from '@mantine/core';
import { Link } from 'react-router';
import type { Certificate } from '../../../server/contract/certification.ts';
import { revokeCertificate } from '../api/certificates-api.ts';
import table from '../parts/data-table.module.css';
import { Instant } from '../parts/instant.tsx';
import { StatusTag } from '../parts/status-tag.tsx';
import { STATES } from './certificate-words.ts';
import { openReasonForm } from './reason-form.tsx';
import { useCertificateChange } from './use-certificate-change.ts';

export function IssuedTable({ issued }: { readonly issued: readonly Certificate[] }) {
  return (
    <div className={table['frame']}>
      <table className={table['table']}>
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">Certificate</th>
            <th scope="col">State</th>
            <th scope="col">Issued</th>
            <th scope="col">Good until</th>
            <th scope="col">
              <VisuallyHidden>Actions</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          {issued.map((certificate) => (
            <IssuedRow key={certificate.id} certificate={certificate} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function IssuedRow({ certificate }: { readonly certificate: Certificate }) {
  const changed = useCertificateChange();
  const { person, definition, state, doubts, revoked } = certificate;
  const askToRevoke = (): void => {
    openReasonForm({
      title: `Revoke ${definition.title} of ${person.name}?`,
      text: 'The badge is on the published list of revoked ones from now on. This cannot be undone; everybody who checks the badge reads the reason.',
      label: 'Reason, for everybody to read',
      confirm: 'Revoke it for good',
      atLeast: 10,
      danger: true,
      act: (reason: string) => revokeCertificate(certificate.id, reason),
      onDone: () => {
        changed();
        return 'It is revoked.';
      },
    });
  };
  return (
    <tr data-testid="issued" data-state={state}>
      <td data-label="Person">{person.name}</td>
      <td data-label="Certificate">
        <Link to={certificate.path}>{definition.title}</Link>
      </td>
      <td data-label="State">
        <span>
          <StatusTag tone={STATES[state].tone}>{STATES[state].label}</StatusTag>
          {doubts.map((doubt) => (
            <span key={doubt} data-testid="doubt">
              <br />
              <StatusTag tone="warn">In doubt</StatusTag> {doubt}
            </span>
          ))}
          {revoked !== null && <span className={table['quiet']}> {revoked.reason}</span>}
        </span>
      </td>
      <td data-label="Issued" className={table['quiet']}>
        <span>
          <Instant at={certificate.issuedAt} /> by {certificate.issuedBy.name}
        </span>
      </td>
      <td data-label="Good until" className={table['quiet']}>
        {certificate.validUntil === null ? 'It does not expire' : <Instant at={certificate.validUntil} />}
      </td>
      <td>
        <div className={table['actions']}>
          {certificate.mayRevoke && (
            <Button size="compact-sm" variant="default" aria-label={`Revoke ${definition.title} of ${person.name}`} onClick={askToRevoke}>
              Revoke
            </Button>
          )}
        </div>
      </td>
    </tr>
  );
}
