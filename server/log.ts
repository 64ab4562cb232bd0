import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/**
 * What must never be in a log, wherever it stands in the fields: credentials, cookies, links' tokens, terminal bytes. Request bodies and
 * Kubernetes objects are not logged at all.
 */
const REDACTED = [
  'password',
  'token',
  'cookie',
  'csrfToken',
  'data',
  'req.headers.cookie',
  'req.headers.authorization',
  'req.headers["x-csrf-token"]',
  'res.headers["set-cookie"]',
  '*.password',
  '*.token',
  '*.cookie',
];

/** The root logger; each subsystem takes a child named after itself: `log.child({ name: 'attempts' })`. */
export function createLogger(level: string): Logger {
  return pino({ level, redact: { paths: REDACTED, censor: '[redacted]' }, base: null });
}
