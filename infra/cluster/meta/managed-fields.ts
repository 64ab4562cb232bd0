import { emptyOf, sparse } from './convert.ts';
import { pruneBySchema } from './custom-schema.ts';
import { compareFields, fieldsOf, mergeApplied, pruneDropped, withoutUnowned } from './field-ownership.ts';
import { difference, emptySet, intersection, isEmptySet, pathsOf, union, type FieldSet } from './field-set.ts';
import { goQuote, jsonEqual } from './go-format.ts';
import { inheritedFields, withLastApplied } from './last-applied.ts';
import type { KubeObject, ManagedFieldsEntry } from './kube-object.ts';
import type { ResourceInfo } from './registry.ts';
import { shapeOfSchema, shapeOfType, type Shape } from './shape.ts';
import { applyConflict, badRequest, StatusError } from './status-error.ts';
import type { StatusCause } from './generated/types.ts';

/** What of a resource the bookkeeping needs. */
export type OwnedResource = Pick<ResourceInfo, 'group' | 'version' | 'kind' | 'typeName' | 'schema'>;

export interface UpdateOptions {
  readonly manager: string;
  readonly subresource?: string;
  readonly timeIso: string;
  readonly info: OwnedResource;
}

export interface ApplyOptions extends UpdateOptions {
  /** Takes fields from their owners instead of failing. */
  readonly force: boolean;
}

/** Past so many entries of ordinary writers the oldest are drawn together into one. */
const maxUpdateManagers = 10;
const ancientManager = 'ancient-changes';
/** Stands for all who wrote before the first apply to an object that nobody kept books on. */
const beforeFirstApply = 'before-first-apply';

/**
 * The managedFields after an ordinary write by `manager`: what the write changed is now the manager's, nobody else's. Both objects are in
 * canonical form; `previous` is undefined for a new object. A client may write the books itself (kubectl does, when it goes over to
 * server-side apply): legible entries in `next` stand in for the present ones, and a list of one empty entry resets them. An empty list
 * changes nothing, since clients that know nothing of the field send it.
 */
export function trackUpdate(previous: KubeObject | undefined, next: KubeObject, options: UpdateOptions): ManagedFieldsEntry[] {
  const shape = shapeOf(options.info);
  const { changed, removed } = changesBetween(previous, next, options.info, shape);
  const entries = entriesToKeep(previous, next, options.subresource);
  if (isEmptySet(changed) && isEmptySet(removed)) return entries;
  const own = identityOf({
    manager: options.manager,
    operation: 'Update',
    apiVersion: apiVersionOf(next),
    subresource: options.subresource,
  });
  const others = entries.map((entry) => withFields(entry, difference(without(entry, changed, own), removed)));
  const kept = others.filter((entry) => !isEmptySet(fieldsIn(entry)));
  if (isEmptySet(changed)) return sorted(kept);
  return bounded(sorted(withTaken(kept, changed, own, options, apiVersionOf(next))));
}

function withTaken(
  entries: ManagedFieldsEntry[],
  taken: FieldSet,
  own: string,
  options: UpdateOptions,
  apiVersion: string,
): ManagedFieldsEntry[] {
  const previous = entries.find((entry) => identityOf(entry) === own);
  const fields = union(previous === undefined ? emptySet : fieldsIn(previous), taken);
  const entry = newEntry('Update', fields, options, apiVersion);
  return [...entries.filter((other) => other !== previous), entry];
}

function without(entry: ManagedFieldsEntry, changed: FieldSet, own: string): FieldSet {
  const fields = fieldsIn(entry);
  return identityOf(entry) === own ? fields : difference(fields, changed);
}

export interface Applied {
  /** Live and applied merged, with its managedFields; not yet defaulted or of canonical form. */
  readonly object: KubeObject;
  /** Nothing but perhaps the bookkeeping differs from the live object. */
  readonly unchanged: boolean;
}

/**
 * Lays an applied configuration over the live object: what the manager applied before and now leaves out goes away unless somebody else
 * owns it. Fields that others own with another value are a conflict (StatusError 409, a cause for each) unless forced. `applied` is as the
 * client sent it, without defaults; unknown fields in it are a StatusError 500 in the server's words.
 */
