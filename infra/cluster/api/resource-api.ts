import { randomUUID } from 'node:crypto';
import type { Clock } from '../meta/clock.ts';
import { defaultBySchema } from '../meta/custom-schema.ts';
import { convertStrict, type Decoded } from '../meta/decode.ts';
import { applyDefaults } from '../meta/defaults.ts';
import type { FieldError } from '../meta/field-error.ts';
import type { DeleteOptions } from '../meta/generated/types.ts';
import type { KubeObject, PatchKind } from '../meta/kube-object.ts';
import { serverSideApply, trackUpdate } from '../meta/managed-fields.ts';
import { generateName } from '../meta/names.ts';
import { applyPatch, decodePatched } from '../meta/patch/apply-patch.ts';
import { apiVersionOf, type ResourceInfo } from '../meta/registry.ts';
import { alreadyExists, badRequest, conflict, invalid, notFound } from '../meta/status-error.ts';
import { timeText } from '../meta/times.ts';
import { validateCreate, validateEphemeralContainers, validateUpdate } from '../meta/validation/validate.ts';
import { keyOf, storeKey, type ObjectStore } from '../store/object-store.ts';
import type { Admission } from './admission/admission.ts';
import { isCertificateRequest } from './admission/certificates.ts';
import { refuseImmortal } from './admission/namespace-lifecycle.ts';
import { storageOf, type Call } from './call.ts';
import { onlyApproval, withoutDecisions } from './certificate-strategy.ts';
import { isReadyToGo, planDeletion } from './deletion.ts';
import type { ServiceAddresses } from './service-addresses.ts';
import { dropStatus, keepStatus, onlyEphemeralContainers, onlyStatus, specOf, strategyOf, tracksGeneration } from './strategies.ts';
import { validateStatus } from './status-validation.ts';
import { toServed, toStored } from './versions.ts';

export interface ResourceApiParts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly admission: Admission;
  readonly addresses: ServiceAddresses;
}

export interface PatchRequest {
  readonly name: string;
  readonly kind: PatchKind;
  readonly patch: unknown;
  readonly force: boolean;
}

/** What an update may carry instead of a version: it is then written over whatever there is. */
const anyVersion: ReadonlySet<string> = new Set(['', '0']);
/** How often a generated name is drawn again. */
const MAX_TRIES = 8;

export type Deleted = { readonly kind: 'gone'; readonly object: KubeObject } | { readonly kind: 'marked'; readonly object: KubeObject };

/**
 * What the API does to objects: defaults, admission, validation, managed fields, finalizers. Knows nothing of HTTP. Objects given in are
 * in canonical form (as decode leaves them) and are taken over; objects given out are frozen. Refusals are thrown as StatusError.
 */
export class ResourceApi {
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  readonly #admission: Admission;
  readonly #addresses: ServiceAddresses;

