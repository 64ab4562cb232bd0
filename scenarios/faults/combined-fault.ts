import { z } from 'zod';
import type { Fault, FaultTarget, Proof } from './fault.ts';

/** A fault of the catalogue with what a lab or a drill gives it. */
export interface FaultPart {
  readonly fault: Fault;
  readonly parameters: unknown;
}

const dataSchema = z.strictObject({ parts: z.array(z.unknown()) });

/**
 * Several faults as one: injected in their order, live when all are, taken back the last first, because a later one may stand on what an earlier
 * one left. The parameters are its parts' and not given again.
 */
export function combineFaults(parts: readonly FaultPart[]): Fault {
  const tell = (pick: (fault: Fault) => string): string => parts.map(({ fault }) => pick(fault)).join(' ');
  return {
    id: parts.map(({ fault }) => fault.id).join('+'),
    title: parts.map(({ fault }) => fault.title).join(', and '),
    symptom: tell(({ symptom }) => symptom),
    leavesBehind: tell(({ leavesBehind }) => leavesBehind),
    parameters: z.unknown(),
    inject: (target) => injectAll(parts, target),
    prove: (target, data) => proveAll(parts, target, dataSchema.parse(data).parts),
    recover: (target, data) => recoverAll(parts, target, dataSchema.parse(data).parts),
  };
}

/** Should one not take, those before it are taken back: half a combination is another incident than the one that was meant. */
async function injectAll(parts: readonly FaultPart[], target: FaultTarget): Promise<z.infer<typeof dataSchema>> {
  const data: unknown[] = [];
  for (const { fault, parameters } of parts) {
    try {
      data.push(await fault.inject(target, parameters));
    } catch (error) {
      await recoverAll(parts.slice(0, data.length), target, data);
      throw error;
    }
  }
  return { parts: data };
}

async function proveAll(parts: readonly FaultPart[], target: FaultTarget, data: readonly unknown[]): Promise<Proof> {
  const seen: string[] = [];
  for (const [index, { fault }] of parts.entries()) {
    const proof = await fault.prove(target, data[index]);
    if (!proof.live) return { live: false, reason: `${fault.id}: ${proof.reason}` };
    seen.push(proof.seen);
  }
  return { live: true, seen: seen.join(' ') };
}

/** Tries all, whatever becomes of the others, and throws the first error then. */
async function recoverAll(parts: readonly FaultPart[], target: FaultTarget, data: readonly unknown[]): Promise<void> {
  const errors: unknown[] = [];
  for (const [index, { fault }] of [...parts.entries()].reverse()) {
    await fault.recover(target, data[index]).catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw errors[0] as Error;
}
