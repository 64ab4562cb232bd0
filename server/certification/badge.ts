import { toInstant } from '../clock.ts';
import type { Definition } from './definition.ts';

/** What is signed, once, when a certificate is issued. */
export interface BadgeFacts {
  readonly certificateId: string;
  readonly definition: Pick<Definition, 'id' | 'title' | 'summary' | 'criteria' | 'tags'>;
  readonly holderName: string;
  /** A URI that says nothing about the person: the same one is never used for two badges. */
  readonly holderId: string;
  readonly issuedAtMs: number;
  readonly validUntilMs: number | null;
  readonly evidence: readonly BadgeEvidence[];
  readonly status: { readonly list: number; readonly index: number };
}

export interface BadgeEvidence {
  readonly url: string;
  readonly name: string;
  readonly narrative: string;
}

const CONTEXT = [
  'https://www.w3.org/ns/credentials/v2',
  'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json',
  // Defines the type of credentialSchema.
  'https://purl.imsglobal.org/spec/ob/v3p0/extensions.json',
] as const;

export const CREDENTIAL_SCHEMA = {
  id: 'https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json',
  type: '1EdTechJsonSchemaValidator2019',
} as const;

/** The addresses under which an installation publishes, all below the address that people open. */
export class BadgeSite {
  readonly #publicUrl: string;

  constructor(publicUrl: string) {
    this.#publicUrl = publicUrl.replace(/\/+$/, '');
  }

  get url(): string {
    return this.#publicUrl;
  }

  /** W3C's did:web method: the host, its port's colon escaped. An installation below a path adds the path's parts. */
  get did(): string {
    const { host, pathname } = new URL(this.#publicUrl);
    const parts = pathname.split('/').filter((part) => part !== '');
    return ['did:web', encodeURIComponent(host), ...parts.map(encodeURIComponent)].join(':');
  }

  badge(certificateId: string): string {
    return `${this.#publicUrl}/badges/${certificateId}`;
  }

  achievement(definitionId: string): string {
    return `${this.#publicUrl}/api/public/achievements/${definitionId}`;
  }

  /** Open Badges asks for a key id that can be fetched. */
  key(keyId: string): string {
    return `${this.#publicUrl}/api/public/keys/${keyId}`;
  }

  statusList(list: number): string {
    return `${this.#publicUrl}/api/public/status/${list}`;
  }
}

/** The OpenBadgeCredential of the specification Open Badges 3.0, on version 2.0 of the data model for verifiable credentials. Pure. */
export function planCredential(facts: BadgeFacts, site: BadgeSite): Readonly<Record<string, unknown>> {
  const { definition, status } = facts;
  return {
    '@context': CONTEXT,
    id: site.badge(facts.certificateId),
    type: ['VerifiableCredential', 'OpenBadgeCredential'],
    name: definition.title,
    description: definition.summary,
    issuer: planIssuer(site),
    validFrom: toInstant(facts.issuedAtMs),
    ...(facts.validUntilMs === null ? {} : { validUntil: toInstant(facts.validUntilMs) }),
    awardedDate: toInstant(facts.issuedAtMs),
    credentialSubject: {
      id: facts.holderId,
      type: ['AchievementSubject'],
      identifier: [{ type: 'IdentityObject', hashed: false, identityHash: facts.holderName, identityType: 'name' }],
      achievement: planAchievement(definition, site),
    },
    evidence: facts.evidence.map(({ url, name, narrative }) => ({ id: url, type: ['Evidence'], name, narrative })),
    credentialSchema: [CREDENTIAL_SCHEMA],
    credentialStatus: {
      id: `${site.statusList(status.list)}#${status.index}`,
      type: 'BitstringStatusListEntry',
      statusPurpose: 'revocation',
      statusListIndex: String(status.index),
      statusListCredential: site.statusList(status.list),
    },
  };
}

export function planAchievement(definition: BadgeFacts['definition'], site: BadgeSite): Readonly<Record<string, unknown>> {
  return {
    id: site.achievement(definition.id),
    type: ['Achievement'],
    achievementType: 'Certification',
    name: definition.title,
    description: definition.summary,
    criteria: { narrative: definition.criteria.trim() },
    creator: planIssuer(site),
    ...(definition.tags.length === 0 ? {} : { tag: definition.tags }),
  };
}

function planIssuer(site: BadgeSite): Readonly<Record<string, unknown>> {
  return { id: site.did, type: ['Profile'], name: `Drillhouse at ${new URL(site.url).host}`, url: site.url };
}

/**
 * The claims that Open Badges 3.0 puts beside the credential's own properties in its JWT proof format (section 8.2): there is no `vc` claim,
 * and each claim repeats what the credential says. NumericDate has whole seconds, and so does everything that is signed.
 */
export function toJwtPayload(credential: Readonly<Record<string, unknown>>, facts: BadgeFacts, site: BadgeSite): object {
  return {
    ...credential,
    iss: site.did,
    sub: facts.holderId,
    jti: site.badge(facts.certificateId),
    nbf: Math.floor(facts.issuedAtMs / 1000),
    ...(facts.validUntilMs === null ? {} : { exp: Math.floor(facts.validUntilMs / 1000) }),
  };
}
