import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { removeFromYaml, setInYaml, valueInYaml, type Place, type Value } from './yaml-edit.ts';

const text = `# Ours.
models:
  - name: a # the first
    params: { cost: 0.0000001, list: [x] }
  - params:
      deep: 1
settings:
  # Do not touch.
  on: true

empty:
none: {}
`;

const changed: readonly (readonly [string, Place, Parameters<typeof setInYaml>[2], string, string])[] = [
  ['a value', ['settings', 'on'], false, '  on: true', '  on: false'],
  ['a value in a flow', ['models', 0, 'params', 'cost'], 0.00000025, 'cost: 0.0000001', 'cost: 0.00000025'],
  ['a list', ['models', 0, 'params', 'list'], ['x-v2', '7'], '[x]', '[x-v2, "7"]'],
  ['a value before a comment', ['models', 0, 'name'], 'b/c:1', 'name: a #', 'name: b/c:1 #'],
  ['another entry', ['settings', 'off'], 'true', '  on: true', '  off: "true"\n  on: true'],
  ['another entry of an item', ['models', 1, 'params', 'more'], true, '      deep: 1', '      more: true\n      deep: 1'],
  ['another entry of an item itself', ['models', 1, 'id'], 'z', '  - params:\n', '  - id: z\n    params:\n'],
  ['another entry in a flow', ['models', 0, 'params', 'more'], 1, '{ cost', '{ more: 1, cost'],
  ['an entry of what is empty', ['empty', 'more'], 1, 'empty:\n', 'empty: { more: 1 }\n'],
  ['an entry of an empty flow', ['none', 'more'], 1, 'none: {}', 'none: { more: 1 }'],
  ['an entry two levels down', ['settings', 'cache', 'ttl'], 5, '  on: true', '  cache: { ttl: 5 }\n  on: true'],
  ['a new section', ['new', 'more'], 1, '# Ours.\nmodels:', '# Ours.\nnew: { more: 1 }\nmodels:'],
];

it.each(changed)('sets %s', (_, place, value, before, after) => {
  const result = setInYaml(text, place, value);
  expect(result).toBe(text.replace(before, after));
  expect(place.reduce<unknown>((at, step) => (at as Record<string | number, unknown>)[step], parse(result))).toEqual(value);
});

it('sets in an empty text', () => {
  expect(setInYaml('', ['a', 'b'], 1)).toBe('a: { b: 1 }\n');
});

it.each<[string, Place]>([
  ['through a value', ['settings', 'on', 'more']],
  ['past the end of a list', ['models', 7]],
])('refuses to go %s', (_, place) => {
  expect(() => setInYaml(text, place, 1)).toThrow(TypeError);
});

/** Without what is empty: a section that was made on the way may stay. */
function lean(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(lean);
  const entries = Object.entries(value).map(([key, one]) => [key, lean(one)] as const);
  return Object.fromEntries(entries.filter(([, one]) => one !== null && JSON.stringify(one) !== '{}'));
}

it.each(changed)('takes back %s', (_, place, value) => {
  const before = valueInYaml(text, place);
  const back = before === undefined ? removeFromYaml(setInYaml(text, place, value), place) : setInYaml(text, place, before as Value);
  expect(valueInYaml(back, place)).toEqual(before);
  expect(lean(parse(back))).toEqual(lean(parse(text)));
});

it.each<[string, string, Place, string]>([
  ['the last of a block', 'a:\n  b: 1 # x\n  c: 2\nd: 3\n', ['a', 'c'], 'a:\n  b: 1 # x\nd: 3\n'],
  ['the last of a flow', 'a: { b: 1, c: 2 }', ['a', 'c'], 'a: { b: 1 }'],
  ['the only one of a flow', 'a: { b: 1 }', ['a', 'b'], 'a: {  }'],
  ['what is not there', 'a: { b: 1 }', ['a', 'c'], 'a: { b: 1 }'],
])('removes %s', (_, before, place, after) => {
  expect(removeFromYaml(before, place)).toBe(after);
});
