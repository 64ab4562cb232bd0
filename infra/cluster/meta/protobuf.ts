import protobuf from 'protobufjs/minimal.js';
import { structPlan, type FieldPlan, type Plan, type ScalarPlan, type StructPlan } from './type-plan.ts';
import { maxDepth } from './convert.ts';
import { microTimeText, timeText } from './times.ts';

/** A protobuf body that cannot be read. */
export class ProtobufError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProtobufError';
  }
}

const magic = Buffer.from('k8s\0');

/** runtime.Unknown: the envelope that names what is inside. */
export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
  readonly contentEncoding: string;
  readonly contentType: string;
}

const decoder = new TextDecoder();

/** Opens a body of type application/vnd.kubernetes.protobuf. */
export function readEnvelope(bytes: Buffer): Envelope {
  if (!bytes.subarray(0, magic.length).equals(magic)) {
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  }
  return reading(bytes.subarray(magic.length), (reader, end) => {
    const envelope: { -readonly [Key in keyof Envelope]: Envelope[Key] } = {
      apiVersion: '',
      kind: '',
      raw: new Uint8Array(),
      contentEncoding: '',
      contentType: '',
    };
    while (reader.pos < end) {
      const tag = reader.uint32();
      switch (tag >>> 3) {
        case 1:
          readTypeMeta(reader, envelope);
          break;
        case 2:
          envelope.raw = reader.bytes();
          break;
        case 3:
          envelope.contentEncoding = reader.string();
          break;
        case 4:
          envelope.contentType = reader.string();
          break;
        default:
          reader.skipType(tag & 7);
      }
    }
    return envelope;
  });
}

function readTypeMeta(reader: protobuf.Reader, into: { apiVersion: string; kind: string }): void {
  const end = reader.uint32() + reader.pos;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) into.apiVersion = reader.string();
    else if (tag >>> 3 === 2) into.kind = reader.string();
    else reader.skipType(tag & 7);
  }
}

/** Decodes a message into the JSON form of its type. Zero values come back as they were sent; `convert` drops those that JSON leaves out. */
export function decodeMessage(bytes: Uint8Array, typeKey: string): Record<string, unknown> {
  return reading(bytes, (reader, end) => readStruct(reader, end, structPlan(typeKey), {}, 0));
}

function reading<T>(bytes: Uint8Array, read: (reader: protobuf.Reader, end: number) => T): T {
  try {
    const reader = protobuf.Reader.create(bytes);
    return read(reader, reader.len);
  } catch (error) {
    if (error instanceof ProtobufError) throw error;
    throw new ProtobufError('proto: unexpected EOF or illegal field', { cause: error });
  }
}

function readStruct(
  reader: protobuf.Reader,
  end: number,
  plan: StructPlan,
  into: Record<string, unknown>,
  depth: number,
): Record<string, unknown> {
  if (depth > maxDepth) throw new ProtobufError('proto: exceeded max depth');
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = plan.byNumber.get(tag >>> 3);
    if (field === undefined) reader.skipType(tag & 7);
    else readField(reader, tag & 7, field, into, depth);
  }
  if (reader.pos !== end) throw new ProtobufError('proto: field runs past the end of its message');
  return into;
}

function readField(reader: protobuf.Reader, wire: number, field: FieldPlan, into: Record<string, unknown>, depth: number): void {
  const { plan, name } = field;
  if (field.inline && plan.kind === 'struct') {
    readStruct(reader, lengthEnd(reader), plan, into, depth + 1);
  } else if (plan.kind === 'list' && !plan.wrapped) {
    const list = (into[name] ??= []) as unknown[];
    readItems(reader, wire, plan.item, list, depth);
  } else if (plan.kind === 'map') {
    readMapEntry(reader, plan.value, (into[name] ??= {}) as Record<string, unknown>, depth);
  } else {
    into[name] = readValue(reader, plan, depth);
  }
}

