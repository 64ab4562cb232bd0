import { emptySet, fieldElement, fieldNode, isMember, type FieldSet } from './field-set.ts';
import { jsonEqual } from './go-format.ts';
import { partShape, partsOf, type Shape } from './shape.ts';

/**
 * The algorithms under server-side apply, after sigs.k8s.io/structured-merge-diff: which fields an object has, which differ between two,
 * how an applied configuration merges, what falls away when its owner drops it.
 */

/** The paths that changed between two objects. */
export interface Changes {
  /** Added or with another value. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

const absent = Symbol('absent');

/** What differs between `before` and `after`. Parts that came or went are listed at every level. */
export function compareFields(before: unknown, after: unknown, shape: Shape): Changes {
  const { changed, removed } = compareNode(before, after, shape);
  return { changed: changed ?? emptySet, removed: removed ?? emptySet };
}

interface NodeChanges {
  readonly changed?: FieldSet | undefined;
  readonly removed?: FieldSet | undefined;
}

const same: NodeChanges = {};
const changedLeaf: NodeChanges = { changed: emptySet };
const removedLeaf: NodeChanges = { removed: emptySet };

function compareNode(before: unknown, after: unknown, shape: Shape): NodeChanges {
  if (before === after) return same;
  if (shape.kind === 'fields' && isFields(before) && isFields(after)) return compareFieldsOf(before, after, shape);
  const left = partsOf(before, shape);
  const right = partsOf(after, shape);
  const bothEmpty = (left === undefined || left.size === 0) && (right === undefined || right.size === 0);
  const mixed = (left === undefined && isThere(before)) || (right === undefined && isThere(after));
  if (shape.kind === 'leaf' || bothEmpty || mixed) return compareLeaf(before, after);
  const changed: Record<string, FieldSet> = {};
  const removed: Record<string, FieldSet> = {};
  for (const element of new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])])) {
    const inner = compareNode(valueAt(left, element), valueAt(right, element), partShape(shape, element));
    if (inner.changed !== undefined) changed[element] = inner.changed;
    if (inner.removed !== undefined) removed[element] = inner.removed;
  }
  return { changed: fieldNode(before === absent, changed), removed: fieldNode(after === absent, removed) };
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The common case, two objects, without building maps of their parts: most parts are equal. */
function compareFieldsOf(before: Fields, after: Fields, shape: Shape & { readonly kind: 'fields' }): NodeChanges {
  const changed: Record<string, FieldSet> = {};
  const removed: Record<string, FieldSet> = {};
  const compare = (name: string, left: unknown, right: unknown): void => {
    if (left === right) return;
    const inner = compareNode(left, right, shape.childOf(name));
    if (inner.changed !== undefined) changed[fieldElement(name)] = inner.changed;
    if (inner.removed !== undefined) removed[fieldElement(name)] = inner.removed;
  };
  for (const name of Object.keys(before)) compare(name, before[name], Object.hasOwn(after, name) ? after[name] : absent);
  for (const name of Object.keys(after)) if (!Object.hasOwn(before, name)) compare(name, absent, after[name]);
  return { changed: fieldNode(false, changed), removed: fieldNode(false, removed) };
}

/** Null counts as there: Go's decoder made the same of it as of an empty value. */
function isThere(value: unknown): boolean {
  return value !== absent && value !== null && value !== undefined;
}

function valueAt(parts: Map<string, unknown> | undefined, element: string): unknown {
  return parts !== undefined && parts.has(element) ? parts.get(element) : absent;
}

function compareLeaf(before: unknown, after: unknown): NodeChanges {
  if (before === absent) return after === absent ? same : changedLeaf;
  if (after === absent) return removedLeaf;
  return jsonEqual(before, after) ? same : changedLeaf;
}

