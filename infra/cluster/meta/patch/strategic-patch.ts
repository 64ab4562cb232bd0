import { jsonEqual } from '../go-format.ts';
import type { Plan, StructPlan } from '../type-plan.ts';

/** A patch that contradicts itself or the type; the message is Kubernetes' own. */
export class StrategicPatchError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StrategicPatchError';
  }
}

type Json = Record<string, unknown>;

const directive = '$patch';
const retainKeys = '$retainKeys';
const orderPrefix = '$setElementOrder/';
const deletePrefix = '$deleteFromPrimitiveList/';

/**
 * Strategic merge patch: like a merge patch, but lists merge by the keys that the type declares, and directives in the patch delete,
 * replace or order. After k8s.io/apimachinery's strategicpatch. Neither argument is changed.
 */
export function applyStrategicPatch(original: Json, patch: Json, plan: StructPlan): Json {
  return mergeMap(original, patch, plan);
}

function mergeMap(original: Json, patch: Json, plan: Plan | undefined): Json {
  switch (patch[directive]) {
    case undefined:
      break;
    case 'replace':
      return withoutDirectives(omit(patch, directive)) as Json;
    case 'delete':
      return {};
    case 'merge':
      return mergeMap(original, omit(patch, directive), plan);
    default:
      throw new StrategicPatchError(`unrecognized patch directive: ${directive}: ${JSON.stringify(patch[directive])} is not supported`);
  }
  const result = retained(original, patch);
  const ordered = mergeOrderedLists(result, patch, plan);
  for (const [key, value] of Object.entries(patch)) {
    if (key === retainKeys || key.startsWith(orderPrefix) || ordered.has(key) || key === '__proto__') continue;
    if (key.startsWith(deletePrefix)) deleteFromPrimitives(result, key.slice(deletePrefix.length), value);
    else mergeKeyed(result, key, value, fieldOf(plan, key));
  }
  return result;
}

function mergeKeyed(result: Json, key: string, value: unknown, field: FieldRule): void {
  const present = result[key];
  if (value === null) Reflect.deleteProperty(result, key);
  else if (present === undefined || present === null) result[key] = withoutDirectives(value);
  else if (isMap(value) && isMap(present)) result[key] = field.replaces ? withoutDirectives(value) : mergeMap(present, value, field.plan);
  else if (Array.isArray(value) && Array.isArray(present)) result[key] = mergeList(present, value, field);
  else result[key] = withoutDirectives(value);
}

/** `$retainKeys` names all keys that may stay: unions change their member that way. */
function retained(original: Json, patch: Json): Json {
  const list = patch[retainKeys];
  if (list === undefined) return { ...original };
  if (!Array.isArray(list)) throw new StrategicPatchError('invalid patch format of list: $retainKeys');
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith('$') && value !== null && !list.includes(key))
      throw new StrategicPatchError(`${key} must be present in the $retainKeys list`);
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => list.includes(key)));
}

/** Lists with a `$setElementOrder`; their keys come back, for they are done with. */
function mergeOrderedLists(result: Json, patch: Json, plan: Plan | undefined): Set<string> {
  const done = new Set<string>();
  for (const [directiveKey, order] of Object.entries(patch)) {
    if (!directiveKey.startsWith(orderPrefix)) continue;
    const key = directiveKey.slice(orderPrefix.length);
    const field = fieldOf(plan, key);
    const before = result[key];
    const change = patch[key];
    if (!Array.isArray(order)) throw new StrategicPatchError('invalid patch format of list: $setElementOrder');
    if (change === null) continue;
    const changes = listOrNothing(change);
    checkOrder(changes, order, field);
    const present = listOrNothing(before);
    if (present === undefined && changes === undefined) continue;
    const merged = mergedItems(present, changes, field);
    result[key] = inOrder(merged, order, present ?? [], field);
    done.add(key);
  }
  return done;
}

function mergedItems(present: unknown[] | undefined, changes: unknown[] | undefined, field: FieldRule): unknown[] {
  if (changes === undefined) return present ?? [];
  if (present === undefined) return withoutDirectives(changes) as unknown[];
  return mergeList(present, changes, field);
}

function listOrNothing(value: unknown): unknown[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw new StrategicPatchError('invalid patch format of list');
  return value as unknown[];
}

/** What the patch changes must stand in the order it gives, one after the other. */
function checkOrder(changes: unknown[] | undefined, order: unknown[], field: FieldRule): void {
  let from = 0;
  for (const item of changes ?? []) {
    if (isMap(item) && item[directive] !== undefined) continue;
    const found = order.findIndex((other, index) => index >= from && sameItem(other, item, field.mergeKey));
    if (found < 0)
      throw new StrategicPatchError(
        `The order in patch list:\n${JSON.stringify(changes)}\n doesn't match $setElementOrder list:\n${JSON.stringify(order)}`,
      );
    from = found + 1;
  }
}

