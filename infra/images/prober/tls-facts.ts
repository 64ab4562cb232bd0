import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { ProbeResult } from './protocol.ts';

type TlsFacts = NonNullable<Extract<ProbeResult, { kind: 'answered' }>['tls']>;

/** What the handshake showed, in the report's words. */
export function tlsFacts(socket: TLSSocket): TlsFacts {
  const certificate = socket.getPeerCertificate();
  const error = socket.authorizationError as Error | string | null | undefined;
  return {
    authorized: socket.authorized,
    ...(socket.authorized || error === null || error === undefined
      ? {}
      : { authorizationError: typeof error === 'string' ? error : ((error as NodeJS.ErrnoException).code ?? error.message) }),
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    validTo: certificate.valid_to,
    protocol: socket.getProtocol() ?? '',
  };
}

function nameOf(name: PeerCertificate['subject'] | undefined): string {
  return Object.entries(name ?? {})
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(',');
}
