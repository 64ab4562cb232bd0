import { describe, expect, it } from 'vitest';
import { celBudgetMs, CelDialect, celSyntaxFault, celValue } from './cel.ts';
import { runBounded } from './run-bounded.ts';

const dialect = new CelDialect(['object']);
const object = celValue({
  replicas: 3,
  ratio: 0.5,
  labels: { app: 'web' },
  names: ['a', 'b', 'b'],
  limits: { cpu: '1500m', memory: '1Gi', odd: 'lots' },
});

describe('an expression', () => {
  it.each([
    ['object.replicas <= 5 && object.ratio < 1.0', true],
    ["has(object.labels) && 'app' in object.labels", true],
    ["object.names.indexOf('b') == 1 && object.names.lastIndexOf('b') == 2 && object.names.isSorted()", true],
    ["'v1.36.2'.find('[0-9]+') == '1' && 'v1.36.2'.findAll('[0-9]+').size() == 3", true],
    ["quantity(object.limits.cpu).isLessThan(quantity('2')) && quantity(object.limits.memory).isGreaterThan(quantity('512Mi'))", true],
    ["quantity('1Gi').sub(quantity('512Mi')).compareTo(quantity('512Mi')) == 0", true],
    ["quantity('1500m').isInteger() || quantity('2k').add(quantity('1')).asInteger() != 2001", false],
    ["quantity('-1').sign() == -1 && quantity('250m').asApproximateFloat() == 0.25", true],
    ['isQuantity(object.limits.odd)', false],
  ])('%s is %j', (expression, value) => {
    expect(dialect.evaluate(expression, { object })).toEqual({ kind: 'value', value });
  });

  it.each([
    ['object.missing == 1', { kind: 'failed', reason: 'no such key: missing' }],
    ['quantity(object.limits.odd).sign() == 1', { kind: 'failed' }],
    ["object.labels.app.find('(') == ''", { kind: 'failed' }],
    ["ip('10.0.0.1').family() == 4", { kind: 'unsupported' }],
    ['authorizer.allowed()', { kind: 'unsupported' }],
  ])('%s fails or is passed over', (expression, outcome) => {
    expect(dialect.evaluate(expression, { object })).toMatchObject(outcome);
  });
});

it('grammar is looked at without knowing the names', () => {
  expect(celSyntaxFault('anything.at.all > f(1)')).toBeUndefined();
  expect(celSyntaxFault('object.replicas <=')).toMatch(/unexpected/i);
});

it('work that takes too long is stopped', () => {
  expect(runBounded(() => void dialect.evaluate("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('^(a+)+$')", { object }), celBudgetMs)).toBe(
    false,
  );
  expect(runBounded(() => void dialect.evaluate('1 == 1', { object }), celBudgetMs)).toBe(true);
});