function mergeList(present: unknown[], changes: unknown[], field: FieldRule): unknown[] {
  if (!field.merges) return withoutDirectives(changes) as unknown[];
  if (changes.length === 0 && present.length === 0) return [];
  const primitive = ![...present, ...changes].some(isMap);
  if (primitive) return inOrder(unique([...present, ...changes]), changes, present, { ...field, mergeKey: undefined });
  return mergeMapList(present, changes.map(requireMap), field);
}

function mergeMapList(present: unknown[], changes: Json[], field: FieldRule): unknown[] {
  const { mergeKey } = field;
  if (mergeKey === undefined) throw new StrategicPatchError('cannot merge lists without merge key');
  const plain = changes.filter((item) => item[directive] === undefined || item[directive] === 'merge');
  if (changes.some((item) => item[directive] === 'replace')) return plain.map((item) => withoutDirectives(item));
  let merged = present.map(requireMap);
  for (const item of changes.filter((change) => change[directive] === 'delete')) {
    const key = keyOf(item, mergeKey);
    merged = merged.filter((other) => !jsonEqual(other[mergeKey], key));
  }
  for (const item of plain) {
    const key = keyOf(item, mergeKey);
    const index = merged.findIndex((other) => jsonEqual(other[mergeKey], key));
    const before = merged[index];
    if (before === undefined) merged.push(withoutDirectives(item) as Json);
    else merged[index] = mergeMap(before, item, field.item);
  }
  return inOrder(merged, plain, present, field);
}

function keyOf(item: Json, mergeKey: string): unknown {
  const key = item[mergeKey];
  if (key === undefined) throw new StrategicPatchError(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
  return key;
}

/**
 * Items that `order` names stand as there; those that only the server has keep their order and go before the first that stood behind
 * them on the server.
 */
function inOrder(items: unknown[], order: unknown[], serverOrder: unknown[], field: FieldRule): unknown[] {
  const position = (list: unknown[], item: unknown): number => list.findIndex((other) => sameItem(other, item, field.mergeKey));
  const byPosition = (list: unknown[]) => (a: unknown, b: unknown) => position(list, a) - position(list, b);
  const named = items.filter((item) => position(order, item) >= 0).sort(byPosition(order));
  const serverOnly = items.filter((item) => position(order, item) < 0).sort(byPosition(serverOrder));
  const result: unknown[] = [];
  while (named.length > 0 && serverOnly.length > 0) {
    const left = position(serverOrder, serverOnly[0]);
    const right = position(serverOrder, named[0]);
    result.push(left >= 0 && right >= 0 && left < right ? serverOnly.shift() : named.shift());
  }
  return [...result, ...named, ...serverOnly];
}

function sameItem(a: unknown, b: unknown, mergeKey: string | undefined): boolean {
  if (mergeKey !== undefined && isMap(a) && isMap(b)) return jsonEqual(a[mergeKey], b[mergeKey]);
  return jsonEqual(a, b);
}

function deleteFromPrimitives(result: Json, key: string, gone: unknown): void {
  const present = result[key];
  if (!Array.isArray(gone)) throw new StrategicPatchError('invalid patch format of list: $deleteFromPrimitiveList');
  if (Array.isArray(present)) result[key] = present.filter((item) => !gone.some((other) => jsonEqual(item, other)));
}

/** How a field merges, by its type. */
interface FieldRule {
  readonly plan: Plan | undefined;
  /** Of a list's items. */
  readonly item: Plan | undefined;
  readonly merges: boolean;
  readonly replaces: boolean;
  readonly mergeKey: string | undefined;
}

function fieldOf(plan: Plan | undefined, key: string): FieldRule {
  if (plan?.kind === 'map') return { plan: plan.value, item: undefined, merges: false, replaces: false, mergeKey: undefined };
  const field = plan?.kind === 'struct' ? plan.fields.get(key) : undefined;
  const strategies = field?.fact.patchStrategy?.split(',') ?? [];
  return {
    plan: field?.plan,
    item: field?.plan.kind === 'list' ? field.plan.item : undefined,
    merges: strategies.includes('merge'),
    replaces: strategies.includes('replace'),
    mergeKey: field?.fact.patchMergeKey,
  };
}

/** A value that is taken as a whole: what its directives would delete is not there, and they do not stay in it. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => !(isMap(item) && (item[directive] === 'delete' || isBareDirective(item)))).map(withoutDirectives);
  }
  if (!isMap(value)) return value;
  const kept = Object.entries(value).filter(
    ([key]) => key !== directive && key !== retainKeys && !key.startsWith(orderPrefix) && !key.startsWith(deletePrefix),
  );
  return Object.fromEntries(kept.filter(([, item]) => item !== null).map(([key, item]) => [key, withoutDirectives(item)]));
}

function isBareDirective(item: Json): boolean {
  return item[directive] !== undefined && Object.keys(item).length === 1;
}

function omit(value: Json, key: string): Json {
  return Object.fromEntries(Object.entries(value).filter(([other]) => other !== key));
}

function unique(items: unknown[]): unknown[] {
  return items.filter((item, index) => items.findIndex((other) => jsonEqual(other, item)) === index);
}

function requireMap(value: unknown): Json {
  if (!isMap(value)) throw new StrategicPatchError('invalid patch format of list: expected maps');
  return value;
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
