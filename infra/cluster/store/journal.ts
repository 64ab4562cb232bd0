import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { KubeObject } from '../meta/kube-object.ts';
import { encodeRecord, replayRecords, type JournalRecord } from './journal-records.ts';

export type { JournalRecord } from './journal-records.ts';

export interface JournalLog {
  warn(fields: object, message: string): void;
}

export interface JournalOptions {
  readonly file: string;
  readonly log: JournalLog;
  /** From which size on the file is written anew when most of it is history; 8 MiB where nothing is said. */
  readonly compactAboveBytes?: number;
}

/** The journal is written anew when it is larger than this and most of it is history. */
const COMPACT_ABOVE_BYTES = 8 * 1_048_576;
const COMPACT_WHEN_LIVE_BELOW = 0.25;
/** How much of a compaction is written at a time, between other work. */
const COMPACT_STEP_BYTES = 256 * 1024;

/**
 * An append-only file of changes, one a line with its checksum in front. Every record is handed to the kernel before the write is
 * answered, so that it survives `kill -9` of this process; a loss of power may cost what the kernel had not yet put on disk, which a
 * training cluster can bear and which makes a write a few microseconds instead of milliseconds. A tail that was cut short or damaged is
 * cut off at the last whole record, with a word; a damaged record before whole ones is left out, with a word.
 */
export class Journal {
  readonly #file: string;
  readonly #log: JournalLog;
  #descriptor: number;
  #bytes: number;
  /** What the last compaction wrote; before the first, nothing is known and the size alone decides. */
  #liveBytes = 0;
  readonly #stepBytes: number;
  /** No compaction before the file is this large: one that failed is not tried again at every write. */
  #compactAboveBytes: number;
  /** What was appended while a compaction is under way, for the new file to have too. */
  #meanwhile: Buffer[] | undefined;
  #isClosed = false;

  private constructor({ file, log, compactAboveBytes = COMPACT_ABOVE_BYTES }: JournalOptions, descriptor: number, bytes: number) {
    this.#file = file;
    this.#log = log;
    this.#stepBytes = compactAboveBytes;
    this.#compactAboveBytes = compactAboveBytes;
    this.#descriptor = descriptor;
    this.#bytes = bytes;
  }

  /** Opens or creates the file and replays what it holds, oldest first. */
  static open(options: JournalOptions, replay: (record: JournalRecord) => void): Journal {
    const { file, log } = options;
    rmSync(temporaryOf(file), { force: true, recursive: true });
    const isThere = existsSync(file);
    const content = isThere ? readFileSync(file) : Buffer.alloc(0);
    const { goodBytes, skippedBytes } = replayRecords(content, replay);
    const descriptor = openSync(file, isThere ? 'r+' : 'w+', 0o600);
    if (skippedBytes > 0) log.warn({ file, lostBytes: skippedBytes }, 'the journal has damaged records among whole ones; left out');
    if (goodBytes < content.byteLength) {
      log.warn(
        { file, lostBytes: content.byteLength - goodBytes },
        'the journal ends in a damaged record; cut off after the last whole one',
      );
      ftruncateSync(descriptor, goodBytes);
    }
    const journal = new Journal(options, descriptor, goodBytes);
    // Damage among whole records goes with the next compaction, which need not wait for size.
    if (skippedBytes > 0) journal.#compactAboveBytes = 0;
    return journal;
  }

