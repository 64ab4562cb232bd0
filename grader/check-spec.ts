import { z } from 'zod';
import { atPart, type CheckContext } from './check-context.ts';
import { accessCheckSchema, runAccessCheck } from './checks/access-check.ts';
import { artefactCheckSchema, runArtefactCheck } from './checks/artefact-check.ts';
import { burstCheckSchema, runBurstCheck } from './checks/burst-check.ts';
import { completionCheckSchema, runCompletionCheck } from './checks/completion-check.ts';
import { failoverCheckSchema, runFailoverCheck } from './checks/failover-check.ts';
import { fileCheckSchema, runFileCheck } from './checks/file-check.ts';
import { httpCheckSchema, runHttpCheck } from './checks/http-check.ts';
import { loadCheckSchema, runLoadCheck } from './checks/load-check.ts';
import { objectCheckSchema, runObjectCheck } from './checks/object-check.ts';
import { placementCheckSchema, runPlacementCheck } from './checks/placement-check.ts';
import { restartCheckSchema, triggerRestart } from './checks/restart-check.ts';
import { runUpstreamCheck, upstreamCheckSchema } from './checks/upstream-check.ts';
import { runStatusCheck, statusCheckSchema } from './checks/status-check.ts';
import { startWorkloadCheck, workloadCheckSchema } from './checks/workload-check.ts';
import type { Sample } from './verdicts.ts';

/** A check as lab.yaml writes it; its id is its key there. */
export const checkSchema = z.discriminatedUnion('kind', [
  objectCheckSchema,
  fileCheckSchema,
  artefactCheckSchema,
  statusCheckSchema,
  httpCheckSchema,
  completionCheckSchema,
  burstCheckSchema,
  failoverCheckSchema,
  upstreamCheckSchema,
  loadCheckSchema,
  workloadCheckSchema,
  placementCheckSchema,
  accessCheckSchema,
  restartCheckSchema,
]);

export type CheckSpec = z.infer<typeof checkSchema>;
export type Check = CheckSpec & { readonly id: string };

/** It only reads objects: a look costs next to nothing. */
export function isReading({ kind }: CheckSpec): boolean {
  return ['object', 'workload', 'placement', 'access'].includes(kind);
}

/** Prepares a check: those that disturb the workload do so here, once. */
export async function startCheck(check: CheckSpec, everywhere: CheckContext): Promise<Sample> {
  const context = atPart(everywhere, check.part);
  switch (check.kind) {
    case 'object':
      return () => runObjectCheck(check, context);
    case 'access':
      return () => runAccessCheck(check, context);
    case 'file':
      return () => runFileCheck(check, context);
    case 'artefact':
      return () => runArtefactCheck(check, context);
    case 'status':
      return () => runStatusCheck(check, context);
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
    case 'placement':
      return () => runPlacementCheck(check, context);
    case 'restart':
      return triggerRestart(check, context);
  }
}

/** Checks that change the sandbox, or what it lets through, run alone, after all others. */
export function isDisturbing(check: CheckSpec): boolean {
  return ['restart', 'burst', 'failover', 'load'].includes(check.kind);
}
