import { crc32 } from 'node:zlib';
import type { KubeObject } from '../meta/kube-object.ts';
import { jsonOf } from './json-text.ts';

/** One change as it is written down: `object` is the object after a write, absent after a deletion. */
export interface JournalRecord {
  readonly revision: number;
  /** Resource and key, e.g. `apps/deployments` and `default/web`. Both are empty where only the revision counts. */
  readonly resource: string;
  readonly key: string;
  readonly object?: KubeObject;
}

const NEWLINE = 0x0a;
/** Eight hexadecimal digits of the checksum and a space. */
const PREFIX_BYTES = 9;

/** One line: checksum, a space, JSON. */
export function encodeRecord({ revision, resource, key, object }: JournalRecord): Buffer {
  const head = `{"revision":${revision},"resource":${JSON.stringify(resource)},"key":${JSON.stringify(key)}`;
  const json = object === undefined ? `${head}}` : `${head},"object":${jsonOf(object)}}`;
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES + Buffer.byteLength(json) + 1);
  bytes.write(json, PREFIX_BYTES, 'utf8');
  bytes[bytes.byteLength - 1] = NEWLINE;
  const checksum = crc32(bytes.subarray(PREFIX_BYTES, -1)).toString(16).padStart(8, '0');
  bytes.write(`${checksum} `, 0, 'latin1');
  return bytes;
}

export interface Replayed {
  /** Where the last whole record ends. */
  readonly goodBytes: number;
  /** Damaged bytes before that. */
  readonly skippedBytes: number;
}

/**
 * Hands on every whole record, oldest first. Each carries its whole object, so that one that is damaged costs only itself. What is damaged
 * after the last whole record is the tail and not counted as skipped.
 */
export function replayRecords(content: Buffer, replay: (record: JournalRecord) => void): Replayed {
  let goodBytes = 0;
  let skippedBytes = 0;
  for (let start = 0; start < content.byteLength;) {
    const end = content.indexOf(NEWLINE, start);
    if (end < 0) break;
    const record = decodeRecord(content.subarray(start, end));
    if (record !== undefined) {
      skippedBytes += start - goodBytes;
      goodBytes = end + 1;
      replay(record);
    }
    start = end + 1;
  }
  return { goodBytes, skippedBytes };
}

function decodeRecord(line: Buffer): JournalRecord | undefined {
  const json = line.subarray(PREFIX_BYTES);
  if (line.byteLength < PREFIX_BYTES + 2 || parseInt(line.subarray(0, 8).toString('latin1'), 16) !== crc32(json)) return undefined;
  return parseRecord(json.toString('utf8'));
}

/** Noise may carry a fitting checksum once in four thousand million times. */
function parseRecord(text: string): JournalRecord | undefined {
  try {
    const value = JSON.parse(text) as Partial<JournalRecord> | null;
    const isRecord = typeof value?.revision === 'number' && typeof value.resource === 'string' && typeof value.key === 'string';
    return isRecord ? (value as JournalRecord) : undefined;
  } catch {
    return undefined;
  }
}
