import type { FieldValidation } from '../meta/decode.ts';
import type { ManagedFieldsEntry } from '../meta/kube-object.ts';
import type { ResourceInfo } from '../meta/registry.ts';
import type { User } from './user.ts';

/** One call on a resource, after authorisation: who, on what, and how. */
export interface Call {
  readonly user: User;
  readonly info: ResourceInfo;
  readonly namespace?: string;
  readonly subresource?: string;
  readonly dryRun: boolean;
  /** Whose fields a write becomes. */
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  /** Set by server-side apply, which keeps the books on fields itself. */
  readonly bookedFields?: ManagedFieldsEntry[] | undefined;
  /** Collects what goes into Warning headers. */
  readonly warn: (message: string) => void;
}

/** Where a resource's objects lie in the store: all versions of a resource are one. */
export function storageOf(info: { readonly group: string; readonly resource: string }): string {
  // Events of both groups are the same objects.
  if (info.resource === 'events') return '/events';
  return `${info.group}/${info.resource}`;
}
