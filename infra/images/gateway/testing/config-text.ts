import type { GatewayConfig } from '../config/gateway-config.ts';
import { readConfig } from '../config/read-config.ts';

/** The configuration that a text gives. Throws with what is wrong with it. */
export function configFrom(text: string, env: Readonly<Record<string, string>> = {}): GatewayConfig {
  const reading = readConfig(text, env);
  if (reading.kind === 'invalid') throw new Error(reading.errors.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return reading.config;
}

/** One deployment's entry in the model_list, in YAML. */
export function modelEntry(group: string, apiBase: string, more: Readonly<Record<string, string | number>> = {}): string {
  const params = Object.entries({ model: 'openai/alpha-4-nano', api_base: apiBase, api_key: 'sk-main-0001', ...more });
  return `  - model_name: ${group}\n    litellm_params: { ${params.map(([key, value]) => `${key}: ${value}`).join(', ')} }\n`;
}
