import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../meta/clock.ts';
import { convertStrict, decodeObject, deleteOptionsKind, type FieldValidation } from '../meta/decode.ts';
import type { DeleteOptions, Scale } from '../meta/generated/types.ts';
import type { KubeObject, PatchKind } from '../meta/kube-object.ts';
import { managerFromUserAgent } from '../meta/managed-fields.ts';
import { applyPatch, parsePatch, patchMediaTypes } from '../meta/patch/apply-patch.ts';
import { apiVersionOf, type ResourceInfo, type ResourceRegistry } from '../meta/registry.ts';
import { badRequest, methodNotSupported, notFound, StatusError, unsupportedMediaType } from '../meta/status-error.ts';
import { scaleInfo, toTable } from '../meta/table.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { noteCreated } from './audit-event.ts';
import type { Call } from './call.ts';
import { compileFilter, listPage, parseVersion, type ListQuery, type Page } from './collection.ts';
import { componentStatus, componentStatuses, componentStatusWarning } from './component-statuses.ts';
import { dryAsAsked } from './deletion.ts';
import { addWarning, contentTypeOf, readBody, readInteger, sendObject, sendList } from './http-exchange.ts';
import { negotiate } from './negotiation.ts';
import type { MetricsApi } from './metrics-api.ts';
import type { Deleted, ResourceApi } from './resource-api.ts';
import type { ResourceRequest } from './request-info.ts';
import { isTrue } from './request-info.ts';
import type { Reviews } from './reviews.ts';
import { decodeSubresource, type Subresources } from './subresources.ts';
import type { User } from './user.ts';
import type { Visibility } from './visibility.ts';
import { streamWatch } from './watch-response.ts';

export interface ResourceHandlerParts {
  readonly registry: ResourceRegistry;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly api: ResourceApi;
  readonly subresources: Subresources;
  readonly reviews: Reviews;
  readonly metrics: MetricsApi;
  readonly visibility: Visibility;
}

export interface HttpCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: ResourceRequest;
  readonly query: URLSearchParams;
  readonly user: User;
  readonly info: ResourceInfo;
}

/** Requests on resources and their plain subresources, over HTTP. Streams (exec, log, proxy) are handled elsewhere. */
export class ResourceHandler {
  readonly #parts: ResourceHandlerParts;

  constructor(parts: ResourceHandlerParts) {
    this.#parts = parts;
  }

  async handle(http: HttpCall): Promise<void> {
    const call = this.#call(http);
    const { target, info } = http;
    const verbs =
      target.subresource === undefined ? info.verbs : (info.subresources.find((sub) => sub.name === target.subresource)?.verbs ?? []);
    // Pods are resized by replacing them here.
    if (target.subresource === 'resize') throw methodNotSupported(info, target.verb);
    if (!verbs.includes(target.verb) && !(target.verb === 'watch' && verbs.includes('get'))) throw methodNotSupported(info, target.verb);
    if (info.group === 'metrics.k8s.io') {
      await this.#parts.metrics.answer(http, call);
      return;
    }
    if (info.group === '' && info.kind === 'ComponentStatus') {
      this.#componentStatus(http, call);
      return;
    }
    await this.#dispatch(http, call);
  }

  #componentStatus(http: HttpCall, call: Call): void {
    call.warn(componentStatusWarning);
    const { name } = http.target;
    if (name !== undefined) this.#sendObject(http, 200, componentStatus(name));
    else {
      const filter = compileFilter(call, readListQuery(http.query), this.#parts.visibility);
      this.#sendPage(http, { items: componentStatuses().filter(filter), metadata: { resourceVersion: '' } });
    }
  }

