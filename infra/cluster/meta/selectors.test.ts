import { describe, expect, it } from 'vitest';
import type { KubeObject } from './kube-object.ts';
import { fieldSelectorFor, formatSelector, labelSelectorMatches, matchesLabels, parseLabelSelector, selectorOf } from './selectors.ts';
import { resource } from './testing/samples.ts';

describe('label selectors', () => {
  const gold = { tier: 'gold', app: 'web', size: '5' };

  it.each([
    ['', true],
    ['tier=gold', true],
    ['tier==gold', true],
    ['tier = gold , app = web', true],
    ['tier=silver', false],
    ['tier!=silver', true],
    ['other!=x', true],
    ['tier', true],
    ['other', false],
    ['!other', true],
    ['! tier', false],
    ['tier in (gold,bronze)', true],
    ['tier notin (gold, bronze)', false],
    ['other notin (x)', true],
    ['size>4,size<6', true],
    ['size>5', false],
    ['tier>1', false],
    ['tier=', false],
    ['in=x', false],
  ])('%s', (text, expected) => {
    expect(matchesLabels(parseLabelSelector(text), gold)).toBe(expected);
  });

  it.each(['tier in gold', 'tier in (gold', 'a b', ',a', 'a,', 'a==b==c', '=x', 'bad key!=x y', 'a in (b,-c)', 'x>y', '(a)'])(
    '%s cannot be parsed',
    (text) => {
      expect(() => parseLabelSelector(text)).toThrow(/^unable to parse requirement: /);
    },
  );

  it('bounds the text', () => {
    expect(() => parseLabelSelector('a,'.repeat(100_000))).toThrow('too long');
  });

  it('do not see inherited keys', () => {
    expect(matchesLabels(parseLabelSelector('constructor'), {})).toBe(false);
  });

  it('an absent selector matches nothing, an empty one everything', () => {
    expect(labelSelectorMatches(undefined, gold)).toBe(false);
    expect(labelSelectorMatches({}, undefined)).toBe(true);
    expect(labelSelectorMatches({ matchLabels: { app: 'web' }, matchExpressions: [{ key: 'x', operator: 'DoesNotExist' }] }, gold)).toBe(
      true,
    );
    expect(labelSelectorMatches({ matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['gold'] }] }, gold)).toBe(false);
  });

  it('print as kubectl shows them', () => {
    const selector = selectorOf({
      matchLabels: { b: '2', a: '1' },
      matchExpressions: [
        { key: 'c', operator: 'In', values: ['y', 'x'] },
        { key: 'd', operator: 'Exists' },
        { key: 'e', operator: 'DoesNotExist' },
        { key: 'f', operator: 'NotIn', values: ['z'] },
      ],
    });
    expect(formatSelector(selector ?? [])).toBe('a=1,b=2,c in (x,y),d,!e,f!=z');
  });
});

describe('field selectors', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'ns' },
    spec: { nodeName: 'n1' },
    status: { phase: 'Running', podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] },
  } as KubeObject;
  const pods = fieldSelectorFor(resource('pods'));

  it.each([
    ['', true],
    ['metadata.name=a', true],
    ['metadata.name!=a', false],
    ['spec.nodeName==n1,status.phase!=Succeeded,status.phase!=Failed', true],
    ['status.podIPs=10.0.0.1', false],
    ['status.nominatedNodeName=', true],
    ['spec.hostNetwork=false', true],
  ])('%s', (text, expected) => {
    expect(pods.compile(text).matches(pod)).toBe(expected);
  });

  it('takes the meaning from escaped characters', () => {
    expect(fieldSelectorFor(resource('secrets')).compile(String.raw`type=a\,b\=c`).requirements).toEqual([
      { field: 'type', value: 'a,b=c', negated: false },
    ]);
  });

  it('tells the one name that can match', () => {
    expect(pods.compile('metadata.name=a,status.phase=Running').name).toBe('a');
    expect(pods.compile('metadata.name!=a').name).toBeUndefined();
  });

  it('refuses fields that the kind does not offer, in its words', () => {
    expect(() => pods.compile('spec.foo=bar')).toThrow('field label not supported: spec.foo');
    expect(() => fieldSelectorFor(resource('configmaps')).compile('data.a=b')).toThrow(
      '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
    );
    expect(() => pods.compile('nonsense')).toThrow("invalid selector: 'nonsense'; can't understand 'nonsense'");
  });

  it('finds events by what they are about', () => {
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e', namespace: 'ns' },
      involvedObject: { kind: 'Pod', name: 'bad' },
      reason: 'BackOff',
      reportingComponent: 'kubelet',
    } as KubeObject;
    const events = fieldSelectorFor(resource('events'));
    expect(events.compile('involvedObject.name=bad,reason=BackOff,source=kubelet,involvedObject.uid=').matches(event)).toBe(true);
    expect(events.compile('involvedObject.kind=Node').matches(event)).toBe(false);
  });

  it('reads the fields that a definition declares selectable', () => {
    const info = { group: 'lab.example', kind: 'Drill', namespaced: true, selectableFields: ['.spec.color'] };
    const drill = { apiVersion: 'lab.example/v1', kind: 'Drill', metadata: { name: 'd' }, spec: { color: 'red' } } as KubeObject;
    expect(fieldSelectorFor(info).compile('spec.color=red').matches(drill)).toBe(true);
  });
});
