import { forbidden, notSupported, type FieldError } from '../meta/field-error.ts';
import { fieldSelectorFor, matchesLabels, parseLabelSelector } from '../meta/selectors.ts';
import type { KubeObject } from '../meta/kube-object.ts';
import { badRequest, expired, futureVersion, invalid } from '../meta/status-error.ts';
import { keyOf, type ObjectStore } from '../store/object-store.ts';
import { storageOf, type Call } from './call.ts';
import { toServed } from './versions.ts';
import type { Visibility } from './visibility.ts';

export interface ListQuery {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: string | undefined;
}

export interface Page {
  readonly items: readonly KubeObject[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number };
}

export type ObjectFilter = (object: KubeObject) => boolean;

/** Compiles what a list or watch selects, hidden objects left out. Fields are read from the served form. */
export function compileFilter(call: Call, query: Pick<ListQuery, 'labelSelector' | 'fieldSelector'>, visibility: Visibility): ObjectFilter {
  const { info, user } = call;
  const labels = query.labelSelector === undefined || query.labelSelector === '' ? undefined : parseLabelSelector(query.labelSelector);
  const fields =
    query.fieldSelector === undefined || query.fieldSelector === '' ? undefined : fieldSelectorFor(info).compile(query.fieldSelector);
  return (object) =>
    visibility.isVisible(user, object) &&
    (labels === undefined || matchesLabels(labels, object.metadata.labels)) &&
    (fields === undefined || fields.matches(toServed(object, info)));
}

/** A continue token: where to go on, and which revision the first page was of. */
interface Position {
  readonly revision: string;
  readonly after: string;
}

/** One page of a collection, in order of namespace and name. Pages after the first are of the newest state, as with a compacted store. */
export function listPage(store: ObjectStore, call: Call, query: ListQuery, filter: ObjectFilter): Page {
  const { info, namespace } = call;
  checkVersion(query, store.revision);
  const position = query.continue === undefined || query.continue === '' ? undefined : decodePosition(query.continue);
  const all = store.list(storageOf(info), info.namespaced ? namespace : undefined).filter(filter);
  const rest = position === undefined ? all : all.filter((object) => keyOf(object) > position.after);
  const revision = position?.revision ?? String(store.revision);
  const limit = query.limit ?? 0;
  const items = limit > 0 ? rest.slice(0, limit) : rest;
  const last = items.at(-1);
  const remaining = rest.length - items.length;
  const isSelective = (query.labelSelector ?? '') !== '' || (query.fieldSelector ?? '') !== '';
  return {
    items: items.map((object) => toServed(object, info)),
    metadata: {
      resourceVersion: revision,
      ...(remaining > 0 && last !== undefined ? { continue: encodePosition({ revision, after: keyOf(last) }) } : {}),
      ...(remaining > 0 && !isSelective ? { remainingItemCount: remaining } : {}),
    },
  };
}

function checkVersion({ resourceVersion, resourceVersionMatch, continue: token }: ListQuery, revision: number): void {
  if (resourceVersionMatch !== undefined && resourceVersionMatch !== '') {
    if (resourceVersion === undefined || resourceVersion === '')
      throw invalidOptions(forbidden(matchField, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    if (token !== undefined && token !== '')
      throw invalidOptions(forbidden(matchField, 'resourceVersionMatch is forbidden when continue is provided'));
    if (!['Exact', 'NotOlderThan'].includes(resourceVersionMatch))
      throw invalidOptions(notSupported(matchField, resourceVersionMatch, ['Exact', 'NotOlderThan', '']));
    if (resourceVersionMatch === 'Exact' && resourceVersion === '0')
      throw invalidOptions(forbidden(matchField, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (resourceVersion === undefined || resourceVersion === '' || resourceVersion === '0' || token !== undefined) return;
  const asked = parseVersion(resourceVersion);
  if (asked > revision) throw futureVersion(asked, revision);
  if (resourceVersionMatch === 'Exact' && asked < revision) throw expired(`The resourceVersion for the provided list is too old.`);
}

export function parseVersion(text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw badRequest(`invalid resource version "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`);
  return Number(text);
}

const matchField = 'resourceVersionMatch';

function invalidOptions(fault: FieldError): Error {
  return invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [fault]);
}

function encodePosition(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function decodePosition(token: string): Position {
  try {
    const value = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as Partial<Position>;
    if (typeof value.revision === 'string' && typeof value.after === 'string') return { revision: value.revision, after: value.after };
  } catch {
    // Falls through to the same refusal as a token of another shape.
  }
  throw badRequest('continue key is not valid: invalid token');
}
