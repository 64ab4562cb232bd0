import type { GuardrailEntry } from './config-schema.ts';
import type { GuardrailSettings } from './gateway-config.ts';
import type { ConfigPath } from './located-yaml.ts';
import type { Findings } from './findings.ts';
import { hazards } from '../guardrails/hazards.ts';
import { prebuiltPatterns } from '../guardrails/personal-data.ts';

export function resolveGuardrails(entries: readonly GuardrailEntry[], found: Findings): readonly GuardrailSettings[] {
  const names = new Set<string>();
  return entries.map((entry, index) => {
    const at = ['guardrails', index];
    if (names.has(entry.guardrail_name))
      found.error([...at, 'guardrail_name'], `\`${entry.guardrail_name}\` is there twice. Give each guardrail its own name.`);
    names.add(entry.guardrail_name);
    checkPatterns(entry, [...at, 'litellm_params'], found);
    return resolveGuardrail(entry, [...at, 'litellm_params'], found);
  });
}

function resolveGuardrail(
  { guardrail_name: name, litellm_params: params }: GuardrailEntry,
  at: ConfigPath,
  found: Findings,
): GuardrailSettings {
  if (params.guardrail === 'presidio' && params.pii_entities_config === undefined)
    found.warn([...at, 'guardrail'], 'no `pii_entities_config` is given, so every kind of personal data is masked.');
  if (params.guardrail === 'litellm_content_filter' && params.patterns === undefined && params.blocked_words === undefined)
    found.error([...at, 'guardrail'], 'a content filter without `patterns` and `blocked_words` lets everything pass. Add one of them.');
  if (params.api_base !== undefined && !URL.canParse(params.api_base) && !params.api_base.startsWith('os.environ/'))
    found.error([...at, 'api_base'], `\`${params.api_base}\` is no address. Write e.g. http://guard.atlas:8000/v1.`);
  if (params.default_on !== true)
    found.warn([...at, 'default_on'], `\`${name}\` only runs for requests that name it. Set \`default_on: true\` to run it always.`);
  const apiBase = found.secret([...at, 'api_base'], params.api_base);
  return {
    name,
    modes: new Set([params.mode].flat()),
    defaultOn: params.default_on ?? false,
    params: apiBase === undefined ? params : { ...params, api_base: apiBase },
    apiKey: found.secret([...at, 'api_key'], params.api_key),
  };
}

function checkPatterns({ litellm_params: params }: GuardrailEntry, at: ConfigPath, found: Findings): void {
  const known = Object.keys(prebuiltPatterns).join(', ');
  params.patterns?.forEach((pattern, index) => {
    const place = [...at, 'patterns', index];
    if (pattern.pattern_type === 'regex') checkRegex(pattern.pattern, place, found);
    else if (prebuiltPatterns[pattern.pattern_name ?? ''] === undefined)
      found.error([...place, 'pattern_name'], `there is no prebuilt pattern \`${pattern.pattern_name ?? ''}\`. Known are ${known}.`);
  });
  for (const entity of Object.keys(params.pii_entities_config ?? {}))
    if (!Object.values(prebuiltPatterns).some((pattern) => pattern.entity === entity))
      found.error(
        [...at, 'pii_entities_config', entity],
        `\`${entity}\` is not recognised. Known are ${[...new Set(Object.values(prebuiltPatterns).map((pattern) => pattern.entity))].join(', ')}.`,
      );
  params.categories?.forEach((category, index) => {
    if (hazards[category] === undefined)
      found.error([...at, 'categories', index], `\`${category}\` is no hazard. Known are ${Object.keys(hazards).join(', ')}.`);
  });
}

function checkRegex(pattern: string | undefined, at: ConfigPath, found: Findings): void {
  if (pattern === undefined) {
    found.error(at, 'a pattern of type `regex` needs `pattern:`.');
    return;
  }
  try {
    new RegExp(pattern, 'giu');
  } catch (error) {
    found.error(
      [...at, 'pattern'],
      `${error instanceof Error ? error.message : String(error)}. Mind that YAML takes backslashes as they are only in single quotes.`,
    );
  }
}
