import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

export interface PemPair {
  readonly cert: string;
  readonly key: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HOUR_MS = 3_600_000;
const LAB_LIFETIME_MS = 90 * 24 * HOUR_MS;

/** A certificate authority with a fresh P-256 key. */
export async function createAuthority(commonName: string): Promise<PemPair> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      ...validity(),
      name: `CN=${commonName}`,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { cert: certificate.toString('pem'), key: await keyPem(keys) };
}

export interface LeafRequest {
  readonly commonName: string;
  readonly usage: 'server' | 'client';
  /** DNS names of a server. */
  readonly names?: readonly string[];
  /** Else from an hour ago for as long as a lab may last. */
  readonly validity?: { readonly notBefore: Date; readonly notAfter: Date };
}

/** A certificate of the authority. */
export async function issueCertificate(authority: PemPair, request: LeafRequest): Promise<PemPair> {
  const issuer = new x509.X509Certificate(authority.cert);
  const keys = await generateKeys();
  const usage = request.usage === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
  const certificate = await x509.X509CertificateGenerator.create(
    {
      ...validity(),
      ...request.validity,
      subject: `CN=${request.commonName}`,
      issuer: issuer.subject,
      publicKey: keys.publicKey,
      signingKey: await importKey(authority.key),
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.ExtendedKeyUsageExtension([usage]),
        ...(request.names === undefined
          ? []
          : [new x509.SubjectAlternativeNameExtension(request.names.map((value) => ({ type: 'dns', value })))]),
      ],
    },
    webcrypto,
  );
  return { cert: certificate.toString('pem'), key: await keyPem(keys) };
}

/** Back-dated by an hour, because clocks of container engines in virtual machines lag after sleep. */
function validity(): { serialNumber: string; notBefore: Date; notAfter: Date; signingAlgorithm: typeof algorithm } {
  const nowMs = Date.now();
  return {
    serialNumber: `4${randomBytes(15).toString('hex').slice(1)}`,
    notBefore: new Date(nowMs - HOUR_MS),
    notAfter: new Date(nowMs + LAB_LIFETIME_MS),
    signingAlgorithm: algorithm,
  };
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [der] = x509.PemConverter.decode(pem);
  if (der === undefined) throw new TypeError('The authority has no private key.');
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
}

async function keyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
}
