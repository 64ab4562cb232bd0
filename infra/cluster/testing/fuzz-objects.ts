import { stringify } from 'yaml';
import { apiVersionOf, builtInResources, type ResourceInfo } from '../meta/registry.ts';
import { structPlan, type Plan } from '../meta/type-plan.ts';
import type { Random } from './random.ts';

/** What belongs nowhere, and what is only a little wrong. */
const strange: readonly unknown[] = [
  ...[
    null,
    true,
    0,
    -1,
    1.5,
    1e308,
    Number.MAX_SAFE_INTEGER,
    '',
    ' ',
    'x',
    'x'.repeat(300),
    '\u0000',
    '日本語',
    '../..',
    '%',
    '{}',
    '$patch',
  ],
  ...['Always', '10.96.0.5', '100m', '1Gi', '-1', '99999999999999999999', '1e400Ki', '2020-01-01T00:00:00Z', 'not-a-time', 'default'],
  ...[[], [null], [[]], {}, { __proto__x: 1 }, { '': '' }, { $patch: 'delete' }, { $patch: 'replace' }, { $retainKeys: ['x'] }],
];
const texts = ['a', 'web', 'default', 'kube-system', 'app', 'x.example.com', '', 'A_B', 'v1', 'TCP', 'ClusterIP', 'None', '1'];

export function strangeValue(random: Random): unknown {
  return structuredClone(random.pick(strange));
}

/** A value that its type mostly allows, and now and then does not. */
function valueOf(plan: Plan, random: Random, depth: number): unknown {
  if (random.chance(0.03)) return strangeValue(random);
  switch (plan.kind) {
    case 'struct':
      return depth <= 0
        ? {}
        : Object.fromEntries(
            [...plan.fields.values()]
              .filter(() => random.chance(0.25))
              .map((field) => [field.name, valueOf(field.plan, random, depth - 1)]),
          );
    case 'list':
      return Array.from({ length: random.below(3) }, () => valueOf(plan.item, random, depth - 1));
    case 'map':
      return Object.fromEntries(
        Array.from({ length: random.below(3) }, () => [random.pick(texts), valueOf(plan.value, random, depth - 1)]),
      );
    case 'int':
      return random.pick([0, 1, 2, 80, 30_080, -1, 65_536, 2 ** 31, 2 ** 53]);
    case 'float':
      return random.next() * 10;
    case 'bool':
      return random.chance(0.5);
    case 'intOrString':
      return random.pick<unknown>([1, 'http', '50%', -5, '']);
    case 'quantity':
      return random.pick<unknown>(['1', '100m', '1Gi', 2, '0', '-1', 'x']);
    case 'time':
    case 'microTime':
      return random.pick<unknown>(['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000001Z', null, 'x']);
    case 'duration':
      return random.pick(['1s', '1h', 'x']);
    case 'bytes':
      return random.pick(['aGk=', '', '!']);
    case 'string':
      return random.pick(plan.values !== undefined && random.chance(0.8) ? plan.values : texts);
    default:
      return random.pick<unknown>([{}, { a: 1 }, [], true, { type: 'object' }, { 'f:metadata': {} }]);
  }
}

/** An object of any built-in kind, named so that it may meet others of its kind. */
export function randomObject(random: Random, info: ResourceInfo): Record<string, unknown> {
  const body = info.typeName === undefined ? {} : (valueOf(structPlan(info.typeName), random, 7) as object);
  const name = random.pick(['a', 'b', 'c', 'web', `n${random.below(50)}`]);
  const metadata = random.chance(0.8) ? { name } : valueOf(structPlan('meta/v1.ObjectMeta'), random, 4);
  return { ...(typeof body === 'object' ? body : {}), apiVersion: apiVersionOf(info), kind: info.kind, metadata };
}

export function randomResource(random: Random): ResourceInfo {
  return random.pick(builtInResources);
}

export interface Body {
  readonly bytes: Buffer;
  readonly contentType: string;
}

/** Writes a value in one of the forms that the server takes, or nearly so: cut, garbled, or under another name. */
export function encode(random: Random, value: unknown): Body {
  const json = (): string => JSON.stringify(value ?? null);
  const forms: (() => Body)[] = [
    () => ({ bytes: Buffer.from(json()), contentType: 'application/json' }),
    () => ({ bytes: Buffer.from(json()), contentType: 'application/json; charset=utf-8' }),
    () => ({ bytes: Buffer.from(stringify(JSON.parse(json()))), contentType: 'application/yaml' }),
    () => ({ bytes: Buffer.from(json()), contentType: 'application/yaml' }),
    () => ({
      bytes: Buffer.concat([Buffer.from('k8s\0'), random.bytes(random.below(200))]),
      contentType: 'application/vnd.kubernetes.protobuf',
    }),
    () => ({ bytes: Buffer.concat([Buffer.from('k8s\0'), envelope(value, random)]), contentType: 'application/vnd.kubernetes.protobuf' }),
    () => ({
      bytes: random.bytes(random.below(300)),
      contentType: random.pick(['application/json', 'application/yaml', 'text/plain', '', 'x']),
    }),
    () => ({ bytes: Buffer.from(random.pick(hostile)), contentType: random.pick(['application/json', 'application/yaml']) }),
  ];
  const { bytes, contentType } = (random.chance(0.6) ? forms[0] : random.pick(forms))?.() ?? { bytes: Buffer.alloc(0), contentType: '' };
  return { bytes: random.chance(0.05) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes, contentType };
}

/** Deep, wide and self-referring texts. */
const hostile: readonly string[] = [
  '['.repeat(50_000),
  '{"a":'.repeat(20_000),
  `${'{"metadata":'.repeat(300)}1${'}'.repeat(300)}`,
  '{"a":1,"a":2,"metadata":{"name":"a","name":"b"}}',
  '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"metadata":{"name":"proto"}}',
  'a: &a [*a]',
  `a: &a [x]\n${Array.from({ length: 30 }, (_, index) => `b${index}: &b${index} [${`*${index === 0 ? 'a' : `b${index - 1}`},`.repeat(9)}]`).join('\n')}`,
  '--- 1\n--- 2\n',
  '!!js/function "x"',
  '1e999999',
  '"\\ud800"',
  '\ufeff{}',
];

/** runtime.Unknown of protobuf, its fields right and its content garbage. */
function envelope(value: unknown, random: Random): Buffer {
  const { apiVersion, kind } = (value ?? {}) as { apiVersion?: unknown; kind?: unknown };
  const field = (number: number, bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.from([number * 8 + 2, bytes.length & 0x7f]), bytes.subarray(0, 127)]);
  const type = Buffer.concat([field(1, Buffer.from(String(apiVersion))), field(2, Buffer.from(String(kind)))]);
  return Buffer.concat([field(1, type), field(2, random.bytes(random.below(120)))]);
}