export function serverSideApply(current: KubeObject | undefined, applied: KubeObject, options: ApplyOptions): Applied {
  if (applied.metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  const { info, manager, subresource } = options;
  const shape = shapeOf(info);
  const config = typedConfig(applied, info);
  const entries = withBeforeFirstApply(current, shape, options);
  const own = identityOf({ manager, operation: 'Apply', apiVersion: '', subresource });
  const claimed = claimedFields(config, shape, options);
  const live: unknown = current === undefined ? emptyObject(info) : withoutManagedFields(current);
  const last = entries.find((entry) => identityOf(entry) === own);
  const others = entries.filter((entry) => entry !== last);
  const kept = others.reduce((set, entry) => union(set, fieldsIn(entry)), claimed);
  const merged = mergeApplied(live, config, shape);
  const next = (last === undefined ? merged : pruneDropped(merged, fieldsIn(last), kept, shape)) as KubeObject;
  const { changed, removed } = changesBetween(live as KubeObject, next, info, shape);
  if (!options.force) refuseConflicts(others, difference(changed, inheritedFields(current, manager, info, shape)));
  const rest = others
    .map((entry) => withFields(entry, difference(difference(fieldsIn(entry), changed), removed)))
    .filter((entry) => !isEmptySet(fieldsIn(entry)));
  const entry = ownEntry(last, claimed, options, apiVersionOf(applied), isEmptySet(changed) && isEmptySet(removed));
  const managedFields = bounded(sorted(isEmptySet(claimed) ? rest : [...rest, entry]));
  const unchanged = current !== undefined && isEmptySet(changed) && isEmptySet(removed);
  const object = { ...next, metadata: { ...next.metadata, ...(managedFields.length > 0 && { managedFields }) } };
  return { object: withLastApplied(object, applied, manager), unchanged };
}

/** The time stands still as long as an apply changes nothing. */
function ownEntry(
  last: ManagedFieldsEntry | undefined,
  fields: FieldSet,
  options: ApplyOptions,
  apiVersion: string,
  unchanged: boolean,
): ManagedFieldsEntry {
  const isSame = last !== undefined && unchanged && last.apiVersion === apiVersion && jsonEqual(fieldsIn(last), fields);
  return isSame ? last : newEntry('Apply', fields, options, apiVersion);
}

/** Status belongs to its subresource, all else to the object. */
function claimedFields(config: Record<string, unknown>, shape: Shape, { subresource }: ApplyOptions): FieldSet {
  const { 'f:status': status, ...rest } = withoutUnowned(fieldsOf(config, shape));
  if (subresource === 'status') return status === undefined ? emptySet : { 'f:status': status };
  return rest;
}

function typedConfig(applied: KubeObject, info: OwnedResource): Record<string, unknown> {
  const { value, unknown, fault } = knownFields(applied, info);
  const reason = fault ?? (unknown === undefined ? undefined : `.${unknown}: field not declared in schema`);
  if (reason === undefined) return value;
  const name = [applied.metadata.namespace, applied.metadata.name].filter((part) => part !== undefined && part !== '').join('/');
  const group = info.group === '' ? info.version : `${info.group}/${info.version}`;
  throw unknownError(`failed to create typed patch object (${name}; ${group}, Kind=${info.kind}): ${reason}`);
}

/** The applied fields that the kind has, and the first that it has not. */
function knownFields(
  applied: KubeObject,
  { typeName, schema }: OwnedResource,
): { readonly value: Record<string, unknown>; readonly unknown?: string | undefined; readonly fault?: string | undefined } {
  if (typeName !== undefined) {
    const { value, unknownFields, fault } = sparse(applied, typeName);
    return { value, unknown: /"(.*)"/.exec(unknownFields[0] ?? '')?.[1], fault };
  }
  const fields = applied as unknown as Record<string, unknown>;
  return schema === undefined ? { value: fields } : { value: fields, unknown: pruneBySchema(fields, schema).unknown[0] };
}

function unknownError(message: string): StatusError {
  return new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 });
}

