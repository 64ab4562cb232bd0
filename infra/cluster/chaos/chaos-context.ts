import { chaosGroup, chaosResources, type ChaosKind, type ChaosRecord, type Experiment } from '../../chaos/chaos-types.ts';
import type { ResourceRef } from '../meta/kube-object.ts';

export function chaosRef(kind: ChaosKind): ResourceRef {
  return { group: chaosGroup, version: 'v1alpha1', resource: chaosResources[kind] };
}

/** Why an injection cannot be: told in the record's events, and tried again, as Chaos Mesh does. */
export class ChaosRefusal extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ChaosRefusal';
  }
}

/**
 * What experiments of one kind do. The controller decides when; every call may be repeated, as after a restart, when records say Injected and
 * nothing is in force yet.
 */
export interface ChaosEffects<T extends Experiment> {
  /** Done once and not taken back, such as the end of a pod. */
  isOneShot(chaos: T): boolean;
  /** Whether the record is of a container, not of a pod. */
  isOfContainers(chaos: T): boolean;
  /** Throws where it cannot be injected. Called once for a record of what is one-shot, and again and again for others while they are in force. */
  inject(chaos: T, record: ChaosRecord): Promise<void>;
  /** Throws where it cannot be taken back yet. What is gone is taken back. */
  recover(chaos: T, record: ChaosRecord): Promise<void>;
  /** With the records as they are after injecting and recovering; none when the experiment is gone. */
  settle?(uid: string, chaos: T | undefined, records: readonly ChaosRecord[]): Promise<void>;
}

/** What a record names. */
export interface RecordTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
}

export function targetOf({ id }: Pick<ChaosRecord, 'id'>): RecordTarget {
  const [namespace = '', pod = '', container] = id.split('/');
  return { namespace, pod, ...(container === undefined ? {} : { container }) };
}
