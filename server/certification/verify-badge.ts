import { compactVerify, decodeProtectedHeader, importJWK } from 'jose';
import { z } from 'zod';
import { toInstant } from '../clock.ts';
import type { BadgeReport, BadgeStep } from '../contract/certification.ts';
import type { CertificateRow } from '../store/schema.ts';
import { SIGNING_ALGORITHM, type PublicKey } from './signing-keys.ts';
import { stateOf } from './validity.ts';

/** What of a badge is read. Whatever else it holds is covered by the signature all the same. */
const payloadSchema = z.object({
  iss: z.string(),
  sub: z.string(),
  jti: z.string(),
  nbf: z.number(),
  exp: z.number().optional(),
  id: z.string(),
  name: z.string(),
  description: z.string(),
  validFrom: z.iso.datetime(),
  validUntil: z.iso.datetime().optional(),
  issuer: z.object({ id: z.string(), name: z.string() }),
  credentialSubject: z.object({
    id: z.string(),
    identifier: z.array(z.object({ identityHash: z.string() })).min(1),
    achievement: z.object({ criteria: z.object({ narrative: z.string() }) }),
  }),
  evidence: z.array(z.object({ name: z.string(), narrative: z.string() })).default([]),
});
type Payload = z.infer<typeof payloadSchema>;

export interface BadgeKnowledge {
  findKey(keyId: string): Promise<PublicKey | undefined>;
  findCertificate(certificateId: string): Promise<CertificateRow | undefined>;
  readonly nowMs: number;
}

/** Everything that can be said of a badge, step by step; a step is not taken when the one before it failed. Never throws for a bad badge. */
export async function verifyBadge(jwt: string, knowledge: BadgeKnowledge): Promise<BadgeReport> {
  const steps: BadgeStep[] = [];
  const take = (step: BadgeStep): boolean => steps.push(step) > 0 && step.ok;
  const read = readBadge(jwt);
  if (!take(formStep(read)) || read === undefined) return refuse(steps, 'This is not a badge, or it was changed: it cannot be read.');
  const key = await knowledge.findKey(read.keyId);
  if (!take(keyStep(key)) || key === undefined) return refuse(steps, 'It was not signed here: this installation does not know its key.');
  const payload = await readSigned(jwt, key);
  if (!take(signatureStep(payload)) || payload === undefined)
    return refuse(steps, 'Its signature does not fit what it says: it was changed after it was signed.');
  if (!take(claimsStep(payload))) return refuse(steps, 'What it says contradicts itself.');
  const row = await knowledge.findCertificate(payload.id.split('/').at(-1) ?? '');
  if (!take(registerStep(row, jwt)) || row === undefined)
    return refuse(steps, 'It is signed with our key and yet not in the register of what was issued.');
  const state = stateOf({ validUntilMs: row.valid_until_ms, revokedAtMs: row.revoked_at_ms }, knowledge.nowMs);
  steps.push(revocationStep(row), dateStep(row, knowledge.nowMs));
  return { verdict: state, why: tellState(state, row), steps, badge: viewBadge(payload), revoked: viewRevoked(row), jwt };
}

function refuse(steps: BadgeStep[], why: string): BadgeReport {
  return { verdict: 'not valid', why, steps, badge: null, revoked: null, jwt: null };
}

