import { artefactViewSchema } from '../../contract/artefacts.ts';
import { attemptSchema } from '../../contract/attempts.ts';
import type { Client } from '../../testing/client.ts';
import { eventually } from '../../testing/eventually.ts';
import type { TestServer } from '../../testing/test-server.ts';
import type { DrillFact, DrillFacts } from '../facts.ts';

/** Drills as a certificate sees them: whoever is put in led one. */
export class FakeDrills implements DrillFacts {
  readonly #led = new Map<string, DrillFact[]>();

  led(personId: string, endedAtMs: number, role = 'commander'): void {
    const title = 'Provider rate limit';
    this.#led.set(personId, [...(this.#led.get(personId) ?? []), { drillId: `dr_${endedAtMs}`, title, role, endedAtMs }]);
  }

  listEnded(personId: string): Promise<readonly DrillFact[]> {
    return Promise.resolve(this.#led.get(personId) ?? []);
  }
}

/** Takes the fake lab's incident to a verdict and hands a runbook in; `meanwhile` before the verdict. Answers the attempt. */
export async function takeLab(
  server: TestServer,
  trainee: Client,
  outcome: 'passed' | 'failed' = 'passed',
  meanwhile: (attemptId: string) => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  const { id } = await trainee.call('POST', '/api/attempts', attemptSchema, { lab: 'endpoint', mode: 'incident' });
  const stateOf = async (): Promise<string> => (await trainee.call('GET', `/api/attempts/${id}`, attemptSchema)).state;
  await eventually('the incident', async () => (await stateOf()) === 'incident');
  const runbook = { basedOn: 0, content: { text: 'Look at the pods first, then at their events.' } };
  await trainee.call('PUT', `/api/attempts/${id}/artefacts/runbook`, artefactViewSchema, runbook);
  await trainee.call('POST', `/api/attempts/${id}/artefacts/runbook/submit`, artefactViewSchema, { basedOn: 1 });
  await meanwhile(id);
  server.controls.outcome = outcome;
  await trainee.call('POST', `/api/attempts/${id}/grade`, attemptSchema);
  await eventually('the verdict', async () => (await stateOf()) === outcome);
  return id;
}

export async function rateRunbook(reader: Client, attemptId: string, accepted: boolean): Promise<void> {
  const artefact = `/api/attempts/${attemptId}/artefacts/runbook`;
  const list = (await (await reader.fetch('GET', `/api/attempts/${attemptId}/artefacts`)).json()) as {
    artefacts: { id: string; rubric: { id: string }[]; submitted: { version: number } | null }[];
  };
  const runbook = list.artefacts.find(({ id }) => id === 'runbook');
  const scores = Object.fromEntries((runbook?.rubric ?? []).map(({ id }) => [id, 2]));
  const rating = { version: runbook?.submitted?.version ?? 1, scores, comment: 'Usable as it is.', accepted };
  await reader.call('POST', `${artefact}/rating`, artefactViewSchema, rating);
}