/** Repeated numbers may come packed into one field. */
function readItems(reader: protobuf.Reader, wire: number, item: Plan, list: unknown[], depth: number): void {
  const packed = wire === 2 && (item.kind === 'int' || item.kind === 'bool' || item.kind === 'float');
  if (!packed) {
    list.push(readValue(reader, item, depth));
    return;
  }
  const end = lengthEnd(reader);
  while (reader.pos < end) list.push(readValue(reader, item, depth));
}

function readMapEntry(reader: protobuf.Reader, value: Plan, into: Record<string, unknown>, depth: number): void {
  const end = lengthEnd(reader);
  let key = '';
  let item: unknown;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = reader.string();
    else if (tag >>> 3 === 2) item = readValue(reader, value, depth);
    else reader.skipType(tag & 7);
  }
  Object.defineProperty(into, key, { value: item ?? null, enumerable: true, configurable: true, writable: true });
}

function lengthEnd(reader: protobuf.Reader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new ProtobufError('proto: unexpected EOF');
  return end;
}

function readValue(reader: protobuf.Reader, plan: Plan, depth: number): unknown {
  switch (plan.kind) {
    case 'struct':
      return readStruct(reader, lengthEnd(reader), plan, {}, depth + 1);
    case 'list':
      return readWrappedList(reader, plan.item, depth);
    case 'map':
      throw new ProtobufError('proto: map inside a map');
    default:
      return readScalar(reader, plan);
  }
}

function readWrappedList(reader: protobuf.Reader, item: Plan, depth: number): unknown[] {
  const end = lengthEnd(reader);
  const list: unknown[] = [];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) list.push(readValue(reader, item, depth + 1));
    else reader.skipType(tag & 7);
  }
  return list;
}

function readScalar(reader: protobuf.Reader, plan: ScalarPlan): unknown {
  switch (plan.kind) {
    case 'string':
      return reader.string();
    case 'bool':
      return reader.bool();
    case 'int':
      return plan.bits === 32 ? reader.int32() : toNumber(reader.int64());
    case 'float':
      return plan.goType === 'float32' ? reader.float() : reader.double();
    case 'bytes':
      return Buffer.from(reader.bytes()).toString('base64');
    case 'quantity':
      return scalarFields(reader).text(1);
    case 'time':
    case 'microTime':
      return readTime(reader, plan.kind);
    case 'duration':
      return `${scalarFields(reader).number(1)}ns`;
    case 'intOrString': {
      const fields = scalarFields(reader);
      return fields.number(1) === 1 ? fields.text(3) : fields.number(2);
    }
    case 'raw':
    case 'json':
    case 'fieldsV1':
      return parseJson(scalarFields(reader).text(1));
    default:
      throw new ProtobufError(`proto: ${plan.kind} is not supported`);
  }
}

function readTime(reader: protobuf.Reader, kind: 'time' | 'microTime'): string | null {
  const fields = scalarFields(reader);
  const ms = fields.number(1) * 1000 + fields.number(2) / 1e6;
  if (!fields.any) return null;
  return kind === 'time' ? timeText(ms) : microTimeText(ms);
}

function parseJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new ProtobufError('proto: embedded JSON cannot be read', { cause: error });
  }
}

/** A message of numbers and texts, such as Time or Quantity, by field number. */
function scalarFields(reader: protobuf.Reader): { any: boolean; number(field: number): number; text(field: number): string } {
  const end = lengthEnd(reader);
  const values = new Map<number, number | string>();
  while (reader.pos < end) {
    const tag = reader.uint32();
    if ((tag & 7) === 0) values.set(tag >>> 3, toNumber(reader.int64()));
    else if ((tag & 7) === 2) values.set(tag >>> 3, decoder.decode(reader.bytes()));
    else reader.skipType(tag & 7);
  }
  return {
    any: values.size > 0,
    number: (field) => Number(values.get(field) ?? 0),
    text: (field) => String(values.get(field) ?? ''),
  };
}

/** Integers past 2^53 lose their last digits, as in every JavaScript client. */
function toNumber(value: unknown): number {
  // With the package `long` installed protobufjs gives its objects, which print as decimals.
  return typeof value === 'number' ? value : Number(String(value));
}
