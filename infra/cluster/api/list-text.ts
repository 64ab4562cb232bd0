import { constants, crc32, deflateRawSync } from 'node:zlib';
import type { KubeObject } from '../meta/kube-object.ts';
import { jsonOf } from '../store/json-text.ts';
import { combineCrc, crcShift } from './crc32-combine.ts';

/** A list's JSON in pieces, to be sent one after the other. */
export interface ListText {
  readonly pieces: readonly Buffer[];
  readonly bytes: number;
}

/** Some neighbouring objects of a list as one text. Kept as long as its first object, and good as long as the objects are the same. */
interface Run {
  readonly objects: readonly KubeObject[];
  readonly json: Buffer;
  uses: number;
  packed?: Packed;
}

/** A run as blocks of a deflate stream that refer to nothing outside them, so that they can be strung together in any order. */
interface Packed {
  readonly blocks: readonly Buffer[];
  readonly crc: number;
  readonly shift: number;
  readonly bytes: number;
}

const MAX_RUN = 256;
/** Packing costs more than sending over loopback; what stays the same this often is worth it. */
const PACK_AT_USE = 3;
const MAX_STORED_BYTES = 65_535;
const runs = new WeakMap<KubeObject, Run>();
const comma = Buffer.from(',');
const end = Buffer.from(']}');
/** Ten bytes that begin a gzip file: deflate, no name, no time, made on Unix. */
const gzipHead = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);

/** A list as JSON. Where nothing changed since the last time, the same bytes go out again without a look into the objects. */
export function listText(head: string, items: readonly KubeObject[]): ListText {
  return plainText(head, runsOf(items));
}

/** The same as a gzip file of one member where it is of `fromBytes` at least. */
export function packedListText(head: string, items: readonly KubeObject[], fromBytes: number): ListText & { readonly isPacked: boolean } {
  const found = runsOf(items);
  const isPacked = found.reduce((sum, { json }) => sum + json.byteLength, 0) >= fromBytes;
  return { ...(isPacked ? gzippedText(head, found) : plainText(head, found)), isPacked };
}

function plainText(head: string, found: readonly Run[]): ListText {
  const pieces = [Buffer.from(head), ...found.flatMap((run, index) => (index === 0 ? [run.json] : [comma, run.json])), end];
  return { pieces, bytes: sizeOf(pieces) };
}

function gzippedText(head: string, found: readonly Run[]): ListText {
  const start = stored(Buffer.from(head));
  const parts = [start, ...found.flatMap((run, index) => (index === 0 ? [packedOf(run)] : [packedComma, packedOf(run)])), packedEnd];
  const crc = parts.reduce((sum, part) => combineCrc(sum, part.crc, part.shift), 0);
  const length = parts.reduce((sum, part) => sum + part.bytes, 0);
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(crc, 0);
  tail.writeUInt32LE(length % 2 ** 32, 4);
  const pieces = [gzipHead, ...parts.flatMap((part) => part.blocks), lastBlock, tail];
  return { pieces, bytes: sizeOf(pieces) };
}

/** Where runs end depends on the objects and not on their place, so that one that comes or goes changes one run only. */
function runsOf(items: readonly KubeObject[]): readonly Run[] {
  const found: Run[] = [];
  for (let start = 0; start < items.length;) {
    let stop = start + 1;
    while (stop < items.length && stop - start < MAX_RUN && !endsRun(items[stop - 1])) stop += 1;
    found.push(runOf(items, start, stop));
    start = stop;
  }
  return found;
}

/** One object in 64, by its random uid. */
function endsRun(object: KubeObject | undefined): boolean {
  const uid = object?.metadata.uid ?? '';
  const last = uid.charCodeAt(uid.length - 1);
  const beforeLast = uid.charCodeAt(uid.length - 2);
  return last === 48 && beforeLast >= 48 && beforeLast <= 51;
}

function runOf(items: readonly KubeObject[], start: number, stop: number): Run {
  const [first] = items.slice(start, start + 1);
  const known = first === undefined ? undefined : runs.get(first);
  if (known !== undefined && isSameRun(known.objects, items, start, stop)) {
    known.uses += 1;
    return known;
  }
  const objects = items.slice(start, stop);
  const run: Run = { objects, json: Buffer.from(objects.map(jsonOf).join(',')), uses: 1 };
  // What is made for this answer alone, such as another version, is not seen again.
  if (first !== undefined && Object.isFrozen(first)) runs.set(first, run);
  return run;
}

function isSameRun(known: readonly KubeObject[], items: readonly KubeObject[], start: number, stop: number): boolean {
  if (known.length !== stop - start) return false;
  for (let index = 0; index < known.length; index += 1) if (known[index] !== items[start + index]) return false;
  return true;
}

function packedOf(run: Run): Packed {
  if (run.packed !== undefined) return run.packed;
  if (run.uses < PACK_AT_USE) return stored(run.json);
  // A full flush ends on a whole byte and leaves the stream open.
  const block = deflateRawSync(run.json, { level: constants.Z_BEST_SPEED, finishFlush: constants.Z_FULL_FLUSH });
  run.packed = { ...checksumOf(run.json), blocks: [block] };
  return run.packed;
}

/** As it is, in stored blocks. */
function stored(text: Buffer): Packed {
  const blocks: Buffer[] = [];
  for (let start = 0; start < text.byteLength; start += MAX_STORED_BYTES) {
    const part = text.subarray(start, start + MAX_STORED_BYTES);
    const head = Buffer.alloc(5);
    head.writeUInt16LE(part.byteLength, 1);
    head.writeUInt16LE(~part.byteLength & 0xffff, 3);
    blocks.push(head, part);
  }
  return { ...checksumOf(text), blocks };
}

function checksumOf(text: Buffer): Omit<Packed, 'blocks'> {
  return { crc: crc32(text), shift: crcShift(text.byteLength), bytes: text.byteLength };
}

const packedComma = stored(comma);
const packedEnd = stored(end);
/** A stored block without content that says it is the last. */
const lastBlock = Buffer.from([1, 0, 0, 0xff, 0xff]);

function sizeOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
}
