import { goJson } from './go-format.ts';

/**
 * A set of field paths in the form that managedFields has on the wire (FieldsV1): keys `f:<field>`, `k:<keys of a list item>`,
 * `v:<item of a set>`. A node belongs to the set itself when it is empty or holds the key `.`; else only what is below it does.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

export const emptySet: FieldSet = {};

/** Node that belongs to the set and has nothing below. */
const leaf: FieldSet = {};

export function isMember(node: FieldSet): boolean {
  return '.' in node || Object.keys(node).length === 0;
}

/** The node for a membership and what is below, or undefined when there is neither. */
export function fieldNode(member: boolean, children: Record<string, FieldSet>): FieldSet | undefined {
  const empty = Object.keys(children).length === 0;
  if (!member) return empty ? undefined : children;
  return empty ? leaf : { '.': leaf, ...children };
}

/** Whether the root holds nothing. (The root itself is no path.) */
export function isEmptySet(set: FieldSet): boolean {
  return Object.keys(set).length === 0;
}

function childrenOf(node: FieldSet): [string, FieldSet][] {
  return Object.entries(node).filter(([element]) => element !== '.');
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  return isEmptySet(a) ? b : isEmptySet(b) ? a : unionNodes(a, b, false);
}

function unionNodes(a: FieldSet, b: FieldSet, isNode: boolean): FieldSet {
  const children: Record<string, FieldSet> = Object.fromEntries(childrenOf(a));
  for (const [element, node] of childrenOf(b)) {
    const present = children[element];
    children[element] = present === undefined ? node : unionNodes(present, node, true);
  }
  return fieldNode(isNode && (isMember(a) || isMember(b)), children) ?? emptySet;
}

/** What is in `a` and not in `b`, path by path: a path of `b` takes nothing away from below it. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return isEmptySet(b) ? a : (differenceNodes(a, b, false) ?? emptySet);
}

function differenceNodes(a: FieldSet, b: FieldSet, isNode: boolean): FieldSet | undefined {
  const children: Record<string, FieldSet> = {};
  for (const [element, node] of childrenOf(a)) {
    const other = b[element];
    const rest = other === undefined ? node : differenceNodes(node, other, true);
    if (rest !== undefined) children[element] = rest;
  }
  return fieldNode(isNode && isMember(a) && !isMember(b), children);
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return intersectionNodes(a, b, false) ?? emptySet;
}

function intersectionNodes(a: FieldSet, b: FieldSet, isNode: boolean): FieldSet | undefined {
  const children: Record<string, FieldSet> = {};
  for (const [element, node] of childrenOf(a)) {
    const other = b[element];
    const common = other === undefined ? undefined : intersectionNodes(node, other, true);
    if (common !== undefined) children[element] = common;
  }
  return fieldNode(isNode && isMember(a) && isMember(b), children);
}

/** The paths of the set as messages show them, e.g. `.spec.containers[name="c"].image`, sorted. */
export function pathsOf(set: FieldSet): string[] {
  const paths: string[] = [];
  const walk = (node: FieldSet, path: string): void => {
    if (path !== '' && isMember(node)) paths.push(path);
    for (const [element, child] of childrenOf(node).sort(([a], [b]) => (a < b ? -1 : 1))) walk(child, path + elementText(element));
  };
  walk(set, '');
  return paths;
}

function elementText(element: string): string {
  const body = element.slice(2);
  switch (element.slice(0, 2)) {
    case 'f:':
      return `.${body}`;
    case 'v:':
      return `[=${body}]`;
    case 'k:': {
      const keys = Object.entries(JSON.parse(body) as Record<string, unknown>);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    }
    default:
      return `[${body}]`;
  }
}

export const fieldElement = (name: string): string => `f:${name}`;
export const keyElement = (keys: Readonly<Record<string, unknown>>): string => `k:${goJson(keys)}`;
export const valueElement = (value: unknown): string => `v:${goJson(value)}`;
