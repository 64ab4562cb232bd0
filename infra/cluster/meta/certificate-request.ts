import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** What somebody asks to be certified: a PKCS #10 request, read but not believed before {@link isSignedByItsKey}. */
export type RequestFacts = x509.Pkcs10CertificateRequest;

const blockType = 'CERTIFICATE REQUEST';

/** Reads `spec.request`, base64 of one PEM block. Comes back with the server's words where it is none. */
export function readRequest(base64: string): { readonly request: RequestFacts } | { readonly fault: string } {
  x509.cryptoProvider.set(webcrypto as never);
  const text = Buffer.from(base64, 'base64').toString('latin1');
  if (!text.includes(`-----BEGIN ${blockType}-----`)) return { fault: `PEM block type must be ${blockType}` };
  try {
    const [block] = x509.PemConverter.decode(text);
    if (block === undefined) return { fault: `PEM block type must be ${blockType}` };
    return { request: new x509.Pkcs10CertificateRequest(block) };
  } catch (error) {
    return { fault: `x509: malformed certificate request: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Whether whoever asks holds the key. Keys of kinds that WebCrypto does not know count as not held. */
export async function isSignedByItsKey(request: RequestFacts): Promise<boolean> {
  try {
    return await request.verify();
  } catch {
    return false;
  }
}

export function commonNameOf(request: RequestFacts): string {
  return request.subjectName.getField('CN')[0] ?? '';
}

export function organizationsOf(request: RequestFacts): readonly string[] {
  return request.subjectName.getField('O');
}
