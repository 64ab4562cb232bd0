import { DAY_MS, toInstant } from '../clock.ts';
import type { Certificate, Progress, RequirementView } from '../contract/certification.ts';
import type { PersonRef, Role } from '../contract/roles.ts';
import type { CertificateRow } from '../store/schema.ts';
import type { IssuedDocument } from './certificate-records.ts';
import type { Definition } from './definition.ts';
import type { PersonFacts } from './facts.ts';
import { evaluate, findDoubts, type EvidenceRef, type RequirementResult } from './requirements.ts';
import { planRenewal, stateOf, type Renewal } from './validity.ts';

export interface ViewContext {
  readonly definitions: readonly Definition[];
  readonly viewer: { readonly id: string; readonly role: Role };
  readonly nameOf: (personId: string) => PersonRef;
  readonly nowMs: number;
}

const REVOKES: ReadonlySet<Role> = new Set(['manager', 'admin']);

export function mayRevoke(viewer: ViewContext['viewer'], row: CertificateRow): boolean {
  return REVOKES.has(viewer.role) && row.person_id !== viewer.id;
}

export function viewCertificate(row: CertificateRow, facts: PersonFacts, context: ViewContext): Certificate {
  const document = JSON.parse(row.document) as IssuedDocument;
  const validity = { validUntilMs: row.valid_until_ms, revokedAtMs: row.revoked_at_ms };
  const state = stateOf(validity, context.nowMs);
  const renewal = planRenewal(validity, renewalOf(row, context), context.nowMs);
  return {
    id: row.id,
    definition: { id: row.definition_id, title: document.definition.title },
    person: context.nameOf(row.person_id),
    nameAsIssued: row.person_name,
    state,
    issuedAt: toInstant(row.issued_at_ms),
    issuedBy: context.nameOf(row.issued_by),
    validUntil: row.valid_until_ms === null ? null : toInstant(row.valid_until_ms),
    renews: row.renews,
    revoked:
      row.revoked_at_ms === null
        ? null
        : { at: toInstant(row.revoked_at_ms), by: context.nameOf(row.revoked_by ?? ''), reason: row.revoke_reason ?? '' },
    renewal: renewal === null ? null : viewRenewal(renewal, row.valid_until_ms ?? 0, context.nowMs),
    evidence: document.evidence.map(viewEvidence),
    doubts: state === 'revoked' ? [] : [...findDoubts(document.evidence, facts)],
    path: `/badges/${row.id}`,
    jwt: row.jwt,
    mayRevoke: state !== 'revoked' && mayRevoke(context.viewer, row),
  };
}

/** Where a person stands with one certificate. `held`: their newest of it. */
export function viewProgress(definition: Definition, facts: PersonFacts, held: CertificateRow | undefined, context: ViewContext): Progress {
  const since = held === undefined ? undefined : renewsFrom(definition, held, context.nowMs);
  const { complete, requirements } = evaluate(definition, facts, since);
  return {
    definition: {
      id: definition.id,
      title: definition.title,
      summary: definition.summary,
      validMonths: definition.validMonths ?? null,
    },
    complete,
    renewing: since !== undefined,
    requirements: requirements.map(viewRequirement),
    certificate: held === undefined ? null : viewCertificate(held, facts, context),
  };
}

/** When the certificate was issued that a new one would renew; undefined when a new one would begin afresh. */
export function renewsFrom(definition: Definition, held: CertificateRow, nowMs: number): number | undefined {
  const validity = { validUntilMs: held.valid_until_ms, revokedAtMs: held.revoked_at_ms };
  return planRenewal(validity, definition.renewal, nowMs)?.open === true ? held.issued_at_ms : undefined;
}

function renewalOf(row: CertificateRow, { definitions }: ViewContext): Definition['renewal'] {
  return definitions.find(({ id }) => id === row.definition_id)?.renewal;
}

function viewRenewal({ opensAtMs, open, dueReminders }: Renewal, untilMs: number, nowMs: number): NonNullable<Certificate['renewal']> {
  const days = Math.ceil((untilMs - nowMs) / DAY_MS);
  const reminder =
    days <= 0
      ? 'It has expired. Renew it to be certified again.'
      : dueReminders.length > 0
        ? `It expires in ${days} ${days === 1 ? 'day' : 'days'}. Renew it before then.`
        : null;
  return { opensAt: toInstant(opensAtMs), open, reminder };
}

function viewRequirement(requirement: RequirementResult): RequirementView {
  return { ...requirement, evidence: requirement.evidence.map(viewEvidence) };
}

function viewEvidence({ kind, id, title, atMs }: EvidenceRef): RequirementView['evidence'][number] {
  return { kind, id, title, at: toInstant(atMs) };
}
