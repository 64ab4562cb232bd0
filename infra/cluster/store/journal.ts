import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { KubeObject } from '../meta/kube-object.ts';

/** One change as it is written down: `o` the object after a write, absent after a deletion. */
export interface JournalRecord {
  readonly revision: number;
  /** Resource and key, e.g. `apps/deployments` and `default/web`. */
  readonly resource: string;
  readonly key: string;
  readonly object?: KubeObject;
}

export interface JournalLog {
  warn(fields: object, message: string): void;
}

/** The journal is written anew when it is larger than this and most of it is history. */
const COMPACT_ABOVE_BYTES = 8 * 1_048_576;
const COMPACT_WHEN_LIVE_BELOW = 0.25;

/**
 * An append-only file of changes, one a line with its checksum in front. Every record is handed to the kernel before the write is
 * answered, so that it survives `kill -9` of this process; a loss of power may cost what the kernel had not yet put on disk, which a
 * training cluster can bear and which makes a write a few microseconds instead of milliseconds. A tail that was cut short or
 * damaged is cut off at the last whole record, with a word.
 */
export class Journal {
  readonly #file: string;
  #descriptor: number;
  #bytes: number;
  /** What the last compaction wrote; before the first, nothing is known and the size alone decides. */
  #liveBytes = 0;

  private constructor(file: string, descriptor: number, bytes: number) {
    this.#file = file;
    this.#descriptor = descriptor;
    this.#bytes = bytes;
  }

  /** Opens or creates the file and replays what it holds, oldest first. */
  static open(file: string, log: JournalLog, replay: (record: JournalRecord) => void): Journal {
    const content = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
    const goodBytes = replayRecords(content, replay);
    const descriptor = openSync(file, existsSync(file) ? 'r+' : 'w+', 0o600);
    if (goodBytes < content.byteLength) {
      log.warn(
        { file, lostBytes: content.byteLength - goodBytes },
        'the journal ends in a damaged record; cut off after the last whole one',
      );
      ftruncateSync(descriptor, goodBytes);
    }
    return new Journal(file, descriptor, goodBytes);
  }

  /** Appends, or throws and leaves the file as it was (e.g. ENOSPC). */
  append(record: JournalRecord): void {
    const line = encode(record);
    try {
      writeAll(this.#descriptor, line, this.#bytes);
    } catch (error) {
      ftruncateSync(this.#descriptor, this.#bytes);
      throw error;
    }
    this.#bytes += line.byteLength;
  }

  /** Whether enough of the file is history for a compaction to pay. */
  shouldCompact(): boolean {
    return this.#bytes > COMPACT_ABOVE_BYTES && this.#liveBytes < this.#bytes * COMPACT_WHEN_LIVE_BELOW;
  }

  /** Replaces the file by one that holds just these records. Either the old or the new file is there at any moment. */
  compact(records: Iterable<JournalRecord>): void {
    const temporary = `${this.#file}.new`;
    const descriptor = openSync(temporary, 'w+', 0o600);
    let bytes = 0;
    try {
      for (const record of records) {
        const line = encode(record);
        writeAll(descriptor, line, bytes);
        bytes += line.byteLength;
      }
      fsyncSync(descriptor);
      renameSync(temporary, this.#file);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    closeSync(this.#descriptor);
    this.#descriptor = descriptor;
    this.#bytes = bytes;
    this.#liveBytes = bytes;
  }

  close(): void {
    fsyncSync(this.#descriptor);
    closeSync(this.#descriptor);
  }
}

function encode(record: JournalRecord): Buffer {
  const json = Buffer.from(JSON.stringify(record));
  return Buffer.concat([Buffer.from(`${crc32(json).toString(16).padStart(8, '0')} `), json, Buffer.from('\n')]);
}

function writeAll(descriptor: number, bytes: Buffer, position: number): void {
  for (let written = 0; written < bytes.byteLength;) {
    written += writeSync(descriptor, bytes, written, bytes.byteLength - written, position + written);
  }
}

/** Answers how many bytes hold whole records. */
function replayRecords(content: Buffer, replay: (record: JournalRecord) => void): number {
  let start = 0;
  for (;;) {
    const end = content.indexOf(0x0a, start);
    const record = end < 0 ? undefined : decode(content.subarray(start, end));
    if (record === undefined) return start;
    replay(record);
    start = end + 1;
  }
}

function decode(line: Buffer): JournalRecord | undefined {
  const json = line.subarray(9);
  if (line.byteLength < 11 || parseInt(line.subarray(0, 8).toString('latin1'), 16) !== crc32(json)) return undefined;
  return JSON.parse(json.toString('utf8')) as JournalRecord;
}
