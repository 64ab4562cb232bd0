import type { z } from 'zod';
import type { CheckContext } from '../../grader/check-context.ts';
import type { ChaosClient } from '../../infra/chaos/chaos-client.ts';

/** Where a fault works: the same sandbox access that checks have, and a store that the trainee cannot see. */
export interface FaultTarget extends CheckContext {
  readonly vault: Vault;
  /** Absent where nothing serves Chaos Mesh's experiments. */
  readonly chaos?: Chaos;
}

/** What faults use of Chaos Mesh. */
export type Chaos = Pick<ChaosClient, 'create' | 'list' | 'awaitInjected' | 'delete'>;

/** Texts kept inside the sandbox but out of the trainee's sight, such as a Secret that a fault takes away. */
export interface Vault {
  store(name: string, text: string): Promise<void>;
  fetch(name: string): Promise<string | undefined>;
  remove(name: string): Promise<void>;
}

export type Proof = { readonly live: true; readonly seen: string } | { readonly live: false; readonly reason: string };

/**
 * Something that goes wrong for real. It works on whatever the trainee built, as far as names allow, and is told by its symptom, never by its
 * cause. What `inject` answers is JSON without secrets; the caller keeps it over restarts and hands it back.
 */
export interface Fault {
  readonly id: string;
  readonly title: string;
  /** Nothing is wrong, and doing nothing is right: a state that must pass as it is. */
  readonly isControl?: true;
  /** What proves that it is live, for instructors. */
  readonly symptom: string;
  /** What {@link recover} takes back: nothing else of the sandbox may have changed. */
  readonly leavesBehind: string;
  /** Parameters as a lab gives them. */
  readonly parameters: z.ZodType;
  /** Injecting twice is injecting once. */
  inject(target: FaultTarget, parameters: unknown): Promise<unknown>;
  /** One look; the caller repeats it. */
  prove(target: FaultTarget, data: unknown): Promise<Proof>;
  /** Takes the fault back, also when the trainee has mended it meanwhile. */
  recover(target: FaultTarget, data: unknown): Promise<void>;
}
