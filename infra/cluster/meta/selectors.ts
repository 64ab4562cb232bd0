import type { LabelSelector } from './generated/types.ts';
import type { KubeObject } from './kube-object.ts';
import { SelectorParser } from './label-selector-text.ts';
import { fieldReaders, hasOwnFields, type SelectableResource } from './selectable-fields.ts';
import { badRequest } from './status-error.ts';

export type Operator = 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

/** All requirements hold. An empty selector matches everything. */
export type Selector = readonly Requirement[];

export type Labels = Readonly<Record<string, string>>;

export function matchesLabels(selector: Selector, labels: Labels | undefined): boolean {
  return selector.every((requirement) => matchesRequirement(requirement, labels ?? {}));
}

function matchesRequirement({ key, operator, values }: Requirement, labels: Labels): boolean {
  const has = Object.hasOwn(labels, key);
  const value = has ? (labels[key] ?? '') : '';
  switch (operator) {
    case 'in':
      return has && values.includes(value);
    case 'notin':
      return !has || !values.includes(value);
    case 'exists':
      return has;
    case '!':
      return !has;
    case 'gt':
      return has && isInteger(value) && Number(value) > Number(values[0]);
    case 'lt':
      return has && isInteger(value) && Number(value) < Number(values[0]);
  }
}

function isInteger(text: string): boolean {
  return /^[+-]?\d+$/.test(text);
}

/** The requirements of `{matchLabels: …}` or of a Service's plain map. */
export function selectorOfLabels(labels: Labels | undefined): Selector {
  return Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: 'in', values: [value] }));
}

const expressionOperators: Readonly<Record<string, Operator>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };

/** The requirements of a LabelSelector. An absent one matches nothing (undefined), an empty one everything. */
export function selectorOf(selector: LabelSelector | undefined): Selector | undefined {
  if (selector === undefined) return undefined;
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values }) => ({
    key,
    operator: expressionOperators[operator] ?? 'in',
    values: values ?? [],
  }));
  return [...selectorOfLabels(selector.matchLabels), ...expressions];
}

/** Whether a LabelSelector object selects the labels; an absent selector selects nothing. */
export function labelSelectorMatches(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  const requirements = selectorOf(selector);
  return requirements !== undefined && matchesLabels(requirements, labels);
}

/** A selector as text: `app=web,tier in (a,b),!old`, sorted by key, as Kubernetes prints it. */
export function formatSelector(selector: Selector): string {
  return [...selector]
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(formatRequirement)
    .join(',');
}

function formatRequirement({ key, operator, values }: Requirement): string {
  const sorted = [...values].sort();
  switch (operator) {
    case 'in':
      return sorted.length === 1 ? `${key}=${sorted[0] ?? ''}` : `${key} in (${sorted.join(',')})`;
    case 'notin':
      return sorted.length === 1 ? `${key}!=${sorted[0] ?? ''}` : `${key} notin (${sorted.join(',')})`;
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'gt':
      return `${key}>${values[0] ?? ''}`;
    case 'lt':
      return `${key}<${values[0] ?? ''}`;
  }
}

const maxSelectorBytes = 64 * 1024;

/** Parses the text of a label selector. What cannot be parsed is a StatusError 400 with the server's words. */
export function parseLabelSelector(text: string): Selector {
  if (text.length > maxSelectorBytes) throw badRequest('unable to parse requirement: the selector is too long');
  return new SelectorParser(text).parse();
}

export interface FieldRequirement {
  readonly field: string;
  readonly value: string;
  readonly negated: boolean;
}

/** Parses `a=b,c!=d`; a backslash takes the meaning from `,`, `=` and itself. */
export function parseFieldSelector(text: string): readonly FieldRequirement[] {
  if (text.length > maxSelectorBytes) throw badRequest('invalid selector: too long');
  return splitTerms(text)
    .filter((term) => term !== '')
    .map((term) => {
      const match = /^((?:\\.|[^\\=!])*?)(!=|==|=)((?:\\.|[^\\])*)$/s.exec(term);
      if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
      const [, field = '', operator = '', value = ''] = match;
      return { field, value: unescaped(value), negated: operator === '!=' };
    });
}

function splitTerms(text: string): string[] {
  return text.match(/(?:\\.|[^\\,])+/gs) ?? [];
}

function unescaped(value: string): string {
  return value.replace(/\\([\\,=])/g, '$1');
}

/** A test of objects by a field selector's text, for one resource. */
export interface FieldMatcher {
  readonly requirements: readonly FieldRequirement[];
  matches(object: KubeObject): boolean;
  /** The one name that can match, where the selector says so; lists then need look at one object only. */
  readonly name?: string;
}

/** Compiles field selectors for a resource; unknown fields are a StatusError 400. */
export function fieldSelectorFor(info: SelectableResource): {
  readonly supported: readonly string[];
  compile(text: string): FieldMatcher;
} {
  const readers = fieldReaders(info);
  return {
    supported: [...readers.keys()],
    compile(text) {
      const requirements = parseFieldSelector(text);
      const tests = requirements.map((requirement) => {
        const reader = readers.get(requirement.field);
        if (reader === undefined) throw unsupportedField(info, requirement.field);
        return (object: KubeObject) => (reader(object) === requirement.value) !== requirement.negated;
      });
      const named = requirements.find(({ field, negated }) => field === 'metadata.name' && !negated);
      return { requirements, matches: (object) => tests.every((test) => test(object)), ...(named && { name: named.value }) };
    },
  };
}

function unsupportedField(info: SelectableResource, field: string): Error {
  if (hasOwnFields(info)) return badRequest(`field label not supported: ${field}`);
  return badRequest(`"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`);
}
