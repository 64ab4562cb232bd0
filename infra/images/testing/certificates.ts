import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

export interface KeyPairPem {
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends KeyPairPem {
  issue(commonName: string, names?: readonly string[]): Promise<KeyPairPem>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
let serial = 0;

/** A certificate authority of its own for a test. */
export async function createAuthority(name: string): Promise<Authority> {
  x509.cryptoProvider.set(webcrypto as never);
  const keys = await generateKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(),
    name: `CN=${name}`,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true)],
  });
  return {
    cert: root.toString('pem'),
    key: await keyPem(keys),
    async issue(commonName, names = []) {
      const own = await generateKeys();
      const certificate = await x509.X509CertificateGenerator.create({
        ...validity(),
        subject: `CN=${commonName}`,
        issuer: root.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new x509.SubjectAlternativeNameExtension(
            names.map((value) => ({ type: /^[\d.]+$/.test(value) ? ('ip' as const) : ('dns' as const), value })),
          ),
        ],
      });
      return { cert: certificate.toString('pem'), key: await keyPem(own) };
    },
  };
}

function validity(): { serialNumber: string; notBefore: Date; notAfter: Date; signingAlgorithm: typeof algorithm } {
  serial += 1;
  return {
    serialNumber: serial.toString(16).padStart(2, '0'),
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    signingAlgorithm: algorithm,
  };
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function keyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
}
