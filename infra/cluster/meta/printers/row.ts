import type { TableRowCondition } from '../generated/types.ts';
import type { KubeObject } from '../kube-object.ts';
import { formatSelector, selectorOf, selectorOfLabels } from '../selectors.ts';
import type { LabelSelector, PodSpec } from '../generated/types.ts';
import { humanDuration } from '../times.ts';

export type Cell = string | number | boolean | null;

/** Prints the cells of one object, in the order of its resource's columns. */
export type RowPrinter<T extends KubeObject = KubeObject> = (object: T, nowMs: number) => readonly Cell[];

export interface PrintedRow {
  readonly cells: readonly Cell[];
  readonly conditions?: readonly TableRowCondition[];
}

export const none = '<none>';
export const unset = '<unset>';
export const unknown = '<unknown>';

/** Time since, as `16s`; `<unknown>` for no time. */
export function since(timeIso: string | null | undefined, nowMs: number): string {
  return timeIso === undefined || timeIso === null || timeIso === '' ? unknown : humanDuration(nowMs - Date.parse(timeIso));
}

export function age(object: KubeObject, nowMs: number): string {
  return since(object.metadata.creationTimestamp, nowMs);
}

export function selectorText(selector: LabelSelector | undefined): string {
  return formatSelector(selectorOf(selector) ?? []);
}

/** A plain map of labels; `<none>` when empty. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  const text = formatSelector(selectorOfLabels(labels));
  return text === '' ? none : text;
}

export function containerNames(spec: PodSpec | undefined): string {
  return (spec?.containers ?? []).map(({ name }) => name).join(',');
}

export function containerImages(spec: PodSpec | undefined): string {
  return (spec?.containers ?? []).map(({ image }) => image ?? '').join(',');
}

/** The first few, with how many more there are: `a,b,c + 2 more...`. */
export function firstFew(items: readonly string[], max: number): string {
  return items.length > max ? `${items.slice(0, max).join(',')} + ${items.length - max} more...` : items.join(',');
}