  constructor(parts: ResourceApiParts) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#admission = parts.admission;
    this.#addresses = parts.addresses;
  }

  get(call: Call, name: string): KubeObject {
    return toServed(this.#require(call, name), call.info);
  }

  create(call: Call, given: KubeObject): KubeObject {
    const { info } = call;
    const object = this.#beginCreate(call, toStored(given, info));
    // What admission and the server itself decide from here on is nobody's field, so that who drops it from an apply does not lose it.
    this.#track(call, undefined, object);
    const prefix = object.metadata.name === '' ? object.metadata.generateName : undefined;
    if (prefix !== undefined) object.metadata.name = generateName(prefix);
    this.#admission.mutateCreate(call, object);
    strategyOf(info).prepareCreate?.(object);
    if (info.kind === 'Service' && info.group === '') this.#addresses.allocate(object, undefined);
    for (let tried = 1; ; tried += 1) {
      if (prefix !== undefined && tried > 1) object.metadata.name = generateName(prefix);
      throwIfInvalid(info, object, validateCreate(object, info));
      this.#admission.validateCreate(call, object);
      if (call.dryRun) return toServed(object, info);
      const outcome = this.#store.create(storageOf(info), object);
      if (outcome.kind === 'written') return toServed(outcome.object, info);
      if (prefix === undefined || tried >= MAX_TRIES) throw alreadyExists(info, object.metadata.name);
    }
  }

  /** Replaces an object, or the part of it that the call's subresource stands for. Answers whether it was created instead. */
  update(call: Call, name: string, given: KubeObject): KubeObject {
    const { info } = call;
    requireName(given, name);
    const previous = this.#require(call, name);
    const version = given.metadata.resourceVersion;
    if (version !== undefined && !anyVersion.has(version) && version !== previous.metadata.resourceVersion) throw conflict(info, name);
    if (given.metadata.uid !== undefined && given.metadata.uid !== '' && given.metadata.uid !== previous.metadata.uid) {
      throw conflict(
        info,
        name,
        `Precondition failed: UID in precondition: ${previous.metadata.uid ?? ''}, UID in object meta: ${given.metadata.uid}`,
      );
    }
    return toServed(this.#replace(call, previous, toStored(given, info)), info);
  }

  patch(call: Call, request: PatchRequest): { readonly object: KubeObject; readonly created: boolean } {
    return request.kind === 'apply' ? this.#apply(call, request) : { object: this.#patchOnce(call, request), created: false };
  }

  delete(call: Call, name: string, options: DeleteOptions): Deleted {
    const { info } = call;
    refuseImmortal(call, name);
    const object = this.#require(call, name);
    this.#checkPreconditions(call, object, options);
    this.#admission.validateDelete(call, object);
    const plan = planDeletion(object, options, info, this.#clock.now());
    if (call.dryRun || plan.kind === 'unchanged')
      return { kind: plan.kind === 'remove' ? 'gone' : 'marked', object: toServed(object, info) };
    if (plan.kind === 'mark') {
      const outcome = this.#store.update(storageOf(info), plan.object, object.metadata.resourceVersion ?? '');
      if (outcome.kind !== 'written') throw conflict(info, name);
      return { kind: 'marked', object: toServed(outcome.object, info) };
    }
    const outcome = this.#store.delete(storageOf(info), keyOf(object));
    if (outcome.kind !== 'written') throw notFound(info, name);
    return { kind: 'gone', object: toServed(outcome.object, info) };
  }

  /** Writes an object as it is, past validation: for what subresources compute themselves (binding, scale, eviction). */
  rewrite(call: Call, name: string, change: (object: KubeObject) => KubeObject): KubeObject {
    const previous = this.#require(call, name);
    return toServed(this.#replace(call, previous, change(structuredClone(previous))), call.info);
  }

  #require({ info, namespace }: Call, name: string): KubeObject {
    const found = this.#store.get(storageOf(info), storeKey(info.namespaced ? namespace : undefined, name));
    if (found === undefined) throw notFound(info, name);
    return found;
  }

  #beginCreate(call: Call, object: KubeObject): KubeObject {
    const { info, namespace } = call;
    const { metadata } = object;
    if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== '')
      throw badRequest('resourceVersion should not be set on objects to be created');
    requireNamespace(object, info, namespace);
    if (info.namespaced && namespace !== undefined) metadata.namespace = namespace;
    else delete metadata.namespace;
    if (metadata.generateName === '') delete metadata.generateName;
    if ((metadata.name as string | undefined) === undefined) metadata.name = '';
    fillDefaults(object, info);
    dropStatus(object, info);
    metadata.uid = randomUUID();
    metadata.creationTimestamp = timeText(this.#clock.now());
    delete metadata.deletionTimestamp;
    delete metadata.deletionGracePeriodSeconds;
    delete metadata.resourceVersion;
    delete metadata.generation;
    if (tracksGeneration(info)) metadata.generation = 1;
    return object;
  }

  #replace(call: Call, previous: KubeObject, given: KubeObject): KubeObject {
    const { info, subresource } = call;
    const next = this.#partOf(call, given, previous);
    const written: KubeObject = { ...next, metadata: { ...next.metadata } };
    this.#carryMetadata(written, previous, subresource);
    if (subresource === undefined) {
      fillDefaults(written, info);
      keepStatus(written, previous, info);
      strategyOf(info).prepareUpdate?.(written, previous);
      if (info.kind === 'Service' && info.group === '') this.#addresses.allocate(written, previous);
    }
    if (tracksGeneration(info) && subresource !== 'status' && subresource !== 'binding' && !isSame(specOf(written), specOf(previous))) {
      written.metadata.generation = (previous.metadata.generation ?? 0) + 1;
    }
    if (subresource === 'ephemeralcontainers') {
      applyDefaults(written);
      throwIfInvalid(info, written, validateEphemeralContainers(written, previous, info));
      this.#admission.validateUpdate(call, written, previous);
    }
    if (subresource === 'status' || subresource === 'approval') {
      throwIfInvalid(info, written, validateStatus(written, previous, info));
      this.#admission.validateStatus(call, written, previous);
    }
    if (subresource === undefined) {
      throwIfInvalid(info, written, validateUpdate(written, previous, info));
      this.#admission.validateUpdate(call, written, previous);
    }
    this.#track(call, previous, written);
    if (isUnchanged(written, previous)) return previous;
    if (call.dryRun) return written;
    return this.#commit(call, written, previous);
  }

  /** What of a write through a subresource counts: its own part of the object, and of the rest what there was. */
  #partOf(call: Call, given: KubeObject, previous: KubeObject): KubeObject {
    switch (call.subresource) {
      case 'status':
        return isCertificateRequest(call)
          ? withoutDecisions(onlyStatus(given, previous), previous, timeText(this.#clock.now()))
          : onlyStatus(given, previous);
      case 'approval':
        return onlyApproval(given, previous, timeText(this.#clock.now()));
      case 'ephemeralcontainers':
        return onlyEphemeralContainers(given, previous);
      default:
        return given;
    }
  }

  #commit(call: Call, next: KubeObject, previous: KubeObject): KubeObject {
    const storage = storageOf(call.info);
    const version = previous.metadata.resourceVersion ?? '';
    const outcome = isReadyToGo(next) ? this.#store.delete(storage, keyOf(previous), version) : this.#store.update(storage, next, version);
    switch (outcome.kind) {
      case 'written':
        return outcome.object;
      case 'absent':
        throw notFound(call.info, previous.metadata.name);
      case 'exists':
      case 'stale':
        throw conflict(call.info, previous.metadata.name);
    }
  }

  /** What a client may say of metadata and what stays the server's. */
  #carryMetadata(next: KubeObject, previous: KubeObject, subresource: string | undefined): void {
    const { metadata } = next;
    const {
      uid,
      creationTimestamp,
      namespace,
      deletionTimestamp,
      deletionGracePeriodSeconds,
      generation,
      resourceVersion,
      generateName: prefix,
    } = previous.metadata;
    // Finalizers of something on its way out can be taken off, not put on.
    if (deletionTimestamp !== undefined && metadata.finalizers !== undefined && subresource === undefined) {
      const added = metadata.finalizers.filter((finalizer) => !(previous.metadata.finalizers ?? []).includes(finalizer));
      if (added.length > 0) {
        throw invalid({ group: groupOf(next), kind: next.kind }, metadata.name, [
          {
            type: 'Forbidden',
            path: 'metadata.finalizers',
            detail: `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(', ')}}`,
          },
        ]);
      }
    }
    if (metadata.finalizers?.length === 0) delete metadata.finalizers;
    const kept = {
      uid,
      creationTimestamp,
      namespace,
      deletionTimestamp,
      deletionGracePeriodSeconds,
      generation,
      resourceVersion,
      generateName: prefix,
    };
    const carried: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(metadata)) if (!(key in kept)) carried[key] = value;
    for (const [key, value] of Object.entries(kept)) if (value !== undefined) carried[key] = value;
    next.metadata = carried as unknown as typeof metadata;
  }

  #patchOnce(call: Call, { name, kind, patch }: PatchRequest): KubeObject {
    if (kind === 'apply') throw badRequest('an apply patch is no plain patch');
    const { info } = call;
    const previous = this.#require(call, name);
    const served = toServed(previous, info);
    const patched = applyPatch(kind, served, patch, info);
    const { object, warnings }: Decoded = decodePatched(kind, patched, patch, { info, fieldValidation: call.fieldValidation });
    for (const warning of warnings) call.warn(warning);
    requireName(object, name);
    if (object.metadata.resourceVersion !== previous.metadata.resourceVersion) throw conflict(info, name);
    return toServed(this.#replace(call, previous, toStored(object, info)), info);
  }

  #apply(call: Call, { name, patch, force }: PatchRequest): { readonly object: KubeObject; readonly created: boolean } {
    const { info, namespace, fieldManager, subresource } = call;
    const applied = requireAppliable(patch, info, name, namespace);
    const current = this.#store.get(storageOf(info), storeKey(info.namespaced ? namespace : undefined, name));
    if (current === undefined && subresource !== undefined) throw notFound(info, name);
    const timeIso = timeText(this.#clock.now());
    const options = { manager: fieldManager, force, timeIso, info, ...(subresource === undefined ? {} : { subresource }) };
    const result = serverSideApply(current === undefined ? undefined : toServed(current, info), applied, options);
    const { object, warnings } = convertStrict(result.object, info, call.fieldValidation);
    for (const warning of warnings) call.warn(warning);
    const { managedFields } = object.metadata;
    const keepBooks: Call = { ...call, bookedFields: managedFields ?? [] };
    if (current === undefined)
      return { object: this.create(keepBooks, { ...object, metadata: { ...object.metadata, name } }), created: true };
    return { object: toServed(this.#replace(keepBooks, current, toStored(object, info)), info), created: false };
  }

  /** Keeps the books on who owns which field. An apply has kept its own already. */
  #track(call: Call, previous: KubeObject | undefined, next: KubeObject): void {
    const { bookedFields } = call;
    if (bookedFields !== undefined) {
      next.metadata.managedFields = bookedFields;
      return;
    }
    const { info, fieldManager, subresource } = call;
    const managedFields = trackUpdate(previous, next, {
      manager: fieldManager,
      timeIso: timeText(this.#clock.now()),
      info,
      ...(subresource === undefined ? {} : { subresource }),
    });
    if (managedFields.length === 0) delete next.metadata.managedFields;
    else next.metadata.managedFields = managedFields;
  }

  #checkPreconditions({ info }: Call, object: KubeObject, { preconditions }: DeleteOptions): void {
    const { name, uid = '', resourceVersion = '' } = object.metadata;
    if (preconditions?.uid !== undefined && preconditions.uid !== uid) {
      throw conflict(info, name, `Precondition failed: UID in precondition: ${preconditions.uid}, UID in object meta: ${uid}`);
    }
    if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion) {
      throw conflict(
        info,
        name,
        `Precondition failed: ResourceVersion in precondition: ${preconditions.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`,
      );
    }
  }
}