  async #dispatch(http: HttpCall, call: Call): Promise<void> {
    switch (http.target.verb) {
      case 'get':
        this.#get(http, call);
        return;
      case 'list':
        this.#list(http, call);
        return;
      case 'watch':
        await this.#watch(http, call);
        return;
      case 'create':
        await this.#create(http, call);
        return;
      case 'update':
        await this.#update(http, call);
        return;
      case 'patch':
        await this.#patch(http, call);
        return;
      case 'delete':
        await this.#delete(http, call);
        return;
      case 'deletecollection':
        await this.#deleteCollection(http, call);
        return;
    }
  }

  #call({ request, response, target, query, user, info }: HttpCall): Call {
    const dryRun = query.getAll('dryRun');
    if (dryRun.some((value) => value !== 'All' && value !== ''))
      throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(dryRun[0])}: supported values: "All"`);
    const validation = query.get('fieldValidation') ?? 'Warn';
    if (!['Strict', 'Warn', 'Ignore', ''].includes(validation))
      throw badRequest(`fieldValidation: Unsupported value: ${JSON.stringify(validation)}: supported values: "Ignore", "Strict", "Warn"`);
    const manager = query.get('fieldManager') ?? '';
    return {
      user,
      info,
      ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
      ...(target.subresource === undefined ? {} : { subresource: target.subresource }),
      dryRun: dryRun.includes('All'),
      fieldManager: manager === '' ? managerFromUserAgent(request.headers['user-agent'] ?? 'unknown') : manager,
      fieldValidation: (validation === '' ? 'Warn' : validation) as FieldValidation,
      warn: (message) => addWarning(response, message),
    };
  }

  #get(http: HttpCall, call: Call): void {
    const name = requireName(http);
    if (call.subresource === 'scale') {
      this.#sendObject({ ...http, info: scaleInfo }, 200, this.#parts.subresources.getScale(call, name));
      return;
    }
    const object = this.#parts.api.get(call, name);
    if (!this.#parts.visibility.isVisible(call.user, object)) throw notFound(call.info, name);
    this.#sendObject(http, 200, object);
  }

  #sendObject({ request, response, query, info, target }: HttpCall, code: number, object: KubeObject): void {
    const form = negotiate(request, query);
    const isOwnKind = target.subresource === undefined || target.subresource === 'status' || target.subresource === 'scale';
    if (form.kind === 'table' && isOwnKind) {
      const resourceVersion = object.metadata.resourceVersion;
      sendObject(
        response,
        code,
        toTable(info, [object], {
          includeObject: form.includeObject,
          nowMs: this.#parts.clock.now(),
          ...(resourceVersion === undefined ? {} : { resourceVersion }),
        }),
      );
    } else if (form.kind === 'metadata') {
      sendObject(response, code, partial(object));
    } else {
      sendObject(response, code, object);
    }
  }

  #list(http: HttpCall, call: Call): void {
    const listQuery = readListQuery(http.query);
    this.#sendPage(http, listPage(this.#parts.store, call, listQuery, compileFilter(call, listQuery, this.#parts.visibility)));
  }

  #sendPage({ request, response, query, info }: HttpCall, page: Page): void {
    const form = negotiate(request, query);
    if (form.kind === 'table') {
      sendObject(
        response,
        200,
        toTable(info, page.items, { includeObject: form.includeObject, nowMs: this.#parts.clock.now(), ...page.metadata }),
      );
    } else if (form.kind === 'metadata') {
      const head = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata: page.metadata };
      sendList(request, response, head, page.items.map(partial));
    } else {
      sendList(request, response, { kind: info.listKind, apiVersion: apiVersionOf(info), metadata: page.metadata }, page.items);
    }
  }

  async #watch(http: HttpCall, call: Call): Promise<void> {
    const { query, target } = http;
    // Checked before the answer begins: later there is only an event to say it in.
    const resourceVersion = query.get('resourceVersion') ?? '';
    if (resourceVersion !== '') parseVersion(resourceVersion);
    const filter = compileFilter(
      call,
      { labelSelector: query.get('labelSelector') ?? undefined, fieldSelector: query.get('fieldSelector') ?? undefined },
      this.#parts.visibility,
    );
    await streamWatch(http, call, {
      store: this.#parts.store,
      clock: this.#parts.clock,
      filter,
      form: negotiate(http.request, query, { isWatch: true }),
      resourceVersion,
      name: target.name,
      allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks')),
      sendInitialEvents: readInitialEvents(query),
      timeoutSeconds: readInteger(query, 'timeoutSeconds'),
    });
  }

  async #create(http: HttpCall, call: Call): Promise<void> {
    const bytes = await readBody(http.request);
    const { subresources, reviews, api } = this.#parts;
    if (call.subresource !== undefined) {
      const answer = await subresources.create(call, requireName(http), decodeSubresource(call, bytes, contentTypeOf(http.request)));
      sendObject(http.response, 201, answer);
      return;
    }
    const object = this.#decode(http, call, bytes);
    if (reviews.has(call.info.kind)) {
      sendObject(http.response, 201, await reviews.answer(call, object));
      return;
    }
    if (call.info.resource === 'bindings') {
      await subresources.create(
        { ...call, info: this.#pods(), subresource: 'binding' },
        (object.metadata as Partial<KubeObject['metadata']>).name ?? '',
        object,
      );
      sendObject(http.response, 201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
      return;
    }
    const created = api.create(call, object);
    noteCreated(http.request, created.metadata.name);
    this.#sendObject(http, 201, created);
  }

  async #update(http: HttpCall, call: Call): Promise<void> {
    const { api, subresources } = this.#parts;
    const name = requireName(http);
    const body = this.#decode(http, call, await readBody(http.request));
    switch (call.subresource) {
      case 'scale':
        this.#sendObject({ ...http, info: scaleInfo }, 200, subresources.updateScale(call, name, body));
        return;
      case 'finalize':
        sendObject(http.response, 200, subresources.finalizeNamespace(call, name, body));
        return;
      default:
        this.#sendObject(http, 200, api.update(call, name, body));
    }
  }

  async #patch(http: HttpCall, call: Call): Promise<void> {
    const name = requireName(http);
    const contentType = (contentTypeOf(http.request).split(';')[0] ?? '').trim();
    const kind = patchMediaTypes[contentType];
    if (kind === undefined) throw unsupportedMediaType(Object.keys(patchMediaTypes));
    if (kind === 'apply' && (http.query.get('fieldManager') ?? '') === '')
      throw badRequest('PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch');
    const patch = parsePatch(kind, await readBody(http.request));
    if (call.subresource === 'scale') {
      this.#patchScale(http, call, { name, kind, patch });
      return;
    }
    const { object, created } = this.#parts.api.patch(call, { name, kind, patch, force: isTrue(http.query.get('force')) });
    this.#sendObject(http, created ? 201 : 200, object);
  }

  #patchScale(
    http: HttpCall,
    call: Call,
    { name, kind, patch }: { readonly name: string; readonly kind: PatchKind; readonly patch: unknown },
  ): void {
    const { subresources } = this.#parts;
    const current = subresources.getScale(call, name);
    // Applying a Scale is laying it over the present one: its one field has no owners to ask.
    const patched = applyPatch(kind === 'apply' ? 'merge' : kind, current, patch, scaleInfo);
    const { object } = convertStrict<Scale>(patched, scaleInfo, call.fieldValidation);
    this.#sendObject({ ...http, info: scaleInfo }, 200, subresources.updateScale(call, name, object));
  }

  async #delete(http: HttpCall, call: Call): Promise<void> {
    const name = requireName(http);
    const options = await readDeleteOptions(http);
    const deleted = this.#parts.api.delete(dryAsAsked(call, options), name, options);
    if (deleted.kind === 'gone' && !answersWithObject(call.info)) {
      sendObject(http.response, 200, deletedStatus(call.info, deleted));
      return;
    }
    this.#sendObject(http, 200, deleted.object);
  }

  async #deleteCollection(http: HttpCall, call: Call): Promise<void> {
    const { query, response, info } = http;
    const options = await readDeleteOptions(http);
    const listQuery = readListQuery(query);
    const { items, metadata } = listPage(this.#parts.store, call, listQuery, compileFilter(call, listQuery, this.#parts.visibility));
    for (const item of items)
      this.#deleteOne(
        { ...dryAsAsked(call, options), ...(item.metadata.namespace === undefined ? {} : { namespace: item.metadata.namespace }) },
        item.metadata.name,
        options,
      );
    sendList(http.request, response, { kind: info.listKind, apiVersion: apiVersionOf(info), metadata }, items);
  }

  /** What somebody else deleted meanwhile is as good as deleted. */
  #deleteOne(call: Call, name: string, options: DeleteOptions): void {
    try {
      this.#parts.api.delete(call, name, options);
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 404) throw error;
    }
  }

  #decode({ request }: HttpCall, call: Call, bytes: Buffer): KubeObject {
    const { object, warnings } = decodeObject(
      bytes,
      contentTypeOf(request),
      { info: call.info, ...(call.subresource === undefined ? {} : { subresource: call.subresource }) },
      call.fieldValidation,
    );
    for (const warning of warnings) call.warn(warning);
    return object;
  }

  #pods(): ResourceInfo {
    const info = this.#parts.registry.find('', 'v1', 'pods');
    if (info === undefined) throw new Error('pods are not registered');
    return info;
  }
}

function requireName({ target, info }: HttpCall): string {
  if (target.name === undefined) throw methodNotSupported(info, target.verb);
  return target.name;
}

function readListQuery(query: URLSearchParams): ListQuery {
  return {
    labelSelector: query.get('labelSelector') ?? undefined,
    fieldSelector: query.get('fieldSelector') ?? undefined,
    limit: readInteger(query, 'limit'),
    continue: query.get('continue') ?? undefined,
    resourceVersion: query.get('resourceVersion') ?? undefined,
    resourceVersionMatch: query.get('resourceVersionMatch') ?? undefined,
  };
}

function readInitialEvents(query: URLSearchParams): boolean {
  if (!isTrue(query.get('sendInitialEvents'))) return false;
  if (query.get('resourceVersionMatch') !== 'NotOlderThan') {
    throw badRequest('resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  return true;
}

async function readDeleteOptions({ request, query }: HttpCall): Promise<DeleteOptions> {
  const bytes = await readBody(request);
  const options =
    bytes.byteLength === 0 ? {} : decodeObject<DeleteOptions>(bytes, contentTypeOf(request), { info: deleteOptionsKind }, 'Ignore').object;
  // A negative period is no fault: it is read as one second.
  const grace = readInteger(query, 'gracePeriodSeconds', /^-?\d{1,12}$/);
  const policy = query.get('propagationPolicy');
  const merged = {
    ...options,
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(policy === null ? {} : { propagationPolicy: policy }),
  };
  if (merged.propagationPolicy !== undefined && !['Orphan', 'Foreground', 'Background'].includes(merged.propagationPolicy)) {
    throw badRequest(
      `DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: ${JSON.stringify(merged.propagationPolicy)}: supported values: "Background", "Foreground", "Orphan"`,
    );
  }
  return merged;
}

/** Kinds whose deletion answers what was deleted, as their registries do. */
function answersWithObject({ group, kind }: ResourceInfo): boolean {
  return (
    group === '' &&
    ['Pod', 'Service', 'Namespace', 'PersistentVolume', 'PersistentVolumeClaim', 'ServiceAccount', 'ResourceQuota', 'PodTemplate'].includes(
      kind,
    )
  );
}

function deletedStatus(info: ResourceInfo, { object }: Deleted): object {
  const { name, uid } = object.metadata;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(info.group === '' ? {} : { group: info.group }), kind: info.resource, uid },
  };
}

function partial(object: KubeObject): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
