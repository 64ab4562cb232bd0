import type { CertificateRow, PersonRow } from '../store/schema.ts';
import { newId } from '../ids.ts';

/** A certificate without evidence, to be stored. */
export function plainCertificate({
  holder,
  issuer,
  keyId,
  list,
  index,
  nowMs,
}: {
  readonly holder: Pick<PersonRow, 'id' | 'name'>;
  readonly issuer: Pick<PersonRow, 'id'>;
  readonly keyId: string;
  readonly list: CertificateRow['status_list'];
  readonly index: number;
  readonly nowMs: number;
}) {
  return {
    id: newId('certificate'),
    definition_id: 'operator',
    person_id: holder.id,
    person_name: holder.name,
    document: '{"evidence":[]}',
    jwt: 'a.b.c',
    key_id: keyId,
    status_list: list,
    status_index: index,
    issued_at_ms: nowMs,
    valid_until_ms: nowMs + 1000,
    issued_by: issuer.id,
    renews: null,
  };
}
