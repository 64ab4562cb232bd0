import protobuf from 'protobufjs/minimal.js';
import { structPlan, type FieldPlan, type Plan, type StructPlan } from '../meta/type-plan.ts';
import type { ResourceInfo } from '../meta/registry.ts';
import type { Random } from './random.ts';

type Writer = protobuf.Writer;

/** An object as a typed client of Kubernetes sends it, now and then with a byte changed. Values that do not fit their type are left out. */
export function protobufBody(random: Random, info: ResourceInfo, object: Readonly<Record<string, unknown>>): Buffer {
  const raw = protobuf.Writer.create();
  if (info.typeName !== undefined) writeStruct(raw, structPlan(info.typeName), object);
  const bytes = Buffer.from(raw.finish());
  // Lengths and tags are hit as well as texts.
  if (bytes.length > 0 && random.chance(0.4)) bytes[random.below(bytes.length)] = random.below(256);
  const writer = protobuf.Writer.create();
  message(writer, 1, () => {
    text(writer, 1, info.group === '' ? info.version : `${info.group}/${info.version}`);
    text(writer, 2, info.kind);
  });
  writer.uint32((2 << 3) | 2).bytes(bytes);
  return Buffer.concat([Buffer.from('k8s\0'), writer.finish()]);
}

function writeStruct(writer: Writer, plan: StructPlan, value: unknown): void {
  if (!isFields(value)) return;
  for (const [number, field] of plan.byNumber) writeField(writer, number, field, value);
}

function writeField(writer: Writer, number: number, { name, plan, inline }: FieldPlan, owner: Readonly<Record<string, unknown>>): void {
  // What is embedded is a message of its own, whose fields stand in the owner.
  if (inline) message(writer, number, () => plan.kind === 'struct' && writeStruct(writer, plan, owner));
  else writeValue(writer, number, plan, owner[name]);
}

function writeValue(writer: Writer, number: number, plan: Plan, value: unknown): void {
  if (value === undefined || value === null) return;
  switch (plan.kind) {
    case 'struct':
      message(writer, number, () => writeStruct(writer, plan, value));
      return;
    case 'list':
      if (!Array.isArray(value)) return;
      if (plan.wrapped) message(writer, number, () => value.forEach((item) => writeValue(writer, 1, plan.item, item)));
      else for (const item of value as unknown[]) writeValue(writer, number, plan.item, item);
      return;
    case 'map':
      if (!isFields(value)) return;
      for (const [key, entry] of Object.entries(value))
        message(writer, number, () => {
          text(writer, 1, key);
          writeValue(writer, 2, plan.value, entry);
        });
      return;
    case 'int':
      if (Number.isSafeInteger(value)) writer.uint32(number << 3).int64(value as number);
      return;
    case 'bool':
      writer.uint32(number << 3).bool(value === true);
      return;
    case 'float':
      if (typeof value === 'number') writer.uint32((number << 3) | 1).double(value);
      return;
    case 'bytes':
      writer.uint32((number << 3) | 2).bytes(Buffer.from(textOf(value), 'base64'));
      return;
    case 'string':
      text(writer, number, textOf(value));
      return;
    default:
      writeOdd(writer, number, plan.kind, value);
  }
}

/** Scalars that are messages. */
function writeOdd(writer: Writer, number: number, kind: Plan['kind'], value: unknown): void {
  message(writer, number, () => {
    if (kind === 'time' || kind === 'microTime') writer.uint32(1 << 3).int64(Math.floor((Date.parse(textOf(value)) || 0) / 1000));
    else if (kind === 'intOrString' && typeof value === 'number') writer.uint32(2 << 3).int64(value);
    else if (kind === 'intOrString') {
      writer.uint32(1 << 3).int64(1);
      text(writer, 3, textOf(value));
    } else text(writer, 1, textOf(value));
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function message(writer: Writer, number: number, write: () => unknown): void {
  writer.uint32((number << 3) | 2).fork();
  write();
  writer.ldelim();
}

function text(writer: Writer, number: number, value: string): void {
  writer.uint32((number << 3) | 2).string(value);
}