/** The fields that an applied configuration claims. */
export function fieldsOf(value: unknown, shape: Shape): FieldSet {
  const parts = partsOf(value, shape);
  if (parts === undefined || shape.kind === 'leaf') return emptySet;
  const children: Record<string, FieldSet> = {};
  for (const [element, part] of parts) {
    const inner = partShape(shape, element);
    const isSplit = inner.kind !== 'leaf' && partsOf(part, inner) !== undefined && Object.keys(part as object).length > 0;
    // A struct's field is owned through what is in it; an entry of a map or list is also owned as such.
    const byName = shape.kind === 'fields' && shape.isDeclared(element.slice(2));
    children[element] = isSplit ? (fieldNode(!byName, stripDot(fieldsOf(part, inner))) ?? emptySet) : emptySet;
  }
  return children;
}

function stripDot(set: FieldSet): Record<string, FieldSet> {
  return Object.fromEntries(Object.entries(set).filter(([element]) => element !== '.'));
}

/** The live value with an applied configuration laid over it. */
export function mergeApplied(live: unknown, applied: unknown, shape: Shape): unknown {
  const left = partsOf(live, shape);
  const right = partsOf(applied, shape);
  if (left === undefined || right === undefined || shape.kind === 'leaf') return applied;
  const merged = new Map<string, unknown>();
  for (const element of mergedOrder([...left.keys()], [...right.keys()])) {
    const inner = partShape(shape, element);
    if (!right.has(element)) merged.set(element, left.get(element));
    else merged.set(element, left.has(element) ? mergeApplied(left.get(element), right.get(element), inner) : right.get(element));
  }
  return rebuilt(merged, shape);
}

/** Items keep the order of the applied list; those that only the live one has come first at the place where they stood. */
function mergedOrder(live: readonly string[], applied: readonly string[]): readonly string[] {
  const inApplied = new Set(applied);
  const order = new Set<string>();
  let next = 0;
  for (const element of live) {
    while (inApplied.has(element) && !order.has(element) && next < applied.length) {
      order.add(applied[next] ?? '');
      next += 1;
    }
    order.add(element);
  }
  for (const element of applied.slice(next)) order.add(element);
  return [...order];
}

function rebuilt(parts: Map<string, unknown>, shape: Shape): unknown {
  if (shape.kind === 'items') return [...parts.values()];
  return Object.fromEntries([...parts].map(([element, part]) => [element.slice(2), part]));
}

/** The value without what was in `dropped` and is in `kept` no more. */
export function pruneDropped(value: unknown, dropped: FieldSet, kept: FieldSet, shape: Shape): unknown {
  const parts = partsOf(value, shape);
  if (parts === undefined || shape.kind === 'leaf') return value;
  let touched = false;
  const rest = new Map<string, unknown>();
  for (const [element, part] of parts) {
    const gone = dropped[element];
    const owned = kept[element];
    if (gone !== undefined && owned === undefined) {
      touched = true;
      continue;
    }
    const pruned =
      gone === undefined || owned === undefined || isLeaf(owned) ? part : pruneDropped(part, gone, owned, partShape(shape, element));
    touched ||= pruned !== part;
    rest.set(element, pruned);
  }
  return touched ? rebuilt(rest, shape) : value;
}

function isLeaf(node: FieldSet): boolean {
  return isMember(node) && !Object.keys(node).some((element) => element !== '.');
}

/** Elements of metadata that nobody owns: identity and what the server keeps. */
const unowned = new Set(
  ['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields', 'resourceVersion'].map(
    fieldElement,
  ),
);

/** The set without apiVersion, kind and the server's part of metadata. */
export function withoutUnowned(set: FieldSet): FieldSet {
  const { 'f:apiVersion': _apiVersion, 'f:kind': _kind, 'f:metadata': metadata, ...rest } = set;
  if (metadata === undefined) return rest;
  const kept = Object.fromEntries(Object.entries(metadata).filter(([element]) => !unowned.has(element) && element !== '.'));
  return Object.keys(kept).length === 0 ? rest : { 'f:metadata': kept, ...rest };
}
