import { createHash } from 'node:crypto';
import { messageOf } from '../app-error.ts';
import type { EvidenceChain } from '../attempts/evidence-chain.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Db, Tx } from '../store/schema.ts';
import type { RecordingStore } from '../terminals/recording-store.ts';

export const RECORDINGS_SEALED = 'recordings';

/** What the chain keeps of one recording. `sha256` is null when there was nothing to read. */
export interface SealedRecording {
  readonly recordingId: string;
  readonly terminalId: string;
  readonly title: string;
  readonly bytes: number;
  readonly sha256: string | null;
}

interface SealParts {
  readonly db: Db;
  readonly recordings: RecordingStore;
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

  /** What an earlier server did not come to: attempts that ended so long ago. Where several servers run, one that has just ended is still its holder's. */
  async sealMissed(endedForMs = 0): Promise<void> {
    const rows = await this.#parts.db
      .selectFrom('recordings')
      .innerJoin('attempts', 'attempts.id', 'recordings.attempt_id')
      .select('attempts.id')
      .distinct()
      .where('attempts.ended_at_ms', '<=', this.#parts.clock.now() - endedForMs)
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
    const { db, recordings: store, evidence, clock } = this.#parts;
    const rows = await db.selectFrom('recordings').selectAll().where('attempt_id', '=', attemptId).orderBy('started_at_ms').execute();
    if (rows.length === 0 || (await isSealed(db, attemptId))) return;
    const recordings: SealedRecording[] = [];
    for (const row of rows) {
      const hashed = await hashRecording(store, row.terminal_id);
      recordings.push({ recordingId: row.id, terminalId: row.terminal_id, title: row.terminal_title, ...hashed });
    }
    await evidence.exclusive(() =>
      db.transaction().execute(async (tx) => {
        await evidence.hold(tx);
        // Another server may have been quicker.
        if (await isSealed(tx, attemptId)) return;
        await evidence.append(tx, { attemptId, kind: RECORDINGS_SEALED, atMs: clock.now(), payload: { recordings } });
      }),
    );
  }
}

async function isSealed(db: Db | Tx, attemptId: string): Promise<boolean> {
  const row = await db
    .selectFrom('evidence')
    .select('seq')
    .where('attempt_id', '=', attemptId)
    .where('kind', '=', RECORDINGS_SEALED)
    .executeTakeFirst();
  return row !== undefined;
}

/** A recording that is missing has no hash. */
export async function hashRecording(
  store: RecordingStore,
  terminalId: string,
): Promise<{ readonly bytes: number; readonly sha256: string | null }> {
  if ((await store.size(terminalId)) === undefined) return { bytes: 0, sha256: null };
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of store.read(terminalId)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}
