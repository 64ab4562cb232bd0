import { duplicate, forbidden, invalid, notSupported, required } from '../field-error.ts';
import type {
  Affinity,
  NodeAffinity,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
} from '../generated/types.ts';
import { isDns1123Label, isLabelValue, isQualifiedName } from '../names.ts';
import { checkLabelSelector } from './label-selector.ts';
import { checkNames, checkOneOf, type Report } from './report.ts';

const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function checkTaintEffect(report: Report, effect: string, path: string): void {
  if (!taintEffects.includes(effect)) report(notSupported(path, effect, taintEffects));
}

export function checkTolerations(report: Report, tolerations: readonly Toleration[], path: string): void {
  for (const [index, toleration] of tolerations.entries()) checkToleration(report, toleration, `${path}[${index}]`);
}

function checkToleration(report: Report, toleration: Toleration, path: string): void {
  const { key = '', operator = '', value = '', effect = '' } = toleration;
  if (key !== '') checkNames(report, key, `${path}.key`, isQualifiedName);
  else if (operator !== 'Exists') {
    const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    report(invalid(`${path}.operator`, operator, detail));
  }
  if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute') {
    report(invalid(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  }
  checkTolerationOperator(report, toleration, value, `${path}.operator`);
  if (effect !== '') checkTaintEffect(report, effect, `${path}.effect`);
}

function checkTolerationOperator(report: Report, toleration: Toleration, value: string, path: string): void {
  switch (toleration.operator ?? '') {
    case '':
    case 'Equal': {
      const faults = isLabelValue(value);
      if (faults.length > 0) report(invalid(path, value, faults.join(';')));
      break;
    }
    case 'Exists':
      if (value !== '') report(invalid(path, toleration, "value must be empty when `operator` is 'Exists'"));
      break;
    case 'Gt':
    case 'Lt':
      if (!/^-?\d+$/.test(value)) report(invalid(path, value, 'value must be an integer for numeric operators'));
      break;
    default:
      report(notSupported(path, toleration.operator, ['Equal', 'Exists']));
  }
}

export function checkAffinity(report: Report, affinity: Affinity | undefined, path: string): void {
  if (affinity === undefined) return;
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
  if (nodeAffinity !== undefined) checkNodeAffinity(report, nodeAffinity, `${path}.nodeAffinity`);
  if (podAffinity !== undefined) checkPodAffinity(report, podAffinity, `${path}.podAffinity`);
  if (podAntiAffinity !== undefined) checkPodAffinity(report, podAntiAffinity, `${path}.podAntiAffinity`);
}

function checkNodeAffinity(report: Report, affinity: NodeAffinity, path: string): void {
  const { requiredDuringSchedulingIgnoredDuringExecution: must, preferredDuringSchedulingIgnoredDuringExecution: should = [] } = affinity;
  if (must !== undefined) {
    const at = `${path}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
    if (must.nodeSelectorTerms.length === 0) report(required(at, 'must have at least one node selector term'));
    for (const [index, term] of must.nodeSelectorTerms.entries()) checkNodeTerm(report, term, `${at}[${index}]`);
  }
  for (const [index, { weight, preference }] of should.entries()) {
    const at = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
    checkWeight(report, weight, `${at}.weight`);
    checkNodeTerm(report, preference, `${at}.preference`);
  }
}

function checkWeight(report: Report, weight: number, path: string): void {
  if (weight < 1 || weight > 100) report(invalid(path, weight, 'must be in the range 1-100'));
}

function checkNodeTerm(report: Report, term: NodeSelectorTerm, path: string): void {
  for (const [index, { key, operator, values = [] }] of (term.matchExpressions ?? []).entries()) {
    const at = `${path}.matchExpressions[${index}]`;
    switch (operator) {
      case 'In':
      case 'NotIn':
        if (values.length === 0) report(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
        break;
      case 'Exists':
      case 'DoesNotExist':
        if (values.length > 0) report(forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
        break;
      case 'Gt':
      case 'Lt':
        if (values.length !== 1) report(required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
        break;
      default:
        report(invalid(`${at}.operator`, operator, 'not a valid selector operator'));
    }
    checkNames(report, key, `${at}.key`, isQualifiedName);
  }
  for (const [index, { key, operator, values = [] }] of (term.matchFields ?? []).entries()) {
    const at = `${path}.matchFields[${index}]`;
    if (operator !== 'In' && operator !== 'NotIn') report(invalid(`${at}.operator`, operator, 'not a valid selector operator'));
    else if (values.length !== 1)
      report(required(`${at}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
    if (key !== 'metadata.name') report(invalid(`${at}.key`, key, 'not a valid field selector key'));
  }
}

function checkPodAffinity(report: Report, affinity: PodAffinity, path: string): void {
  const { requiredDuringSchedulingIgnoredDuringExecution: must = [], preferredDuringSchedulingIgnoredDuringExecution: should = [] } =
    affinity;
  for (const [index, term] of must.entries())
    checkPodTerm(report, term, `${path}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`);
  for (const [index, { weight, podAffinityTerm }] of should.entries()) {
    const at = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
    checkWeight(report, weight, `${at}.weight`);
    checkPodTerm(report, podAffinityTerm, `${at}.podAffinityTerm`);
  }
}

function checkPodTerm(report: Report, term: PodAffinityTerm, path: string): void {
  checkLabelSelector(report, term.labelSelector, `${path}.labelSelector`);
  checkLabelSelector(report, term.namespaceSelector, `${path}.namespaceSelector`);
  for (const [index, name] of (term.namespaces ?? []).entries()) checkNames(report, name, `${path}.namespace[${index}]`, isDns1123Label);
  if (term.topologyKey === '') report(required(`${path}.topologyKey`, 'can not be empty'));
  else checkNames(report, term.topologyKey, `${path}.topologyKey`, isQualifiedName);
}

export function checkTopologySpread(report: Report, constraints: readonly TopologySpreadConstraint[], path: string): void {
  const seen = new Set<string>();
  for (const [index, { maxSkew, topologyKey, whenUnsatisfiable, labelSelector, minDomains }] of constraints.entries()) {
    const at = `${path}[${index}]`;
    if (maxSkew <= 0) report(invalid(`${at}.maxSkew`, maxSkew, 'must be greater than zero'));
    if (topologyKey === '') report(required(`${at}.topologyKey`, 'can not be empty'));
    else checkNames(report, topologyKey, `${at}.topologyKey`, isQualifiedName);
    checkOneOf(report, whenUnsatisfiable, `${at}.whenUnsatisfiable`, ['DoNotSchedule', 'ScheduleAnyway']);
    const key = `{${topologyKey}, ${whenUnsatisfiable}}`;
    if (seen.has(key)) report(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, key));
    seen.add(key);
    if (minDomains !== undefined && minDomains <= 0) report(invalid(`${at}.minDomains`, minDomains, 'must be greater than zero'));
    checkLabelSelector(report, labelSelector, `${at}.labelSelector`);
  }
}
