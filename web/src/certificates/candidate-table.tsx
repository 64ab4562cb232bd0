import { Button, VisuallyHidden } from '@mantine/core';
import type { Candidate } from '../../../server/contract/certification.ts';
import { issueCertificate } from '../api/certificates-api.ts';
import { ask } from '../parts/ask.ts';
import table from '../parts/data-table.module.css';
import { StatusTag } from '../parts/status-tag.tsx';
import { useAct } from '../parts/use-act.ts';
import { useCertificateChange } from './use-certificate-change.ts';

export function CandidateTable({ candidates }: { readonly candidates: readonly Candidate[] }) {
  return (
    <div className={table['frame']}>
      <table className={table['table']}>
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">Certificate</th>
            <th scope="col">Requirements</th>
            <th scope="col">
              <VisuallyHidden>Actions</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          {candidates.map((candidate) => (
            <CandidateRow key={`${candidate.person.id} ${candidate.definition.id}`} candidate={candidate} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CandidateRow({ candidate }: { readonly candidate: Candidate }) {
  const changed = useCertificateChange();
  const { person, definition, met, of, complete, renews, refusal } = candidate;
  const issue = useAct(issueCertificate, {
    onDone: () => {
      changed();
      return `${person.name} is certified: ${definition.title}.`;
    },
  });
  const verb = renews === null ? 'Issue' : 'Renew';
  return (
    <tr data-testid="candidate">
      <td data-label="Person">{person.name}</td>
      <td data-label="Certificate">{definition.title}</td>
      <td data-label="Requirements">
        <StatusTag tone={complete ? 'pass' : 'quiet'}>
          {met} of {of} met
        </StatusTag>
      </td>
      <td>
        <div className={table['actions']}>
          {refusal !== null && <span className={table['quiet']}>{refusal}</span>}
          {complete && refusal === null && (
            <Button
              size="compact-sm"
              loading={issue.isPending}
              aria-label={`${verb} ${definition.title} to ${person.name}`}
              onClick={() => {
                ask({
                  title: `${verb} ${definition.title}?`,
                  text: `The badge is signed in the name of ${person.name} as it stands now and can be revoked, but not changed.`,
                  confirm: `${verb} the certificate`,
                  onConfirm: () => {
                    issue.mutate({ person: person.id, definition: definition.id });
                  },
                });
              }}
            >
              {verb}
            </Button>
          )}
        </div>
      </td>
    </tr>
  );
}
