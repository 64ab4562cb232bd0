import { GatewayError } from '../http/gateway-error.ts';
import type { GuardrailMode, GuardrailSettings } from '../config/gateway-config.ts';
import { classify } from './classifier.ts';
import { createContentFilter, type Inspection } from './content-filter.ts';
import { hazards } from './hazards.ts';
import { personalKinds, prebuiltPatterns, secretKinds, findData } from './personal-data.ts';
import type { Redaction } from './redaction.ts';
import { classifyRemotely, ClassifierError } from './remote-classifier.ts';

/** What one text is inspected as. */
export interface InspectionContext {
  readonly mode: GuardrailMode;
  readonly role: string;
  readonly redaction: Redaction;
  readonly signal: AbortSignal;
}

type Inspect = (text: string, context: InspectionContext) => Promise<Inspection> | Inspection;

export interface GuardrailObserver {
  guardrail(name: string, mode: GuardrailMode, outcome: 'passed' | 'masked' | 'blocked' | 'error', seconds: number): void;
}

/** One configured guardrail, ready to inspect. */
export interface Guardrail {
  readonly settings: GuardrailSettings;
  readonly inspect: Inspect;
}

export function createGuardrails(all: readonly GuardrailSettings[]): readonly Guardrail[] {
  return all.map((settings) => ({ settings, inspect: createInspect(settings) }));
}

/** True where answers are put back together with what was redacted before. */
export function restores(guardrails: readonly Guardrail[]): boolean {
  return guardrails.some(({ settings }) => settings.params.output_parse_pii === true);
}

/** Those that run for a request: the ones that are always on, and the ones it names. An unknown name is refused, never passed over. */
export function selectGuardrails(all: readonly Guardrail[], asked: readonly string[]): readonly Guardrail[] {
  const unknown = asked.find((name) => !all.some(({ settings }) => settings.name === name));
  if (unknown !== undefined) throw new GatewayError(400, `Guardrail \`${unknown}\` is not configured.`);
  return all.filter(({ settings }) => settings.defaultOn || asked.includes(settings.name));
}

/**
 * Passes one text through the guardrails of a mode, each seeing what the one before left. Throws GatewayError 400 when one blocks, and 503 when
 * one that fails closed cannot judge.
 */
export async function guardText(
  guardrails: readonly Guardrail[],
  text: string,
  context: InspectionContext,
  observer: GuardrailObserver,
): Promise<string> {
  let guarded = text;
  for (const guardrail of guardrails) {
    if (!guardrail.settings.modes.has(context.mode) || guarded.trim() === '') continue;
    const inspection = await inspectOnce(guardrail, guarded, context, observer);
    if (inspection.kind === 'blocked') throw blocked(guardrail, context.mode, inspection);
    if (inspection.kind === 'masked') guarded = inspection.text;
  }
  return guarded;
}

async function inspectOnce(
  guardrail: Guardrail,
  text: string,
  context: InspectionContext,
  observer: GuardrailObserver,
): Promise<Inspection> {
  const { name, params } = guardrail.settings;
  const startedAt = performance.now();
  const report = (outcome: Parameters<GuardrailObserver['guardrail']>[2]): void =>
    observer.guardrail(name, context.mode, outcome, (performance.now() - startedAt) / 1000);
  try {
    const inspection = await guardrail.inspect(text, context);
    report(inspection.kind);
    return inspection;
  } catch (error) {
    if (!(error instanceof ClassifierError)) throw error;
    report('error');
    if (params.unreachable_fallback === 'fail_open') return { kind: 'passed' };
    throw new GatewayError(503, `Guardrail \`${name}\` cannot judge and fails closed: ${error.message}`, {
      type: 'guardrail_unavailable',
      fields: { guardrail_name: name },
      cause: error,
    });
  }
}

function blocked(
  { settings }: Guardrail,
  mode: GuardrailMode,
  { reason, categories }: Extract<Inspection, { kind: 'blocked' }>,
): GatewayError {
  return new GatewayError(400, `Violated guardrail policy: ${reason}`, {
    type: 'guardrail_blocked',
    fields: { guardrail_name: settings.name, guardrail_mode: mode, categories },
    headers: { 'x-litellm-applied-guardrails': settings.name },
    contentPolicy: true,
  });
}

function createInspect(settings: GuardrailSettings): Inspect {
  const { params } = settings;
  switch (params.guardrail) {
    case 'litellm_content_filter': {
      const filter = createContentFilter(settings);
      return (text, { role }) => {
        const inspection = filter(text);
        return inspection.kind === 'blocked' && isInstruction(role) ? { kind: 'passed' } : inspection;
      };
    }
    case 'presidio':
      return dataInspect(kindsOf(params.pii_entities_config, 'MASK'), kindsOf(params.pii_entities_config, 'BLOCK'));
    case 'hide-secrets':
      return dataInspect(secretKinds, []);
    case 'llama_guard':
      return llamaGuardInspect(settings);
  }
}

/** What the operator's own system prompt says is not held against the user. */
function isInstruction(role: string): boolean {
  return role === 'system' || role === 'developer';
}

function kindsOf(config: Readonly<Record<string, 'MASK' | 'BLOCK'>> | undefined, action: 'MASK' | 'BLOCK'): readonly string[] {
  if (config === undefined) return action === 'MASK' ? personalKinds : [];
  return Object.entries(prebuiltPatterns).flatMap(([kind, { entity }]) => (config[entity] === action ? [kind] : []));
}

function dataInspect(masked: readonly string[], refused: readonly string[]): Inspect {
  return (text, { redaction }) => {
    const [found] = findData(text, refused);
    if (found !== undefined) return { kind: 'blocked', reason: `${found.entity} detected`, categories: [found.entity] };
    const result = redaction.mask(text, masked);
    return result === text ? { kind: 'passed' } : { kind: 'masked', text: result };
  };
}

const CLASSIFIER_TIMEOUT_S = 5;

function llamaGuardInspect({ params, apiKey }: GuardrailSettings): Inspect {
  return async (text, { role, signal }) => {
    if (isInstruction(role)) return { kind: 'passed' };
    const verdict =
      params.api_base === undefined
        ? classify(text)
        : await classifyRemotely(
            {
              apiBase: params.api_base.replace(/\/+$/, ''),
              apiKey,
              model: params.model ?? 'llama-guard-3-8b',
              timeoutMs: (params.timeout ?? CLASSIFIER_TIMEOUT_S) * 1000,
            },
            text,
            role === 'assistant' ? 'assistant' : 'user',
            signal,
          );
    const categories = verdict.categories.filter((category) => params.categories?.includes(category) ?? true);
    if (verdict.safe || (categories.length === 0 && verdict.categories.length > 0)) return { kind: 'passed' };
    const titles = categories.map((category) => `${category} ${hazards[category]?.title ?? ''}`.trim());
    return { kind: 'blocked', reason: `llama_guard answered unsafe (${titles.join(', ') || 'no category'})`, categories };
  };
}
