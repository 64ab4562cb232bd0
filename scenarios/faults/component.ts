import { z } from 'zod';
import { prepareRequest, type Approach, type Ask } from '../../grader/probe-request.ts';
import { objectName } from '../../grader/endpoint.ts';
import type { ProbeResult } from '../../infra/images/prober/protocol.ts';
import { applyChanges, undoChanges, type Change } from './changes.ts';
import type { Fault, FaultTarget, Proof } from './fault.ts';
import { restartPods } from './object-fault.ts';

/** A part of the lab beside its endpoint, such as what monitors it, in the endpoint's namespace. Spoken to in clear text and without a key. */
export const componentSchema = z.strictObject({ deployment: objectName, service: objectName, port: z.int().min(1).max(65_535) });
type Component = z.infer<typeof componentSchema>;

export const retrievalComponent: Component = { deployment: 'retrieval', service: 'retrieval', port: 8080 };
export const prometheusComponent: Component = { deployment: 'prometheus', service: 'prometheus', port: 9090 };

interface ComponentFaultSpec<S extends z.ZodRawShape> extends Pick<Fault, 'id' | 'title' | 'symptom' | 'leavesBehind'> {
  /** Where a lab says nothing of it. */
  readonly component: Component;
  readonly parameters: S;
  /** Reads and decides; writes nothing. The target's endpoint is the component. */
  readonly plan: (target: FaultTarget, parameters: z.infer<z.ZodObject<S>>) => Promise<readonly Change[]>;
  readonly restartsPods?: true;
  readonly prove: (target: FaultTarget, parameters: z.infer<z.ZodObject<S>>) => Promise<Proof>;
  /** After the changes were taken back: what is needed until all is as before. */
  readonly settle?: (target: FaultTarget, before: 'live' | 'mended') => Promise<void>;
}

/** A fault of changed objects that works on a component, which labs may name otherwise by `at`. */
export function componentFault<S extends z.ZodRawShape>(spec: ComponentFaultSpec<S>): Fault {
  const { id, title, symptom, leavesBehind } = spec;
  const own = z.strictObject(spec.parameters);
  const placed = z.looseObject({ at: componentSchema.default(spec.component) });
  const parameters = z.strictObject({ ...spec.parameters, at: componentSchema.default(spec.component) });
  const read = (target: FaultTarget, given: unknown): { readonly target: FaultTarget; readonly settings: z.infer<z.ZodObject<S>> } => {
    const { at, ...settings } = placed.parse(given);
    return { target: atComponent(target, at), settings: own.parse(settings) };
  };
  return {
    id,
    title,
    symptom,
    leavesBehind,
    parameters,
    async inject(target, given) {
      const { target: component, settings } = read(target, given);
      await applyChanges(component, id, () => spec.plan(component, settings));
      if (spec.restartsPods === true) await restartPods(component);
      return parameters.parse(given);
    },
    prove: async (target, data) => {
      const { target: component, settings } = read(target, data);
      return spec.prove(component, settings);
    },
    async recover(target, data) {
      const { target: component, settings } = read(target, data);
      const before = spec.settle === undefined || (await spec.prove(component, settings)).live ? 'live' : 'mended';
      await undoChanges(component, id);
      if (spec.restartsPods === true) await restartPods(component);
      await spec.settle?.(component, before);
    },
  };
}

export function atComponent(target: FaultTarget, { deployment, service, port }: Component): FaultTarget {
  return { ...target, endpoint: { ...target.endpoint, deployment, container: deployment, service, port, scheme: 'http' } };
}

const TIMEOUT_MS = 20_000;
const open: Approach = { key: 'none', client: 'none', trust: 'any' };
/** As the lab's own clients come. */
export const asClient: Approach = { key: 'good', client: 'good', trust: 'any' };

/** Asks the target's endpoint, all at once; results in the order of the questions, none where the sandbox holds no credential for it. */
export async function askEndpoint(
  target: FaultTarget,
  asks: readonly Pick<Ask, 'method' | 'path' | 'body'>[],
  approach = open,
): Promise<readonly ProbeResult[]> {
  const prepared = await Promise.all(
    asks.map((ask) => prepareRequest(target, approach, { ...ask, name: ask.path.slice(0, 100), timeoutMs: TIMEOUT_MS })),
  );
  const requests = prepared.flatMap((one) => (one.kind === 'found' ? [one.value] : []));
  return requests.length < asks.length ? [] : target.prober.probe(requests, target.signal);
}

/** An answer's body as JSON, whatever its status; undefined where there is none. */
export function jsonOf(result: ProbeResult | undefined): unknown {
  if (result?.kind !== 'answered') return undefined;
  try {
    return JSON.parse(result.body);
  } catch {
    return undefined;
  }
}

export function describeResult(result: ProbeResult | undefined): string {
  if (result === undefined) return 'nothing could be asked';
  return result.kind === 'answered' ? `HTTP ${result.status}` : `no answer came: ${result.phase}, ${result.code}`;
}