  /** Appends, or throws and leaves the file as it was (e.g. ENOSPC). */
  append(record: JournalRecord): void {
    const line = encodeRecord(record);
    try {
      writeAll(this.#descriptor, line, this.#bytes);
    } catch (error) {
      this.#cutBack();
      throw error;
    }
    this.#bytes += line.byteLength;
    this.#meanwhile?.push(line);
  }

  /** Whether enough of the file is history for a compaction to pay, and none is under way. */
  shouldCompact(): boolean {
    return (
      this.#meanwhile === undefined && this.#bytes > this.#compactAboveBytes && this.#liveBytes < this.#bytes * COMPACT_WHEN_LIVE_BELOW
    );
  }

  /**
   * Replaces the file by one that holds just these records and what is appended meanwhile. Either the old or the new file is there at
   * any moment. What goes wrong costs room on the disk and a warning: every record is still in the old file.
   */
  async compact(records: readonly JournalRecord[]): Promise<void> {
    this.#meanwhile = [];
    const temporary = temporaryOf(this.#file);
    let handle: FileHandle | undefined;
    try {
      handle = await open(temporary, 'w+', 0o600);
      const liveBytes = await this.#writeRecords(handle, records);
      // What came in meanwhile; what comes in until the flush is done is written in one go with the change of files.
      const bytes = liveBytes + (await writeChunk(handle, this.#takeMeanwhile(), liveBytes));
      await handle.sync();
      if (!this.#isClosed) {
        this.#replaceBy(temporary, bytes);
        this.#liveBytes = liveBytes;
      }
    } catch (error) {
      this.#compactAboveBytes = this.#bytes + this.#stepBytes;
      this.#log.warn({ file: this.#file, reason: messageOf(error) }, 'the journal could not be compacted; it goes on growing');
      rmSync(temporary, { force: true, recursive: true });
    } finally {
      this.#meanwhile = undefined;
      await handle?.close().catch(() => {});
      if (this.#isClosed) rmSync(temporary, { force: true, recursive: true });
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      fsyncSync(this.#descriptor);
    } catch (error) {
      this.#log.warn({ file: this.#file, reason: messageOf(error) }, 'the journal could not be flushed');
    }
    closeSync(this.#descriptor);
  }

  async #writeRecords(handle: FileHandle, records: readonly JournalRecord[]): Promise<number> {
    let bytes = 0;
    let step: Buffer[] = [];
    let stepBytes = 0;
    for (const record of records) {
      if (this.#isClosed) return bytes;
      const line = encodeRecord(record);
      step.push(line);
      stepBytes += line.byteLength;
      if (stepBytes < COMPACT_STEP_BYTES) continue;
      bytes += await writeChunk(handle, Buffer.concat(step), bytes);
      step = [];
      stepBytes = 0;
    }
    return bytes + (await writeChunk(handle, Buffer.concat(step), bytes));
  }

  #takeMeanwhile(): Buffer {
    const lines = Buffer.concat(this.#meanwhile ?? []);
    if (this.#meanwhile !== undefined) this.#meanwhile = [];
    return lines;
  }

  /** In one go, so that nothing is appended between the last line and the change of files. */
  #replaceBy(temporary: string, writtenBytes: number): void {
    const descriptor = openSync(temporary, 'r+');
    let bytes = writtenBytes;
    try {
      const rest = this.#takeMeanwhile();
      writeAll(descriptor, rest, bytes);
      bytes += rest.byteLength;
      renameSync(temporary, this.#file);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    closeSync(this.#descriptor);
    this.#descriptor = descriptor;
    this.#bytes = bytes;
    this.#compactAboveBytes = this.#stepBytes;
    syncFolder(path.dirname(this.#file));
  }

  /** A record that was written in part is overwritten by the next one even where it cannot be cut off. */
  #cutBack(): void {
    try {
      ftruncateSync(this.#descriptor, this.#bytes);
    } catch (error) {
      this.#log.warn({ file: this.#file, reason: messageOf(error) }, 'the journal could not be cut back after a failed write');
    }
  }
}

/** Counter record: says how far the revisions have come, whatever the newest object says. */
export function counterRecord(revision: number): JournalRecord {
  return { revision, resource: '', key: '' };
}

export function objectRecord(resource: string, key: string, object: KubeObject): JournalRecord {
  return { revision: Number(object.metadata.resourceVersion), resource, key, object };
}

function temporaryOf(file: string): string {
  return `${file}.new`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function writeAll(descriptor: number, bytes: Buffer, position: number): void {
  for (let written = 0; written < bytes.byteLength;) {
    written += writeSync(descriptor, bytes, written, bytes.byteLength - written, position + written);
  }
}

async function writeChunk(handle: FileHandle, bytes: Buffer, position: number): Promise<number> {
  for (let written = 0; written < bytes.byteLength;) {
    written += (await handle.write(bytes, written, bytes.byteLength - written, position + written)).bytesWritten;
  }
  return bytes.byteLength;
}

/** The name of a file that took another's place is the folder's to keep. Where folders cannot be flushed, the kernel does it in time. */
function syncFolder(folder: string): void {
  try {
    const descriptor = openSync(folder, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Nothing is lost to a kill; a loss of power may bring the old file back, as it may cost the last writes.
  }
}
