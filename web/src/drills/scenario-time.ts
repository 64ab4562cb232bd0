import type { DrillView } from '../../../server/contract/drills.ts';

/** Scenario time at a moment of the server's clock, in milliseconds. Pure. */
export function scenarioNowMs({ scenarioMs, running, asOf }: DrillView['clock'], serverMs: number): number {
  return running ? scenarioMs + Math.max(0, serverMs - Date.parse(asOf)) : scenarioMs;
}

/** `0:05`, `61:30`: minutes and seconds, as scripts count. Pure. */
export function formatScenario(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
