import type { AppealView, BadgeReport, CertificateState, EvidenceLink, Improvement } from '../../../server/contract/certification.ts';
import type { Tone } from '../parts/status-tag.tsx';

interface Word {
  readonly tone: Tone;
  readonly label: string;
}

export const STATES: Readonly<Record<CertificateState, Word>> = {
  valid: { tone: 'pass', label: 'Valid' },
  expired: { tone: 'warn', label: 'Expired' },
  revoked: { tone: 'fail', label: 'Revoked' },
};

export const VERDICTS: Readonly<Record<BadgeReport['verdict'], Word>> = { ...STATES, 'not valid': { tone: 'fail', label: 'Not valid' } };

export const IMPROVEMENT_STATES: Readonly<Record<Improvement['state'], Word>> = {
  submitted: { tone: 'busy', label: 'Waits for a manager' },
  accepted: { tone: 'pass', label: 'Accepted' },
  returned: { tone: 'warn', label: 'Sent back' },
};

export const APPEAL_DECISIONS: Readonly<Record<NonNullable<AppealView['decision']> | 'open', Word>> = {
  open: { tone: 'busy', label: 'Waits for an instructor' },
  upheld: { tone: 'quiet', label: 'The verdict stands' },
  regraded: { tone: 'accent', label: 'Judged again' },
  withdrawn: { tone: 'quiet', label: 'Withdrawn' },
};

/** Where a piece of evidence can be read by those who may. */
export function evidencePath({ kind, id }: EvidenceLink): string {
  switch (kind) {
    case 'attempt':
      return `/attempts/${id}/result`;
    case 'artefact':
      return `/attempts/${id}/artefacts`;
    case 'certificate':
      return `/badges/${id}`;
    case 'improvement':
      return `/certificates#${id}`;
    case 'drill':
      return `/drills/${id}`;
  }
}
