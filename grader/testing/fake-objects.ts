import type { KubeObject } from '../../infra/cluster/meta/kube-object.ts';
import { applyPatch } from '../../infra/cluster/meta/patch/apply-patch.ts';
import { typeNameOf } from '../../infra/cluster/meta/registry.ts';
import { matchesLabels, parseLabelSelector } from '../../infra/cluster/meta/selectors.ts';
import {
  apiVersionOf,
  isKnownKind,
  isNamespaced,
  type KubeObjects,
  type ListQuery,
  type ObjectRef,
  type PatchKind,
} from '../kube-objects.ts';
import { PlatformError } from '../platform-error.ts';

/** Objects in memory that patch as the real API does. Nothing acts on them: a test that wants pods writes pods. */
export class FakeObjects implements KubeObjects {
  /** Set to make every call fail, as a lost API server does. */
  broken = false;
  readonly #objects = new Map<string, KubeObject>();
  #revision = 0;

  constructor(...objects: readonly KubeObject[]) {
    for (const object of objects) this.put(object);
  }

  put(object: KubeObject): void {
    this.#revision += 1;
    const { uid = `uid-${object.kind}-${object.metadata.name}`, ...metadata } = object.metadata;
    this.#objects.set(
      keyOf(object.kind, metadata.namespace, metadata.name),
      structuredClone({ ...object, metadata: { ...metadata, uid, resourceVersion: String(this.#revision) } }),
    );
  }

  all(): readonly KubeObject[] {
    return [...this.#objects.values()];
  }

  find<T extends KubeObject>({ kind, namespace, name }: ObjectRef): Promise<T | undefined> {
    return this.#answer(() => structuredClone(this.#objects.get(keyOf(kind, namespace, name))) as T | undefined);
  }

  list<T extends KubeObject>(kind: string, { namespace, labelSelector = '' }: ListQuery = {}): Promise<readonly T[]> {
    const selector = parseLabelSelector(labelSelector);
    return this.#answer(() =>
      structuredClone(
        this.all().filter(
          (object) =>
            object.kind === kind &&
            (namespace === undefined || object.metadata.namespace === namespace) &&
            matchesLabels(selector, object.metadata.labels),
        ) as T[],
      ),
    );
  }

  create<T extends KubeObject>(object: T): Promise<T> {
    return this.#answer(() => {
      if (this.#objects.has(keyOf(object.kind, object.metadata.namespace, object.metadata.name)))
        throw new PlatformError('ApiFailed', `${object.metadata.name} already exists`);
      this.put(object);
      return object;
    });
  }

  replace<T extends KubeObject>(object: T): Promise<T> {
    return this.#answer(() => {
      this.#require(object.kind, object.metadata.namespace, object.metadata.name);
      this.put(object);
      return object;
    });
  }

  patch({ kind, namespace, name }: ObjectRef, patchKind: PatchKind, patch: unknown): Promise<KubeObject> {
    return this.#answer(() => {
      const patched = applyPatch(patchKind, this.#require(kind, namespace, name), patch, kindInfo(kind));
      this.put(patched);
      return patched;
    });
  }

  remove({ kind, namespace, name }: ObjectRef): Promise<boolean> {
    return this.#answer(() => this.#objects.delete(keyOf(kind, namespace, name)));
  }

  #require(kind: string, namespace: string | undefined, name: string): KubeObject {
    const object = this.#objects.get(keyOf(kind, namespace, name));
    if (object === undefined) throw new PlatformError('ApiFailed', `${kind} ${name} not found`);
    return object;
  }

  async #answer<T>(work: () => T): Promise<T> {
    if (this.broken) throw new PlatformError('ApiFailed', 'connection refused');
    return work();
  }
}

function keyOf(kind: string, namespace: string | undefined, name: string): string {
  const scope = isKnownKind(kind) && isNamespaced(kind) ? (namespace ?? '') : '';
  return `${kind}/${scope}/${name}`;
}

function kindInfo(kind: string): Parameters<typeof applyPatch>[3] {
  if (!isKnownKind(kind)) throw new TypeError(`unknown kind ${kind}`);
  const [group = '', version = ''] = apiVersionOf(kind).includes('/') ? apiVersionOf(kind).split('/') : ['', apiVersionOf(kind)];
  const typeName = typeNameOf(group, version, kind);
  return { group, version, kind, ...(typeName === undefined ? {} : { typeName }) };
}
