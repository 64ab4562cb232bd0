import 'reflect-metadata';
import type { X509Certificate } from 'node:crypto';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { z } from 'zod';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const YEAR_MS = 365 * 86_400_000;
/** Clocks of clients may be a little behind. */
const BACKDATE_MS = 3_600_000;

export interface KeyPairPem {
  readonly certificate: string;
  readonly key: string;
}

/** A cluster's certificate authority. Its private key stays in the cluster's data folder. */
export class CertificateAuthority {
  readonly certificate: string;
  readonly #root: x509.X509Certificate;
  readonly #keys: webcrypto.CryptoKeyPair;
  readonly #notBefore: Date;

  private constructor(root: x509.X509Certificate, keys: webcrypto.CryptoKeyPair, nowMs: number) {
    this.#root = root;
    this.#keys = keys;
    this.#notBefore = new Date(nowMs - BACKDATE_MS);
    this.certificate = root.toString('pem');
  }

  static async create(nowMs: number): Promise<CertificateAuthority> {
    x509.cryptoProvider.set(webcrypto as never);
    const keys = await generateKeys();
    const root = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: newSerial(),
      name: 'CN=kubernetes',
      notBefore: new Date(nowMs - BACKDATE_MS),
      notAfter: new Date(nowMs + 10 * YEAR_MS),
      keys,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
      ],
    });
    return new CertificateAuthority(root, keys, nowMs);
  }

  /** Brings back what {@link export} gave. */
  static async restore(saved: KeyPairPem, nowMs: number): Promise<CertificateAuthority> {
    x509.cryptoProvider.set(webcrypto as never);
    const root = new x509.X509Certificate(saved.certificate);
    const privateKey = await webcrypto.subtle.importKey(
      'pkcs8',
      x509.PemConverter.decode(saved.key)[0] ?? new ArrayBuffer(0),
      algorithm,
      true,
      ['sign'],
    );
    const publicKey = (await root.publicKey.export(algorithm, ['verify'])) as webcrypto.CryptoKey;
    return new CertificateAuthority(root, { privateKey, publicKey }, nowMs);
  }

  async export(): Promise<KeyPairPem> {
    return { certificate: this.certificate, key: await privateKeyPem(this.#keys) };
  }

  /** A certificate for the API server's own listeners. */
  async issueServer(names: readonly string[]): Promise<KeyPairPem> {
    const entries = names.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const), value }));
    return this.#issue('CN=kube-apiserver', [
      new x509.SubjectAlternativeNameExtension(entries),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ]);
  }

  /** A client's identity: the common name is the user, each organisation a group. */
  async issueClient(username: string, groups: readonly string[]): Promise<KeyPairPem> {
    const subject = [{ CN: [username] }, ...groups.map((group) => ({ O: [group] }))];
    return this.#issue(subject, [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])]);
  }

  /**
   * Certifies somebody else's key, as the cluster's signer does: subject and alternative names are the request's, what the key may be used
   * for is the caller's.
   */
  async signRequest(request: x509.Pkcs10CertificateRequest, { usages, notBeforeMs, notAfterMs }: SigningTerms): Promise<string> {
    const names = request.extensions.filter((extension) => extension.type === subjectAltName);
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: newSerial(),
      subject: request.subjectName.toJSON(),
      issuer: this.#root.subject,
      notBefore: new Date(notBeforeMs),
      notAfter: new Date(notAfterMs),
      publicKey: request.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [new x509.BasicConstraintsExtension(false, undefined, true), ...usageExtensions(usages), ...names],
    });
    return `${certificate.toString('pem')}\n`;
  }

  async #issue(subject: string | x509.JsonName, extensions: x509.Extension[]): Promise<KeyPairPem> {
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: newSerial(),
      subject,
      issuer: this.#root.subject,
      notBefore: this.#notBefore,
      notAfter: new Date(this.#notBefore.getTime() + YEAR_MS),
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: algorithm,
      extensions,
    });
    return { certificate: certificate.toString('pem'), key: await privateKeyPem(keys) };
  }
}

export interface SigningTerms {
  /** In Kubernetes' words, e.g. `client auth`. */
  readonly usages: readonly string[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

const subjectAltName = '2.5.29.17';

const keyUsages: Readonly<Record<string, x509.KeyUsageFlags>> = {
  signing: x509.KeyUsageFlags.digitalSignature,
  'digital signature': x509.KeyUsageFlags.digitalSignature,
  'content commitment': x509.KeyUsageFlags.nonRepudiation,
  'key encipherment': x509.KeyUsageFlags.keyEncipherment,
  'key agreement': x509.KeyUsageFlags.keyAgreement,
  'data encipherment': x509.KeyUsageFlags.dataEncipherment,
  'encipher only': x509.KeyUsageFlags.encipherOnly,
  'decipher only': x509.KeyUsageFlags.decipherOnly,
};

const extendedKeyUsages: Readonly<Record<string, string>> = {
  'client auth': x509.ExtendedKeyUsage.clientAuth,
  'server auth': x509.ExtendedKeyUsage.serverAuth,
  'code signing': x509.ExtendedKeyUsage.codeSigning,
  'email protection': x509.ExtendedKeyUsage.emailProtection,
  's/mime': x509.ExtendedKeyUsage.emailProtection,
  timestamping: x509.ExtendedKeyUsage.timeStamping,
  'ocsp signing': x509.ExtendedKeyUsage.ocspSigning,
};

function union(flags: readonly x509.KeyUsageFlags[]): x509.KeyUsageFlags {
  return flags.reduce((sum, flag) => sum | flag);
}

function usageExtensions(usages: readonly string[]): x509.Extension[] {
  const flags = usages.flatMap((usage) => keyUsages[usage] ?? []);
  const extended = [...new Set(usages.flatMap((usage) => extendedKeyUsages[usage] ?? []))];
  return [
    ...(flags.length === 0 ? [] : [new x509.KeyUsagesExtension(union(flags), true)]),
    ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)]),
  ];
}

export const keyPairSchema = z.strictObject({ certificate: z.string(), key: z.string() });

/** User and groups of a verified client certificate. */
export function subjectOf(certificate: X509Certificate): { readonly username: string; readonly groups: readonly string[] } {
  const fields = certificate.subject.split('\n').map((line) => line.split(/=(.*)/s));
  const valuesOf = (name: string): string[] => fields.filter(([key]) => key === name).map(([, value = '']) => value);
  return { username: valuesOf('CN')[0] ?? '', groups: valuesOf('O') };
}

function newSerial(): string {
  // Positive: the first byte's high bit stays clear.
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f || 1;
  return bytes.toString('hex');
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function privateKeyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
}
