import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { Credentials } from '../../grader/credentials.ts';
import type { EmbeddedSubstrate } from '../../infra/substrate/embedded.ts';
import { openSubstrate } from '../../infra/substrate/open-substrate.ts';
import { systemNamespace } from '../../infra/substrate/system-namespace.ts';
import { loadCatalogue, ownLabsDir } from '../../labs/catalogue.ts';
import { awaitChecks, signsOfLife } from '../../labs/health-checks.ts';
import { planLabVariant, RenderedLab } from '../../labs/lab.ts';
import { accessSandbox } from '../../labs/sandbox.ts';
import { createStage } from '../../labs/stage.ts';
import { authorityName } from '../../labs/system-objects.ts';
import type { FaultTarget } from '../../scenarios/faults/fault.ts';

export const RECOVERED_WITHIN_MS = 90_000;

/** A sandbox with a lab in its healthy state, lab 1 where none is named, on the process runtime. */
export class EndpointWorld implements AsyncDisposable {
  readonly target: FaultTarget;
  readonly #lab: RenderedLab;
  readonly #substrate: EmbeddedSubstrate;
  readonly #dataDir: string;

  private constructor(target: FaultTarget, lab: RenderedLab, substrate: EmbeddedSubstrate, dataDir: string) {
    this.target = target;
    this.#lab = lab;
    this.#substrate = substrate;
    this.#dataDir = dataDir;
  }

  static async open(slug = 'endpoint'): Promise<EndpointWorld> {
    const { signal } = new AbortController();
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'faults-test-'));
    const substrate = await openSubstrate({ runtime: 'process', dataDir, log: pino({ level: 'fatal' }), report: () => undefined });
    const { labs } = await loadCatalogue([ownLabsDir]);
    const endpointLab = labs.find(({ summary }) => summary.slug === slug);
    if (endpointLab === undefined) throw new Error(`There is no lab ${slug}.`);
    const { operatorConfig } = await substrate.provision('faults', () => undefined, signal, endpointLab.summary.nodes);
    const variant = planLabVariant(endpointLab, 'faults');
    await createStage(endpointLab, { variant, kubeConfig: operatorConfig, signal, progress: () => undefined }).prepare('incident');
    const lab = new RenderedLab(endpointLab, variant);
    const access = accessSandbox(operatorConfig, signal);
    const { endpoint } = lab.file;
    const credentials = new Credentials(access.objects, endpoint, { kind: 'Secret', namespace: systemNamespace, name: authorityName });
    const target = { ...access, endpoint, credentials, baseline: undefined, signal, readFile: () => Promise.resolve(undefined) };
    return new EndpointWorld(target, lab, substrate, dataDir);
  }

  awaitHealthy(): Promise<void> {
    return awaitChecks(signsOfLife(this.#lab), this.target, RECOVERED_WITHIN_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#substrate[Symbol.asyncDispose]();
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}
