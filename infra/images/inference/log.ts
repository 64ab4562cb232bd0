import { wallTimeMs } from './wall-clock.ts';

/** One JSON object a line on stdout. Prompts, completions and keys never get here. */
export function log(level: 'info' | 'warning' | 'error', message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`${JSON.stringify({ time: new Date(wallTimeMs()).toISOString(), level, message, ...fields })}\n`);
}