function readBadge(jwt: string): { readonly keyId: string } | undefined {
  try {
    const { alg, kid } = decodeProtectedHeader(jwt);
    return alg === SIGNING_ALGORITHM && typeof kid === 'string' && jwt.split('.').length === 3
      ? { keyId: kid.split('/').at(-1) ?? '' }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined when the signature does not verify, or what it covers is no badge. */
async function readSigned(jwt: string, key: PublicKey): Promise<Payload | undefined> {
  try {
    const { payload } = await compactVerify(jwt, await importJWK(key.jwk, SIGNING_ALGORITHM), { algorithms: [SIGNING_ALGORITHM] });
    return payloadSchema.safeParse(JSON.parse(new TextDecoder().decode(payload))).data;
  } catch {
    return undefined;
  }
}

function formStep(read: unknown): BadgeStep {
  return step(
    'form',
    'It is a signed badge',
    read !== undefined,
    'Open Badges 3.0, signed with Ed25519.',
    'It is no signed badge in three parts.',
  );
}

function keyStep(key: PublicKey | undefined): BadgeStep {
  const retired = key?.retiredAtMs !== null && key !== undefined ? ' The key signs no more; what it signed stays good.' : '';
  return step(
    'key',
    'Its key is ours',
    key !== undefined,
    `Key ${key?.id.slice(0, 12) ?? ''}….${retired}`,
    'This installation never had the key that it names.',
  );
}

function signatureStep(payload: unknown): BadgeStep {
  return step(
    'signature',
    'Its signature holds',
    payload !== undefined,
    'Nothing was changed since it was signed.',
    'The signature does not fit the text.',
  );
}

function claimsStep(payload: Payload): BadgeStep {
  const seconds = (instant: string): number => Math.floor(Date.parse(instant) / 1000);
  const agrees =
    payload.iss === payload.issuer.id &&
    payload.sub === payload.credentialSubject.id &&
    payload.jti === payload.id &&
    payload.nbf === seconds(payload.validFrom) &&
    payload.exp === (payload.validUntil === undefined ? undefined : seconds(payload.validUntil));
  return step(
    'claims',
    'It says one thing throughout',
    agrees,
    'Issuer, holder, number and dates agree.',
    'Its claims and its contents differ.',
  );
}

function registerStep(row: CertificateRow | undefined, jwt: string): BadgeStep {
  return step(
    'register',
    'It is in the register',
    row?.jwt === jwt,
    'It was issued here, exactly as it stands.',
    'The register has no such badge.',
  );
}

function revocationStep(row: CertificateRow): BadgeStep {
  return step(
    'revocation',
    'It was not revoked',
    row.revoked_at_ms === null,
    'It is not on the list of revoked badges.',
    `Revoked: ${row.revoke_reason ?? ''}`,
  );
}

function dateStep({ valid_until_ms: untilMs }: CertificateRow, nowMs: number): BadgeStep {
  const day = untilMs === null ? '' : toInstant(untilMs).slice(0, 10);
  return step(
    'date',
    'It has not expired',
    untilMs === null || nowMs < untilMs,
    untilMs === null ? 'It does not expire.' : `It is good until ${day}.`,
    `It was good until ${day}.`,
  );
}

function step(id: string, title: string, ok: boolean, good: string, bad: string): BadgeStep {
  return { id, title, ok, detail: ok ? good : bad };
}

function tellState(state: 'valid' | 'expired' | 'revoked', row: CertificateRow): string {
  switch (state) {
    case 'valid':
      return 'This badge was issued here, is unchanged and holds today.';
    case 'expired':
      return `This badge was issued here and expired on ${toInstant(row.valid_until_ms ?? 0).slice(0, 10)}. Its holder can renew it.`;
    case 'revoked':
      return `This badge was issued here and taken back on ${toInstant(row.revoked_at_ms ?? 0).slice(0, 10)}.`;
  }
}

function viewRevoked(row: CertificateRow): BadgeReport['revoked'] {
  return row.revoked_at_ms === null ? null : { at: toInstant(row.revoked_at_ms), reason: row.revoke_reason ?? '' };
}

function viewBadge(payload: Payload): NonNullable<BadgeReport['badge']> {
  return {
    id: payload.id,
    title: payload.name,
    summary: payload.description,
    criteria: payload.credentialSubject.achievement.criteria.narrative,
    holder: payload.credentialSubject.identifier[0]?.identityHash ?? '',
    issuer: payload.issuer.id,
    issuerName: payload.issuer.name,
    issuedAt: payload.validFrom,
    validUntil: payload.validUntil ?? null,
    evidence: payload.evidence,
  };
}
