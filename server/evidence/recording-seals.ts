import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { codeOf, messageOf } from '../app-error.ts';
import type { EvidenceChain } from '../attempts/evidence-chain.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Db } from '../store/schema.ts';
import { recordingFiles } from '../terminals/recorder.ts';

export const RECORDINGS_SEALED = 'recordings';

/** What the chain keeps of one recording. `sha256` is null when there was no file to read. */
export interface SealedRecording {
  readonly recordingId: string;
  readonly terminalId: string;
  readonly title: string;
  readonly bytes: number;
  readonly sha256: string | null;
}

interface SealParts {
  readonly db: Db;
  readonly dataDir: string;
  readonly evidence: EvidenceChain;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Writes the hashes of an attempt's recordings into the chain, once, when its terminals have ended and nothing is written to them any more.
 * One attempt at a time; disposing waits for what has begun.
 */
export class RecordingSeals implements AsyncDisposable {
  readonly #parts: SealParts;
  #turn: Promise<void> = Promise.resolve();
  #disposed = false;

  constructor(parts: SealParts) {
    this.#parts = parts;
  }

  /** Never throws: a recording that cannot be read is noted as such, and what fails is tried again at the next start. */
  seal(attemptId: string): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      if (this.#disposed) return;
      try {
        await this.#sealOnce(attemptId);
      } catch (error) {
        this.#parts.log.warn({ attemptId, reason: messageOf(error) }, 'recordings could not be sealed; the next start tries again');
      }
    });
    return this.#turn;
  }

  /** What an earlier server did not come to. */
  async sealMissed(): Promise<void> {
    const rows = await this.#parts.db
      .selectFrom('recordings')
      .innerJoin('attempts', 'attempts.id', 'recordings.attempt_id')
      .select('attempts.id')
      .distinct()
      .where('attempts.ended_at_ms', 'is not', null)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('evidence')
              .select('evidence.seq')
              .whereRef('evidence.attempt_id', '=', 'attempts.id')
              .where('evidence.kind', '=', RECORDINGS_SEALED),
          ),
        ),
      )
      .execute();
    for (const { id } of rows) await this.seal(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await this.#turn;
  }

  async #sealOnce(attemptId: string): Promise<void> {
    const { db, dataDir, evidence, clock } = this.#parts;
    const rows = await db.selectFrom('recordings').selectAll().where('attempt_id', '=', attemptId).orderBy('started_at_ms').execute();
    if (rows.length === 0 || (await this.#isSealed(attemptId))) return;
    const recordings: SealedRecording[] = [];
    for (const row of rows) {
      const hashed = await hashFile(recordingFiles(dataDir, row.terminal_id).cast);
      recordings.push({ recordingId: row.id, terminalId: row.terminal_id, title: row.terminal_title, ...hashed });
    }
    await evidence.exclusive(() =>
      db
        .transaction()
        .execute((tx) => evidence.append(tx, { attemptId, kind: RECORDINGS_SEALED, atMs: clock.now(), payload: { recordings } })),
    );
  }

  async #isSealed(attemptId: string): Promise<boolean> {
    const row = await this.#parts.db
      .selectFrom('evidence')
      .select('seq')
      .where('attempt_id', '=', attemptId)
      .where('kind', '=', RECORDINGS_SEALED)
      .executeTakeFirst();
    return row !== undefined;
  }
}

/** A file that is missing has no hash. */
export async function hashFile(file: string): Promise<{ readonly bytes: number; readonly sha256: string | null }> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(file)) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
    return { bytes, sha256: hash.digest('hex') };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { bytes: 0, sha256: null };
    throw error;
  }
}
