import { describe, expect, it } from 'vitest';
import { findMismatch, unknownOperators } from './partial-match.ts';

const deployment = {
  metadata: { name: 'inference', labels: { app: 'inference' } },
  spec: {
    replicas: 2,
    paused: false,
    containers: [
      { name: 'server', image: 'a:1', limits: { memory: '256Mi' } },
      { name: 'sidecar', image: 'b:2' },
    ],
  },
};

describe('findMismatch', () => {
  it.each<[string, unknown]>([
    ['an empty pattern', {}],
    ['a part of an object', { metadata: { labels: { app: 'inference' } } }],
    ['items of a list in any order', { spec: { containers: [{ name: 'sidecar' }, { name: 'server' }] } }],
    ['a number at its bound', { spec: { replicas: { $atLeast: 2 } } }],
    ['quantities by value, not by text', { spec: { containers: [{ limits: { memory: { $atMost: '0.25Gi' } } }] } }],
    ['one of several', { spec: { containers: [{ image: { $in: ['a:1', 'a:2'] } }] } }],
    ['absence', { spec: { strategy: { $exists: false } } }],
    ['negation', { metadata: { name: { $not: 'other' } } }],
    ['a form', { metadata: { name: { $matches: '^inf' } } }],
    ['a list that must not hold something', { spec: { containers: { $none: { name: 'debug' } } } }],
    ['several operators at once', { spec: { replicas: { $atLeast: 1, $atMost: 3 } } }],
  ])('accepts %s', (_, pattern) => {
    expect(findMismatch(deployment, pattern)).toBeUndefined();
  });

  it.each<[string, unknown, string, RegExp]>([
    ['another value', { spec: { replicas: 3 } }, 'spec.replicas', /is 2, wanted 3/],
    ['what is missing', { spec: { strategy: { type: 'Recreate' } } }, 'spec.strategy', /missing/],
    ['no item that fits', { spec: { containers: [{ name: 'proxy' }] } }, 'spec.containers', /no item like/],
    ['too little', { spec: { replicas: { $atLeast: 3 } } }, 'spec.replicas', /at least 3/],
    [
      'too much, across units',
      { spec: { containers: [{ name: 'server', limits: { memory: { $atMost: '255Mi' } } }] } },
      'spec.containers',
      /no item like/,
    ],
    ['none of several', { metadata: { name: { $in: ['x', 'y'] } } }, 'metadata.name', /one of/],
    ['presence', { spec: { replicas: { $exists: false } } }, 'spec.replicas', /should not be/],
    ['what is negated', { spec: { paused: { $not: false } } }, 'spec.paused', /must not be/],
    ['an item that must not be there', { spec: { containers: { $none: { name: 'server' } } } }, 'spec.containers', /must not/],
    ['a text compared as a number', { metadata: { name: { $atLeast: 1 } } }, 'metadata.name', /at least/],
    ['false for a missing flag', { spec: { missing: false } }, 'spec.missing', /missing/],
  ])('names %s', (_, pattern, path, message) => {
    const mismatch = findMismatch(deployment, pattern);
    expect(mismatch?.path).toBe(path);
    expect(mismatch?.message).toMatch(message);
  });

  it('gives the inner difference when a list has but one candidate', () => {
    expect(findMismatch({ items: [{ id: 'a', size: 1 }] }, { items: [{ id: 'a', size: 2 }] })).toEqual({
      path: 'items[0].size',
      message: 'is 1, wanted 2',
    });
  });

  it('finds operators that nobody knows, wherever they stand', () => {
    expect(unknownOperators({ spec: { replicas: { $atleast: 1 }, list: [{ $in: [1] }, { $between: 2 }] } })).toEqual([
      '$atleast',
      '$between',
    ]);
  });
});
