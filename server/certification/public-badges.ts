import { notFound } from '../app-error.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { toInstant, toInstantOrNull, type Clock } from '../clock.ts';
import type { BadgeReport, SigningKeyView } from '../contract/certification.ts';
import type { PersonRow } from '../store/schema.ts';
import { BadgeSite, planAchievement } from './badge.ts';
import type { CertificateRecords } from './certificate-records.ts';
import type { Definition } from './definition.ts';
import { planDidDocument, planKeySet, publishKey } from './published-keys.ts';
import type { SigningKeys } from './signing-keys.ts';
import { planStatusList } from './status-list.ts';
import { verifyBadge } from './verify-badge.ts';

interface PublicBadgeParts {
  readonly records: CertificateRecords;
  readonly definitions: readonly Definition[];
  readonly keys: SigningKeys;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly publicUrl: () => string;
}

/** What is published about badges and may be fetched without an account, and the keys behind it. */
export class PublicBadges {
  readonly #parts: PublicBadgeParts;

  constructor(parts: PublicBadgeParts) {
    this.#parts = parts;
  }

  async report(certificateId: string): Promise<BadgeReport> {
    return this.verify(await this.credential(certificateId));
  }

  async verify(jwt: string): Promise<BadgeReport> {
    const { keys, records, clock } = this.#parts;
    return verifyBadge(jwt, { findKey: (id) => keys.find(id), findCertificate: (id) => records.find(id), nowMs: clock.now() });
  }

  async credential(certificateId: string): Promise<string> {
    const row = await this.#parts.records.find(certificateId);
    if (row === undefined) throw notFound('badge');
    return row.jwt;
  }

  async key(id: string): Promise<object> {
    const key = await this.#parts.keys.find(id);
    if (key === undefined) throw notFound('key');
    return publishKey(key, this.#site);
  }

  async keySet(): Promise<object> {
    return planKeySet(await this.#parts.keys.list(), this.#site);
  }

  async didDocument(): Promise<object> {
    return planDidDocument(await this.#parts.keys.list(), this.#site);
  }

  achievement(definitionId: string): object {
    const definition = this.#parts.definitions.find(({ id }) => id === definitionId);
    if (definition === undefined) throw notFound('achievement');
    return { '@context': ['https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json'], ...planAchievement(definition, this.#site) };
  }

  /** Signed anew each time, so that its `validFrom` says how fresh it is. */
  async statusList(list: number): Promise<string> {
    const { keys, records, clock } = this.#parts;
    const site = this.#site;
    const credential = planStatusList(list, await records.listRevoked(list), site, clock.now());
    const key = await keys.current();
    return key.sign({ ...credential, iss: site.did }, site.key(key.id), 'vc+jwt');
  }

  /** The newest first. */
  async listKeys(): Promise<SigningKeyView[]> {
    const counts = await this.#parts.records.countByKey();
    return (await this.#parts.keys.list())
      .map(({ id, createdAtMs, retiredAtMs }) => ({
        id,
        createdAt: toInstant(createdAtMs),
        retiredAt: toInstantOrNull(retiredAtMs),
        badges: counts.get(id) ?? 0,
      }))
      .reverse();
  }

  async rotateKey(actor: PersonRow, address: string): Promise<SigningKeyView[]> {
    const id = await this.#parts.keys.rotate();
    await this.#parts.audit.record({ actor, action: 'signing-key.made', subject: id, address });
    return this.listKeys();
  }

  get #site(): BadgeSite {
    return new BadgeSite(this.#parts.publicUrl());
  }
}
