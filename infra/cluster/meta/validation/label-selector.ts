import { forbidden, invalid, required } from '../field-error.ts';
import type { LabelSelector } from '../generated/types.ts';
import { isLabelValue, isQualifiedName } from '../names.ts';
import { labelSelectorMatches } from '../selectors.ts';
import { checkLabels } from './object-meta.ts';
import { checkNames, type Report } from './report.ts';

export function checkLabelSelector(report: Report, selector: LabelSelector | undefined, path: string): void {
  if (selector === undefined) return;
  checkLabels(report, selector.matchLabels, `${path}.matchLabels`);
  for (const [index, { key, operator, values = [] }] of (selector.matchExpressions ?? []).entries()) {
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
      default:
        report(invalid(`${at}.operator`, operator, 'not a valid selector operator'));
    }
    checkNames(report, key, `${at}.key`, isQualifiedName);
    for (const [item, value] of values.entries()) checkNames(report, value, `${at}.values[${item}]`, isLabelValue);
  }
}

export function isEmptySelector(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;
}

/** A controller must find the pods that it makes; without a selector it finds none. */
export function checkSelectsTemplate(
  report: Report,
  selector: LabelSelector | undefined,
  labels: Record<string, string> | undefined,
  templatePath: string,
): void {
  if ((selector !== undefined && isEmptySelector(selector)) || labelSelectorMatches(selector, labels)) return;
  report(invalid(`${templatePath}.metadata.labels`, labels ?? null, '`selector` does not match template `labels`'));
}
