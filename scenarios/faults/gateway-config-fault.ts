import type { z } from 'zod';
import type { ConfigMap } from '../../infra/cluster/meta/generated/types.ts';
import { applyChanges, undoChanges } from './changes.ts';
import type { Fault, FaultTarget, Proof } from './fault.ts';
import { GatewayConfigText, planConfigChange, requireGatewayConfig, withoutEdits } from './gateway-config.ts';
import { restartPods } from './object-fault.ts';

interface GatewayConfigFaultSpec<P extends z.ZodType> extends Pick<Fault, 'id' | 'title' | 'symptom'> {
  /** What a lab gives; it is kept as the injection's data, so it must be plain JSON. */
  readonly parameters: P;
  /** Changes the text, or throws PlatformError where there is nothing to break. Pure but for that. */
  readonly edit: (config: GatewayConfigText, at: { readonly model: string; readonly namespace: string }, parameters: z.infer<P>) => void;
  readonly prove: (target: FaultTarget, parameters: z.infer<P>) => Promise<Proof>;
}

/**
 * A fault that consists of another configuration of the trainee's AI gateway, which is the endpoint. The gateway takes it up by itself; its pods are
 * started anew only where they would never see it, because keys and caches that live in them must not be lost by the way.
 */
export function gatewayConfigFault<P extends z.ZodType>(spec: GatewayConfigFaultSpec<P>): Fault {
  const { id, title, symptom, parameters: schema } = spec;
  return {
    id,
    title,
    symptom,
    leavesBehind: 'The ConfigMap is as before, and the gateway runs with it.',
    parameters: schema,
    async inject(target, parameters) {
      const settings = schema.parse(parameters);
      await applyChanges(target, id, async () => {
        const config = await requireGatewayConfig(target);
        const text = new GatewayConfigText(config.text);
        spec.edit(text, target.endpoint, settings);
        return [planConfigChange(target, config, text)];
      });
      await restartUnlessRefreshed(target);
      return settings;
    },
    prove: (target, data) => spec.prove(target, schema.parse(data)),
    async recover(target, data) {
      const settings = schema.parse(data);
      await undoChanges(target, id, (undo, present) => {
        const entries = Object.entries((undo.patch as Pick<ConfigMap, 'data'>).data ?? {}).map(([entry, original]) => {
          const edited = new GatewayConfigText(original);
          spec.edit(edited, target.endpoint, settings);
          return [entry, withoutEdits(original, edited, (present as ConfigMap).data?.[entry] ?? '')];
        });
        return { ...undo, patch: { data: Object.fromEntries(entries) as unknown } };
      });
      await restartUnlessRefreshed(target);
    },
  };
}

async function restartUnlessRefreshed(target: FaultTarget): Promise<void> {
  // A trainee may have taken the gateway away altogether; then nothing runs with the old text.
  const config = await requireGatewayConfig(target).catch(() => undefined);
  if (config?.isRefreshed === false) await restartPods(target);
}
