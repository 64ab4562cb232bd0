import { z } from 'zod';
import type { CheckContext } from './check-context.ts';
import { artefactCheckSchema, runArtefactCheck } from './checks/artefact-check.ts';
import { burstCheckSchema, runBurstCheck } from './checks/burst-check.ts';
import { completionCheckSchema, runCompletionCheck } from './checks/completion-check.ts';
import { failoverCheckSchema, runFailoverCheck } from './checks/failover-check.ts';
import { fileCheckSchema, runFileCheck } from './checks/file-check.ts';
import { httpCheckSchema, runHttpCheck } from './checks/http-check.ts';
import { loadCheckSchema, runLoadCheck } from './checks/load-check.ts';
import { objectCheckSchema, runObjectCheck } from './checks/object-check.ts';
import { restartCheckSchema, triggerRestart } from './checks/restart-check.ts';
import { runUpstreamCheck, upstreamCheckSchema } from './checks/upstream-check.ts';
import { startWorkloadCheck, workloadCheckSchema } from './checks/workload-check.ts';
import type { Sample } from './verdicts.ts';

/** A check as lab.yaml writes it; its id is its key there. */
export const checkSchema = z.discriminatedUnion('kind', [
  objectCheckSchema,
  fileCheckSchema,
  artefactCheckSchema,
  httpCheckSchema,
  completionCheckSchema,
  burstCheckSchema,
  failoverCheckSchema,
  upstreamCheckSchema,
  loadCheckSchema,
  workloadCheckSchema,
  restartCheckSchema,
]);

export type CheckSpec = z.infer<typeof checkSchema>;
export type Check = CheckSpec & { readonly id: string };

/** It only reads objects: a look costs next to nothing. */
export function isReading({ kind }: CheckSpec): boolean {
  return kind === 'object' || kind === 'workload';
}

/** Prepares a check: those that disturb the workload do so here, once. */
export async function startCheck(check: CheckSpec, context: CheckContext): Promise<Sample> {
  switch (check.kind) {
    case 'object':
      return () => runObjectCheck(check, context);
    case 'file':
      return () => runFileCheck(check, context);
    case 'artefact':
      return () => runArtefactCheck(check, context);
    case 'http':
      return () => runHttpCheck(check, context);
    case 'completion':
      return () => runCompletionCheck(check, context);
    case 'burst':
      return () => runBurstCheck(check, context);
    case 'failover':
      return () => runFailoverCheck(check, context);
    case 'upstream':
      return () => runUpstreamCheck(check, context);
    case 'load':
      return () => runLoadCheck(check, context);
    case 'workload':
      return startWorkloadCheck(check, context);
    case 'restart':
      return triggerRestart(check, context);
  }
}

/** Checks that change the sandbox, or what it lets through, run alone, after all others. */
export function isDisturbing(check: CheckSpec): boolean {
  return ['restart', 'burst', 'failover', 'load'].includes(check.kind);
}
