import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ensureObject } from '../../grader/ensure-object.ts';
import { refOf, type ObjectRef } from '../../grader/kube-objects.ts';
import { PlatformError } from '../../grader/platform-error.ts';
import type { KubeObject } from '../../infra/cluster/meta/kube-object.ts';
import { applyMergePatch } from '../../infra/cluster/meta/patch/merge-patch.ts';
import type { FaultTarget } from './fault.ts';

/** What a fault does to one object. Patches are JSON merge patches (RFC 7386). */
export type Change =
  | { readonly kind: 'patch'; readonly ref: ObjectRef; readonly patch: object }
  | { readonly kind: 'create'; readonly object: KubeObject }
  | { readonly kind: 'remove'; readonly ref: ObjectRef };

const refSchema = z.object({ kind: z.string(), name: z.string(), namespace: z.string().optional() });
const changesSchema = z.array(
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('patch'), ref: refSchema, patch: z.record(z.string(), z.unknown()) }),
    z.object({ kind: z.literal('create'), object: z.looseObject({ metadata: z.looseObject({ name: z.string() }) }) }),
    z.object({ kind: z.literal('remove'), ref: refSchema }),
  ]),
);
const keptSchema = z.object({ changes: changesSchema, undo: changesSchema });

/**
 * Changes objects as `plan` says. What is to be done and how it is taken back is in the vault before the first change: an injection that was
 * interrupted is repeated without planning anew, and taken back whole. Throws PlatformError where an object that is to be patched is not there.
 */
export async function applyChanges(target: FaultTarget, faultId: string, plan: () => Promise<readonly Change[]>): Promise<void> {
  for (const change of (await fetchKept(target, faultId))?.changes ?? (await begin(target, faultId, plan))) await apply(target, change);
}

async function begin(target: FaultTarget, faultId: string, plan: () => Promise<readonly Change[]>): Promise<readonly Change[]> {
  const changes = await plan();
  const present = await Promise.all(changes.map((change) => target.objects.find(refOfChange(change))));
  const undo = changes.flatMap((change, index) => planUndo(change, present[index]));
  await target.vault.store(entryOf(faultId), JSON.stringify({ changes, undo }));
  return changes;
}

/** What is to be done instead of an undo, given the object as it is now. */
export type Reconcile = (undo: Extract<Change, { kind: 'patch' }>, present: KubeObject) => Change;

/**
 * Takes back what {@link applyChanges} did. What the trainee removed meanwhile stays removed, unless the fault removed it. A fault that shares a field
 * with others says by `reconcile` what of it is its own. Repeatable.
 */
export async function undoChanges(target: FaultTarget, faultId: string, reconcile: Reconcile = (undo) => undo): Promise<void> {
  for (const change of (await fetchKept(target, faultId))?.undo ?? []) {
    const present = change.kind === 'patch' ? await target.objects.find(change.ref) : undefined;
    if (change.kind !== 'patch') await apply(target, change);
    else if (present !== undefined) await apply(target, reconcile(change, present));
  }
  await target.vault.remove(entryOf(faultId));
}

/** For a namespace that is reset as a whole: takes back only what was changed outside of it, and forgets the rest. */
export async function undoOutsideNamespaces(target: FaultTarget, faultId: string): Promise<void> {
  for (const change of (await fetchKept(target, faultId))?.undo ?? []) {
    if (refOfChange(change).namespace !== target.endpoint.namespace) await apply(target, change);
  }
  await target.vault.remove(entryOf(faultId));
}

/** What takes `change` back from an object as it is; nothing where the change is in place already. Pure. */
export function planUndo(change: Change, present: KubeObject | undefined): readonly Change[] {
  switch (change.kind) {
    case 'create':
      return present === undefined ? [{ kind: 'remove', ref: refOf(change.object) }] : [];
    case 'remove':
      return present === undefined ? [] : [{ kind: 'create', object: bare(present) }];
    case 'patch': {
      const { kind, name } = change.ref;
      if (present === undefined) throw new PlatformError('ApiFailed', `There is no ${kind} ${name} to inject a fault into.`);
      if (isDeepStrictEqual(applyMergePatch(present, change.patch), present)) return [];
      return [{ kind: 'patch', ref: change.ref, patch: invert(change.patch, present) }];
    }
  }
}

/** The merge patch that gives every field that `patch` names the value that it has in `before`. */
function invert(patch: object, before: unknown): object {
  return Object.fromEntries(
    Object.entries(patch).map(([key, wanted]: [string, unknown]) => {
      const value = isObject(before) ? before[key] : undefined;
      return [key, isObject(wanted) && isObject(value) ? invert(wanted, value) : (value ?? null)];
    }),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function apply({ objects }: FaultTarget, change: Change): Promise<void> {
  if (change.kind === 'patch') await objects.patch(change.ref, 'merge', change.patch);
  else if (change.kind === 'create') await ensureObject(objects, change.object);
  else await objects.remove(change.ref);
}

interface Kept {
  readonly changes: readonly Change[];
  readonly undo: readonly Change[];
}

async function fetchKept({ vault }: FaultTarget, faultId: string): Promise<Kept | undefined> {
  const text = await vault.fetch(entryOf(faultId));
  return text === undefined ? undefined : (keptSchema.parse(JSON.parse(text)) as Kept);
}

/** Without what the API server assigns. */
function bare(object: KubeObject): KubeObject {
  const { status: _, metadata, ...rest } = object as KubeObject & { readonly status?: unknown };
  const { name, namespace, labels, annotations } = metadata;
  return JSON.parse(JSON.stringify({ ...rest, metadata: { name, namespace, labels, annotations } })) as KubeObject;
}

function refOfChange(change: Change): ObjectRef {
  return change.kind === 'create' ? refOf(change.object) : change.ref;
}

function entryOf(faultId: string): string {
  return `fault-${faultId}`;
}
