import type { Server } from 'node:https';
import type { PeerCertificate } from 'node:tls';
import { log } from './log.ts';
import { isClockSkewed, wallTimeMs } from './wall-clock.ts';

/** Why a certificate does not hold at a time, in OpenSSL's words; undefined when it does. Pure. */
export function findTimeFault(certificate: Pick<PeerCertificate, 'valid_from' | 'valid_to'>, nowMs: number): string | undefined {
  if (nowMs < Date.parse(certificate.valid_from)) return 'certificate is not yet valid';
  if (nowMs > Date.parse(certificate.valid_to)) return 'certificate has expired';
  return undefined;
}

/**
 * OpenSSL checks clients' certificates by the machine's clock. A program whose own clock is off has to look once more, or the skew would
 * change what it prints and nothing else.
 */
export function refuseByOwnClock(server: Server): void {
  if (!isClockSkewed) return;
  server.on('secureConnection', (socket) => {
    const certificate = socket.getPeerCertificate() as PeerCertificate | Record<string, never>;
    // Who shows none was let in without one.
    if (!('valid_to' in certificate)) return;
    const fault = findTimeFault(certificate as PeerCertificate, wallTimeMs());
    if (fault === undefined) return;
    log('warning', 'tls handshake refused', { reason: fault });
    socket.destroy();
  });
}
