import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { yamlOf } from './yaml-output.ts';
import { parseYaml } from './yaml-text.ts';

describe('yamlOf', () => {
  it('writes an object as kubectl would show it', () => {
    const pod = {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name: 'web', labels: {} },
      spec: { containers: [{ name: 'a', args: ['-c', 'x y'] }] },
    };
    expect(yamlOf(pod)).toBe(
      [
        ...['apiVersion: v1', 'kind: Pod', 'metadata:', '  labels: {}', '  name: web', 'spec:', '  containers:'],
        ...['  - args:', '    - "-c"', '    - "x y"', '    name: a', ''],
      ].join('\n'),
    );
  });

  it.each([
    [{ a: 'yes', b: 'No', c: 'null', d: '1', e: '1e3', f: '0x1', g: '', h: ' x', i: 'a: b', j: '#c', k: '2026-11-21T10:00:00Z', l: '~' }],
    [{ text: 'one\ntwo\n', tab: '\t', quote: '"', back: '\\', bell: '\u0007', line: '\u2028', emoji: '😀', colon: 'a:b' }],
    [{ 'odd key': { '- ': 1, true: false }, list: [[1, 2], [], [{ a: [{ b: null }] }], {}] }],
    [[]],
    [{}],
    ['text'],
    [[{ a: 1, b: { c: 2 } }, { a: -1.5 }]],
  ])('writes what reads the same again: %j', (value) => {
    expect(parse(yamlOf(value), { version: '1.1' })).toEqual(value);
    expect(parseYaml(yamlOf(value)).value).toEqual(value);
  });
});
