import { access, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { artefactSchema } from '../../grader/artefacts/artefact.ts';
import { artefactForms } from '../../grader/artefacts/forms.ts';
import type { CheckResult, Scorecard } from '../../grader/verdict.ts';
import type {
  Baseline,
  Injection,
  LabStage,
  LabSummary,
  MeasuredFigures,
  OfferedArtefact,
  StageOptions,
  StepContent,
  Variant,
  WorkloadMeasurement,
} from '../../labs/lab-stage.ts';
import { StageError } from '../../labs/lab-stage.ts';
import type { LabCatalogue } from '../attempts/lab-catalogue.ts';

/**
 * A lab without a cluster: what a trainee "deploys" are files in the sandbox's folder, a fault is a file `broken`. Enough to walk through a
 * whole attempt, and to fail at any point.
 */
export interface FakeLabControls {
  /** Called at the beginning of every method; tests hold or fail the platform here. */
  before: (method: string) => Promise<void>;
  /** Overrides the outcome of grading. */
  outcome: Scorecard['outcome'] | undefined;
}

export const fakeLab: LabSummary = {
  slug: 'endpoint',
  version: '1.0.0',
  hash: '0'.repeat(64),
  title: 'Build and secure a model endpoint',
  summary: 'Deploy an inference server, guard it with a token, and mend it when it breaks.',
  level: 'foundation',
  minutes: 60,
  incidentMinutes: 20,
  tracks: ['administrator', 'platform-engineer'],
  objectives: ['Deploy a containerised inference server', 'Keep its token in a Secret', 'Find and mend a fault from a terminal'],
  steps: [
    { id: 'deploy', title: 'Deploy the server', phase: 'build', hintCount: 2 },
    { id: 'token', title: 'A token from a Secret', phase: 'build', hintCount: 1 },
    { id: 'restore', title: 'Restore the service', phase: 'incident', hintCount: 2 },
  ],
  faults: [
    { id: 'bad-image', title: 'Bad image' },
    { id: 'missing-secret', title: 'Missing secret' },
    { id: 'memory-exhausted', title: 'Memory exhausted' },
  ],
  services: [
    {
      name: 'inference',
      namespace: 'lab',
      port: 8000,
      title: 'Inference server',
      scheme: 'auto',
      healthPath: '/health',
      metricsPath: '/metrics',
    },
  ],
  passMark: 70,
  team: [
    { role: 'commander', min: 1, max: 1 },
    { role: 'expert', min: 1, max: 2 },
    { role: 'customer-liaison', min: 1, max: 1 },
  ],
  workloads: [
    { id: 'assistant', title: 'The assistant', aims: { usdPerThousandRequestsAtMost: 12, p95MsAtMost: 2_000, qualityAtLeast: 0.9 } },
  ],
};

export const fakeFigures: MeasuredFigures = {
  requests: 90,
  answered: 88,
  failures: { 'queue-full': 2 },
  usdPerThousandRequests: 14.2,
  endToEndMs: { p50: 410, p95: 980, p99: 1_420 },
  firstTokenMs: { p50: 180, p95: 320, p99: 470 },
  cacheHits: 0,
  quality: 0.94,
};

const FILE_OF_STEP: Readonly<Record<string, string>> = { deploy: 'deployed', token: 'token' };

const steps: readonly StepContent[] = [
  {
    id: 'deploy',
    title: 'Deploy the server',
    phase: 'build',
    markdown: [
      'The model runs in a container. In this rehearsal a file called `deployed` stands for it.',
      '',
      'Run this in the terminal:',
      '',
      '```bash run',
      'touch deployed && ls -l',
      '```',
      '',
      'You may want to keep this manifest:',
      '',
      '```yaml copy',
      'apiVersion: apps/v1',
      'kind: Deployment',
      'metadata:',
      '  name: inference',
      '```',
      '',
      'And this is the answer:',
      '',
      '```bash reveal',
      'touch deployed',
      '```',
      '',
      '| what | where |',
      '|---|---|',
      '| model | `small` |',
      '| port | 8000 |',
    ].join('\n'),
    checks: [
      { id: 'deployed', title: 'The server is deployed', explain: 'A Deployment named inference has a ready pod.' },
      { id: 'workspace', title: 'The workspace answers', explain: 'Always true here.' },
    ],
    hints: [
      { title: 'Which command', markdown: 'Use `touch`.', unlockAfterSeconds: 5 },
      { title: 'The whole answer', markdown: '```bash copy\ntouch deployed\n```', unlockAfterSeconds: 120 },
    ],
  },
  {
    id: 'token',
    title: 'A token from a Secret',
    phase: 'build',
    markdown: 'Put a token into a file:\n\n```bash run\necho secret > token\n```\n',
    checks: [{ id: 'token', title: 'The token is there', explain: 'The server reads its key from a Secret.' }],
    hints: [{ title: 'Where', markdown: 'In the folder you are in.', unlockAfterSeconds: 10 }],
  },
  {
    id: 'restore',
    title: 'Restore the service',
    phase: 'incident',
    markdown:
      '> **09:14** Users report that completions fail.\n\nFind out why and restore the service. (Here: remove the file `broken`.)\n\n```bash run\nls -l\n```\n',
    checks: [{ id: 'answers', title: 'The endpoint answers', explain: 'A completion through the Service succeeds.' }],
    hints: [
      { title: 'Look around', markdown: 'What is new in the folder?', unlockAfterSeconds: 0 },
      { title: 'The fix', markdown: '`rm broken`', unlockAfterSeconds: 60 },
    ],
  },
];

const artefacts: readonly OfferedArtefact[] = [
  {
    definition: artefactSchema.parse({ id: 'postmortem', ...artefactForms.postmortem }),
    checks: [
      {
        id: 'told',
        title: 'Overview and impact are told',
        explain: 'Who was not there must understand it.',
        demands: [{ of: 'words', fields: ['overview', 'impact'], atLeast: 5 }],
      },
      {
        id: 'classified',
        title: 'It is classified',
        explain: 'Remedies belong to those who can apply them.',
        demands: [{ of: 'classification', field: 'classification' }],
      },
    ],
    classificationOf: { 'bad-image': 'platform', 'missing-secret': 'platform', 'memory-exhausted': 'platform' },
  },
  {
    definition: artefactSchema.parse({ id: 'runbook', ...artefactForms.runbook }),
    checks: [],
    classificationOf: {},
  },
];

/** `more` are faults besides its own: they break it like any other, whatever they are called. */
export function createFakeCatalogue(controls: FakeLabControls, more: LabSummary['faults'] = []): LabCatalogue {
  const lab: LabSummary = { ...fakeLab, faults: [...fakeLab.faults, ...more] };
  return {
    labs: [lab],
    problems: [
      {
        file: 'labs/broken/lab.yaml',
        line: 3,
        column: 1,
        path: 'titel',
        message: 'There is no field titel.',
        remedy: 'Did you mean title?',
      },
    ],
    find: (slug) => (slug === lab.slug ? lab : undefined),
    planVariant: (_slug, seed, fault): Variant => ({
      seed,
      fault: fault ?? fakeLab.faults[Number.parseInt(seed.slice(0, 2), 16) % fakeLab.faults.length]?.id ?? 'bad-image',
      values: {},
    }),
    keep: async () => undefined,
    createStage: async (_lab, options) => new FakeStage(options, controls),
  };
}

class FakeStage implements LabStage {
  readonly namespace = 'lab';
  readonly workspace = { namespace: 'lab', pod: 'workspace', container: 'workspace', shell: ['bash', '-l'] };
  readonly #options: StageOptions;
  readonly #controls: FakeLabControls;
  readonly #folder: string;

  constructor(options: StageOptions, controls: FakeLabControls) {
    this.#options = options;
    this.#controls = controls;
    this.#folder = options.kubeConfig.getCurrentCluster()?.name ?? '';
  }

  async prepare(mode: 'guided' | 'incident'): Promise<void> {
    await this.#told('namespace', 'Making the namespace lab', async () => this.#controls.before('prepare'));
    await this.#told('workspace', 'Starting the workspace', async () => undefined);
    if (mode === 'incident') await this.#told('healthy', 'Deploying the healthy state', () => this.resetTo('healthy'));
  }

  services(): LabSummary['services'] {
    return fakeLab.services;
  }

  steps(): readonly StepContent[] {
    return steps;
  }

  artefacts(): readonly OfferedArtefact[] {
    return artefacts;
  }

  async checkStep(stepId: string): Promise<readonly CheckResult[]> {
    await this.#controls.before('checkStep');
    const step = steps.find((candidate) => candidate.id === stepId);
    if (step === undefined) throw new StageError('UnknownStep', `There is no step ${stepId}.`);
    return Promise.all(
      step.checks.map(async (check) => ({
        ...result(check.id, check.title, await this.#passes(check.id)),
        critical: check.id === 'answers',
      })),
    );
  }

  async solveStep(stepId: string): Promise<void> {
    await this.#controls.before('solveStep');
    if (stepId === 'restore') await rm(this.#path('broken'), { force: true });
    else await writeFile(this.#path(FILE_OF_STEP[stepId] ?? stepId), '');
  }

  async captureBaseline(): Promise<Baseline> {
    await this.#controls.before('captureBaseline');
    if (!(await this.#has('deployed'))) throw new StageError('NotHealthy', 'The server is not deployed: there is no file deployed.');
    return { capturedAt: new Date().toISOString(), data: { files: Object.values(FILE_OF_STEP) } };
  }

  async injectFault(fault: string): Promise<Injection> {
    return this.#told('inject', 'Breaking something', async () => {
      await this.#controls.before('injectFault');
      await writeFile(this.#path('broken'), fault);
      return { fault, injectedAt: new Date().toISOString(), data: null };
    });
  }

  async awaitLive(): Promise<{ live: true; tookMs: number } | { live: false; reason: string }> {
    return this.#told('proof', 'Waiting until the fault shows', async () => {
      await this.#controls.before('awaitLive');
      return (await this.#has('broken')) ? { live: true, tookMs: 12 } : { live: false, reason: 'the file broken is not there' };
    });
  }

  async recoverFault(): Promise<void> {
    await this.#controls.before('recoverFault');
    await rm(this.#path('broken'), { force: true });
  }

  /** Dear and right as long as it is whole; the file `cheap` stands for what a trainee saved, and `broken` for what keeps answers away. */
  async measure(): Promise<readonly WorkloadMeasurement[]> {
    await this.#controls.before('measure');
    const [isBroken, isCheap] = await Promise.all([this.#has('broken'), this.#has('cheap')]);
    return (fakeLab.workloads ?? []).map((workload) => ({
      ...workload,
      figures: isBroken ? null : { ...fakeFigures, usdPerThousandRequests: isCheap ? 11.4 : 14.2, cacheHits: isCheap ? 41 : 0 },
      remark: isBroken ? 'Nothing answers.' : null,
    }));
  }

  async resetTo(target: 'start' | 'healthy'): Promise<void> {
    await this.#controls.before('resetTo');
    await rm(this.#path('broken'), { force: true });
    for (const file of Object.values(FILE_OF_STEP)) {
      if (target === 'start') await rm(this.#path(file), { force: true });
      else await writeFile(this.#path(file), '');
    }
  }

  async grade(context: Parameters<LabStage['grade']>[0]): Promise<Scorecard> {
    await this.#controls.before('grade');
    const restored = !(await this.#has('broken'));
    const written = await this.#options.fetchArtefact?.('postmortem');
    const checks: CheckResult[] = [
      { ...result('answers', 'The endpoint answers', restored), weight: 40, critical: true },
      {
        ...result('hidden-auth', 'Requests without a key are refused', restored),
        weight: 20,
        critical: true,
        hidden: true,
        dimension: 'security-governance',
      },
      ...(written === undefined ? [] : [result('postmortem', 'The postmortem was written', true)]),
      ...context.stepResults.map((check) => ({ ...check, weight: 20 })),
    ];
    const weights = checks.reduce((sum, check) => sum + check.weight, 0);
    const points = checks.reduce((sum, check) => sum + (check.verdict.kind === 'pass' ? check.weight : 0), 0);
    const score = Math.floor((100 * points) / weights);
    const outcome = this.#controls.outcome ?? (restored && score >= fakeLab.passMark ? 'passed' : 'failed');
    const now = new Date().toISOString();
    return {
      outcome,
      score,
      passMark: fakeLab.passMark,
      headline:
        outcome === 'passed'
          ? 'Service restored, and nothing was given up for it.'
          : outcome === 'failed'
            ? 'The endpoint does not answer yet.'
            : 'The prober did not answer.',
      checks,
      dimensions: [
        { dimension: 'observability-reliability', level: restored ? 'meets' : 'not yet', points, of: weights },
        { dimension: 'security-governance', level: restored ? 'exceeds' : 'not yet', points: restored ? 20 : 0, of: 20 },
      ],
      ...(restored ? { restoredAt: now } : {}),
      labHash: fakeLab.hash,
      gradedAt: now,
    };
  }

  async #passes(checkId: string): Promise<boolean> {
    if (checkId === 'workspace') return true;
    return checkId === 'answers' ? !(await this.#has('broken')) : this.#has(checkId);
  }

  #has(file: string): Promise<boolean> {
    return access(this.#path(file)).then(
      () => true,
      () => false,
    );
  }

  #path(file: string): string {
    return path.join(this.#folder, file);
  }

  async #told<T>(id: string, text: string, work: () => Promise<T>): Promise<T> {
    this.#options.progress({ id, text, state: 'started' });
    const startedMs = Date.now();
    try {
      const value = await work();
      this.#options.progress({ id, text, state: 'done', tookMs: Date.now() - startedMs });
      return value;
    } catch (error) {
      this.#options.progress({ id, text, state: 'failed', tookMs: Date.now() - startedMs });
      throw error;
    }
  }
}

function result(id: string, title: string, passes: boolean): CheckResult {
  const at = new Date().toISOString();
  const evidence = [{ at, kind: 'file' as const, summary: passes ? `${id} is as it should be` : `${id} is missing`, detail: { id } }];
  return {
    id,
    title,
    weight: 10,
    critical: false,
    hidden: false,
    dimension: 'observability-reliability',
    verdict: passes
      ? { kind: 'pass', evidence }
      : { kind: 'fail', evidence, reason: `Nothing was found for "${title}". Look at what the step asks for.` },
    startedAt: at,
    finishedAt: at,
  };
}