function fillDefaults(object: KubeObject, info: ResourceInfo): void {
  if (info.schema === undefined) applyDefaults(object);
  else defaultBySchema(object, info.schema);
}

export function requireNamespace(object: KubeObject, info: ResourceInfo, namespace: string | undefined): void {
  const said = object.metadata.namespace;
  if (!info.namespaced || said === undefined || said === '' || said === namespace) return;
  throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
}

function requireName(object: KubeObject, name: string): void {
  if (object.metadata.name === name) return;
  const said = object.metadata.name as string | undefined;
  if (said === undefined || said === '') throw badRequest('name must be provided');
  throw badRequest(`the name of the object (${said}) does not match the name on the URL (${name})`);
}

function requireAppliable(patch: unknown, info: ResourceInfo, name: string, namespace: string | undefined): KubeObject {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch))
    throw badRequest('error decoding YAML: the patch is not an object');
  const applied = patch as KubeObject;
  if (applied.apiVersion !== apiVersionOf(info) || applied.kind !== info.kind) {
    throw badRequest(`the patch is of kind ${applied.apiVersion}, ${applied.kind}, expected ${apiVersionOf(info)}, ${info.kind}`);
  }
  const metadata = { ...((applied.metadata as KubeObject['metadata'] | undefined) ?? { name }) };
  const said = metadata.name as string | undefined;
  if (said !== undefined && said !== '' && said !== name)
    throw badRequest(`name in the patch (${said}) does not match the name on the URL (${name})`);
  return { ...applied, metadata: { ...metadata, name, ...(info.namespaced && namespace !== undefined ? { namespace } : {}) } };
}

function throwIfInvalid(info: ResourceInfo, object: KubeObject, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(info, object.metadata.name, errors);
}

/** Equal as JSON, whatever the order of keys. Runs over whole objects on every write, so it makes nothing on the way. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  let present = 0;
  for (const key in left) {
    const value = left[key];
    if (value === undefined) continue;
    present += 1;
    if (!isSame(value, right[key])) return false;
  }
  for (const key in right) if (right[key] !== undefined) present -= 1;
  return present === 0;
}

/** Nothing but perhaps the times in the books differs: then nothing is written and the version stays. */
function isUnchanged(next: KubeObject, previous: KubeObject): boolean {
  return isSame(next, previous);
}

function groupOf(object: KubeObject): string {
  const slash = object.apiVersion.indexOf('/');
  return slash < 0 ? '' : object.apiVersion.slice(0, slash);
}
