import { isCollection, isMap, isNode, isScalar, parseDocument, type Document, type Pair, type YAMLMap } from 'yaml';

export type Place = readonly (string | number)[];
export type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

/**
 * The text with one value set, and every other character as it was: a change as somebody makes it by hand, that shows as one line in a diff. What is
 * on the way to the place and not there is made. Throws TypeError where the way leads through something else than mappings and lists. Pure.
 */
export function setInYaml(text: string, place: Place, value: Value): string {
  const document = parseDocument(text);
  const present: unknown = document.getIn(place, true);
  if (isNode(present) && present.range && !isEmpty(present)) return splice(text, present.range[0], present.range[1], render(value));
  const [key, way] = [String(place.at(-1)), place.slice(0, -1)];
  const parent = nodeAt(document, way);
  if (isMap(parent)) return insert(text, parent, key, render(value));
  if (isCollection(parent)) throw new TypeError(`there is no ${key} to set in a list`);
  if (way.length === 0) return `${key}: ${render(value)}\n${text}`;
  if (parent !== undefined && !isEmpty(parent)) throw new TypeError(`${way.join('.')} is no mapping`);
  if (isNode(parent) && parent.range) return splice(text, parent.range[0], parent.range[0], ` ${render({ [key]: value })}`);
  return setInYaml(text, way, { [key]: value });
}

/** The text without the entry; as it is where there is none. What was set as a new entry goes without a trace. Pure. */
export function removeFromYaml(text: string, place: Place): string {
  const parent = nodeAt(parseDocument(text), place.slice(0, -1));
  if (!isMap(parent)) return text;
  const index = parent.items.findIndex(({ key }) => isScalar(key) && String(key.value) === String(place.at(-1)));
  const [start, next] = [startOf(parent.items[index]), startOf(parent.items[index + 1])];
  if (start === undefined) return text;
  if (next !== undefined) return splice(text, start, next, '');
  const end = endOf(parent.items[index]) ?? start;
  const before = endOf(parent.items[index - 1]);
  if (before === undefined) return splice(text, start, end, parent.flow === true ? '' : '{}');
  return splice(text, parent.flow === true ? before : text.lastIndexOf('\n', start), end, '');
}

/** The value at a place; undefined where nothing is. */
export function valueInYaml(text: string, place: Place): unknown {
  return place.reduce<unknown>(
    (at, step) => (typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[step] : undefined),
    parseDocument(text).toJS(),
  );
}

function startOf(pair: Pair | undefined): number | undefined {
  return isNode(pair?.key) ? pair.key.range?.[0] : undefined;
}

function endOf(pair: Pair | undefined): number | undefined {
  const value = isNode(pair?.value) ? pair.value.range?.[1] : undefined;
  return value ?? (isNode(pair?.key) ? pair.key.range?.[1] : undefined);
}

function nodeAt(document: Document, way: Place): unknown {
  return way.length === 0 ? document.contents : document.getIn(way, true);
}

/** `key:` and nothing behind it. */
function isEmpty(node: unknown): boolean {
  return isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1];
}

/** As the first entry: where a mapping begins is plain, while its end may be anywhere among comments. */
function insert(text: string, map: YAMLMap, key: string, value: string): string {
  const at = startOf(map.items[0]);
  if (at === undefined) return splice(text, map.range?.[0] ?? 0, map.range?.[1] ?? 0, `{ ${key}: ${value} }`);
  if (map.flow === true) return splice(text, at, at, `${key}: ${value}, `);
  const column = at - (text.lastIndexOf('\n', at - 1) + 1);
  return splice(text, at, at, `${key}: ${value}\n${' '.repeat(column)}`);
}

function splice(text: string, from: number, to: number, by: string): string {
  return text.slice(0, from) + by + text.slice(to);
}

/** On one line. */
function render(value: Value): string {
  if (typeof value === 'string') return /^(?!true$|false$|null$)[A-Za-z][\w./:-]*(?<!:)$/.test(value) ? value : JSON.stringify(value);
  if (typeof value === 'number') return String(value).includes('e') ? value.toFixed(12).replace(/0+$/, '') : String(value);
  if (typeof value === 'boolean') return String(value);
  if (isList(value)) return `[${value.map(render).join(', ')}]`;
  const entries = Object.entries(value).map(([key, one]) => `${key}: ${render(one)}`);
  return `{ ${entries.join(', ')} }`;
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