function refuseConflicts(others: readonly ManagedFieldsEntry[], changed: FieldSet): void {
  const conflicts = others.flatMap((entry) =>
    pathsOf(intersection(fieldsIn(entry), changed)).map((field) => ({ manager: managerText(entry), field })),
  );
  if (conflicts.length === 0) return;
  const causes: StatusCause[] = conflicts.map(({ manager, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${manager}`,
    field,
  }));
  throw applyConflict(conflictMessage(conflicts), causes);
}

function conflictMessage(conflicts: readonly { manager: string; field: string }[]): string {
  const [first] = conflicts;
  if (conflicts.length === 1 && first !== undefined) return `Apply failed with 1 conflict: conflict with ${first.manager}: ${first.field}`;
  const managers = [...new Set(conflicts.map(({ manager }) => manager))].sort();
  const parts = managers.map((manager) => {
    const fields = conflicts.filter((other) => other.manager === manager).map(({ field }) => `- ${field}`);
    return `conflicts with ${manager}:\n${fields.join('\n')}`;
  });
  return `Apply failed with ${conflicts.length} conflicts: ${parts.join('\n')}`;
}

function managerText({ manager, subresource, operation, apiVersion }: ManagedFieldsEntry): string {
  const name = subresource === undefined ? goQuote(manager) : `${goQuote(manager)} with subresource ${goQuote(subresource)}`;
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}

function withBeforeFirstApply(current: KubeObject | undefined, shape: Shape, options: ApplyOptions): ManagedFieldsEntry[] {
  const entries = entriesOf(current);
  if (current === undefined || entries.length > 0) return entries;
  const fields = withoutUnowned(fieldsOf(withoutManagedFields(current), shape));
  return isEmptySet(fields) ? [] : [newEntry('Update', fields, { ...options, manager: beforeFirstApply }, apiVersionOf(current))];
}

function changesBetween(
  previous: KubeObject | undefined,
  next: KubeObject,
  info: OwnedResource,
  shape: Shape,
): { changed: FieldSet; removed: FieldSet } {
  const before = previous === undefined ? emptyObject(info) : previous;
  const { changed, removed } = compareFields(before, next, shape);
  return { changed: withoutUnowned(changed), removed: withoutUnowned(removed) };
}

/** What stood there before an object was made: parts that every object has are not its maker's. */
function emptyObject(info: OwnedResource): Record<string, unknown> {
  return info.typeName === undefined ? { metadata: {} } : emptyOf(info.typeName);
}

function withoutManagedFields(object: KubeObject): Record<string, unknown> {
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function shapeOf(info: OwnedResource): Shape {
  return info.typeName === undefined ? shapeOfSchema(info.schema) : shapeOfType(info.typeName);
}

function entriesOf(object: KubeObject | undefined): ManagedFieldsEntry[] {
  return [...(object?.metadata.managedFields ?? [])];
}

/** Through a subresource nobody writes the books. */
function entriesToKeep(previous: KubeObject | undefined, next: KubeObject, subresource: string | undefined): ManagedFieldsEntry[] {
  const present = entriesOf(previous);
  const sent = next.metadata.managedFields ?? [];
  if (previous === undefined || subresource !== undefined || sent === previous.metadata.managedFields || sent.length === 0) return present;
  const [only] = sent as readonly Partial<ManagedFieldsEntry>[];
  if (sent.length === 1 && only !== undefined && Object.keys(only).length === 0) return [];
  return sent.every(isLegible) ? sorted(sent) : present;
}

function isLegible({ operation, fieldsType, fieldsV1 }: Partial<ManagedFieldsEntry>): boolean {
  return (operation === 'Apply' || operation === 'Update') && fieldsType === 'FieldsV1' && typeof fieldsV1 === 'object';
}

function fieldsIn(entry: ManagedFieldsEntry): FieldSet {
  return entry.fieldsV1 as FieldSet;
}

function withFields(entry: ManagedFieldsEntry, fields: FieldSet): ManagedFieldsEntry {
  return fields === entry.fieldsV1 ? entry : { ...entry, fieldsV1: fields };
}

function newEntry(
  operation: 'Apply' | 'Update',
  fields: FieldSet,
  { manager, subresource, timeIso }: UpdateOptions,
  apiVersion: string,
): ManagedFieldsEntry {
  return {
    manager,
    operation,
    apiVersion,
    time: timeIso,
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
    ...(subresource !== undefined && subresource !== '' && { subresource }),
  };
}

/** Who an entry belongs to. An applier stays the same whatever version it speaks. */
function identityOf(entry: { manager: string; operation: string; apiVersion: string; subresource?: string | undefined }): string {
  const version = entry.operation === 'Apply' ? '' : entry.apiVersion;
  return [entry.operation, entry.manager, version, entry.subresource ?? ''].join('\u0000');
}

function apiVersionOf(object: KubeObject): string {
  return object.apiVersion;
}

function sorted(entries: readonly ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  const key = (entry: ManagedFieldsEntry): string =>
    [entry.operation, entry.time ?? '', entry.manager, entry.apiVersion, entry.subresource ?? ''].join('\u0000');
  return entries.length < 2 ? [...entries] : [...entries].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Keeps the books short: the oldest writers of one version share an entry. Expects sorted entries. */
function bounded(entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  const updates = entries.filter((entry) => entry.operation === 'Update');
  if (updates.length <= maxUpdateManagers) return entries;
  const ancient = new Map<string, ManagedFieldsEntry>();
  for (const entry of updates.slice(0, updates.length - maxUpdateManagers + 1)) {
    const bucket = ancient.get(entry.apiVersion);
    const { subresource: _subresource, ...rest } = entry;
    const fieldsV1 = union(bucket === undefined ? emptySet : fieldsIn(bucket), fieldsIn(entry));
    ancient.set(entry.apiVersion, { ...rest, manager: ancientManager, fieldsV1 });
  }
  const kept = [...updates.slice(updates.length - maxUpdateManagers + 1), ...ancient.values()];
  return sorted([...entries.filter((entry) => entry.operation === 'Apply'), ...kept]);
}

const maxManagerBytes = 128;

/** The manager of who names none: what stands before the first slash of the user agent, e.g. `kubectl-create`. */
export function managerFromUserAgent(userAgent: string): string {
  const [head = ''] = userAgent.split('/', 1);
  let manager = '';
  let bytes = 0;
  for (const character of head) {
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) continue;
    bytes += Buffer.byteLength(character);
    if (bytes > maxManagerBytes) break;
    manager += character;
  }
  return manager;
}
