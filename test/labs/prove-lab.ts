import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { expect } from 'vitest';
import { openSubstrate } from '../../infra/substrate/open-substrate.ts';
import { loadCatalogue, ownLabsDir } from '../../labs/catalogue.ts';
import { proveLabs, type ProofOutcome } from '../../labs/prove/prove.ts';
import { toTable } from '../../labs/prove/table.ts';

/** Everything that these labs must show of themselves, on one runtime. */
export async function prove(
  slugs: readonly string[],
  runtime: 'process' | 'docker',
  options: { readonly jobs: number; readonly fault?: string },
): Promise<readonly ProofOutcome[]> {
  const { labs } = await loadCatalogue([ownLabsDir]);
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'prove-test-'));
  const log = pino({ level: 'fatal' }, pino.destination(2));
  try {
    await using substrate = await openSubstrate({ runtime, dataDir, log, report: () => undefined });
    return await proveLabs(
      labs.filter(({ summary }) => slugs.includes(summary.slug)),
      { substrate, seed: `test-${runtime}`, times: 1, signal: new AbortController().signal, report: () => undefined, ...options },
    );
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** On a failure the table is the message. */
export function expectProven(outcomes: readonly ProofOutcome[]): void {
  expect(
    outcomes.every(({ ok }) => ok),
    `\n${toTable(outcomes)}`,
  ).toBe(true);
}
