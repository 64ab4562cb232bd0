import type { KubeObject } from '../meta/kube-object.ts';
import { matchesLabels, parseLabelSelector } from '../meta/selectors.ts';

/** A label selector's text as a test of objects; none matches all. */
export function labelSelectorText(text: string | null): (object: KubeObject) => boolean {
  if (text === null || text === '') return () => true;
  const selector = parseLabelSelector(text);
  return (object) => matchesLabels(selector, object.metadata.labels);
}
