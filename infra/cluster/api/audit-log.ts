import { appendFileSync, existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ClusterLog } from '../cluster-options.ts';
import type { Clock } from '../meta/clock.ts';
import { auditEvent, isAudited, type AnsweredRequest } from './audit-event.ts';
import type { Visibility } from './visibility.ts';

/** Of one file. There are two at most, and the older goes when the younger is full. */
const MAX_FILE_BYTES = 1024 * 1024;
/** Lines are written together, so that a thousand requests a second are ten writes. */
const FLUSH_MS = 100;
const MAX_WAITING = 2_000;

interface AuditLogParts {
  readonly folder: string;
  readonly visibility: Visibility;
  readonly clock: Clock;
  readonly log: ClusterLog;
  /** Replaced in tests. */
  readonly maxFileBytes?: number;
}

/**
 * The audit trail of a cluster: one line of JSON a request, {@link isAudited} says which. It outlives a restart of the process but for its last tenth of a
 * second, holds the last 1 to 2 MiB, and never keeps a request waiting: a disk that takes no lines costs lines, which the log tells.
 */
export class AuditLog implements Disposable {
  readonly #parts: AuditLogParts;
  readonly #file: string;
  readonly #older: string;
  #waiting: string[] = [];
  #timer: Disposable | undefined;
  #bytes: number;

  constructor(parts: AuditLogParts) {
    this.#parts = parts;
    this.#file = path.join(parts.folder, 'audit.log');
    this.#older = path.join(parts.folder, 'audit-older.log');
    this.#bytes = existsSync(this.#file) ? statSync(this.#file).size : 0;
  }

  record(request: AnsweredRequest): void {
    if (!isAudited(request, this.#parts.visibility)) return;
    this.#waiting.push(`${JSON.stringify(auditEvent(request))}\n`);
    if (this.#waiting.length >= MAX_WAITING) this.#flush();
    else this.#timer ??= this.#parts.clock.after(FLUSH_MS, () => this.#flush());
  }

  /** All that is kept, oldest first. */
  text(): string {
    this.#flush();
    return [this.#older, this.#file].map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : '')).join('');
  }

  [Symbol.dispose](): void {
    this.#flush();
  }

  #flush(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const text = this.#waiting.join('');
    this.#waiting = [];
    if (text === '') return;
    try {
      if (this.#bytes > 0 && this.#bytes + Buffer.byteLength(text) > (this.#parts.maxFileBytes ?? MAX_FILE_BYTES)) {
        renameSync(this.#file, this.#older);
        this.#bytes = 0;
      }
      appendFileSync(this.#file, text, { mode: 0o600 });
      this.#bytes += Buffer.byteLength(text);
    } catch (error) {
      this.#parts.log.error({ reason: error instanceof Error ? error.message : String(error) }, 'lines of the audit trail were lost');
    }
  }
}
