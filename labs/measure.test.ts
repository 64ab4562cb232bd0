import { describe, expect, it } from 'vitest';
import { answered, emptyReport, FakeProber, testContext, type TestContext } from '../grader/testing/sandbox-fixtures.ts';
import type { LoadReport } from '../infra/images/prober/load-protocol.ts';
import { loadCatalogue, ownLabsDir } from './catalogue.ts';
import { planLabVariant, RenderedLab } from './lab.ts';
import type { LabFile } from './lab-schema.ts';
import { findMeasureProblems, findMisses, measureWorkloads, offerWorkloads } from './measure.ts';

const { labs } = await loadCatalogue([ownLabsDir]);
const lab = labs.find(({ summary }) => summary.slug === 'cost')!;
const file: LabFile = new RenderedLab(lab, planLabVariant(lab, 'measure')).file;
const sorter = file.checks['tickets'];

const latency = { ...emptyReport.endToEnd, count: 80, p50Ms: 400.4, p95Ms: 900.6, p99Ms: 1_200 };
const report: LoadReport = {
  ...emptyReport,
  planned: 80,
  sent: 80,
  answered: 79,
  failures: { timeout: 1 },
  endToEnd: latency,
  cost: { usd: 0.02, usdUncached: 0.04, usdPerThousandRequests: 0.25, unpricedTokens: 0 },
  cacheHits: 31,
  quality: 0.91,
};

function context(seen: LoadReport): TestContext {
  const prober = new FakeProber(() => answered(200));
  prober.report = seen;
  const at = testContext({ prober });
  const { namespace } = file.endpoint;
  at.objects.put({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace, name: 'assistant-prompt' },
    data: { 'system.txt': 'Be kind.' },
  } as never);
  return { ...at, endpoint: { ...file.endpoint, key: at.endpoint.key } };
}

describe('the workloads of a lab', () => {
  it('are offered with what all of their checks allow', () => {
    expect(offerWorkloads(file)).toEqual([
      {
        id: 'assistant',
        title: 'The assistant',
        aims: { usdPerThousandRequestsAtMost: 0.28, p95MsAtMost: 3_000, failedShareAtMost: 0.02, qualityAtLeast: 0.87 },
      },
      expect.objectContaining({ id: 'tickets' }),
    ]);
  });

  it('are sent one after the other, as the checks send them, and told in figures', async () => {
    const at = context(report);
    const [assistant, tickets] = await measureWorkloads(file, at);
    expect(at.prober.loads.map(({ model, durationMs }) => [model, durationMs])).toEqual([
      [file.endpoint.model, 6_000],
      [sorter?.kind === 'load' ? sorter.model : undefined, 4_000],
    ]);
    expect(assistant).toMatchObject({ id: 'assistant', remark: null });
    expect(assistant?.figures).toEqual({
      requests: 80,
      answered: 79,
      failures: { timeout: 1 },
      usdPerThousandRequests: 0.25,
      endToEndMs: { p50: 400, p95: 901, p99: 1_200 },
      firstTokenMs: null,
      cacheHits: 31,
      quality: 0.91,
    });
    expect(tickets?.title).toBe('Sorting of tickets');
  });

  it('give no price where a model has none, and say that the machine was busy', async () => {
    const cost = { ...report.cost, unpricedTokens: 5 };
    const [odd] = await measureWorkloads(file, context({ ...report, cost, sendLag: { ...latency, p95Ms: 900 } }));
    expect(odd?.figures?.usdPerThousandRequests).toBeNull();
    expect(odd?.remark).toContain('busy');
  });

  it('say why nothing could be sent', async () => {
    const at = context(report);
    await at.objects.remove({ kind: 'ConfigMap', namespace: file.endpoint.namespace, name: 'assistant-prompt' });
    expect((await measureWorkloads(file, at))[0]).toMatchObject({ figures: null, remark: expect.stringContaining('missing') as string });
  });

  it('are held against their aims', async () => {
    const [assistant] = await measureWorkloads(file, context(report));
    expect(findMisses(assistant!)).toEqual([]);
    expect(findMisses({ ...assistant!, aims: { qualityAtLeast: 0.92, p95MsAtMost: 900, firstTokenP95MsAtMost: 5 } })).toEqual([
      'The assistant: p95 is 901, at most 900 is aimed at',
      'The assistant: p95 to the first token is unknown, at most 5 is aimed at',
      'The assistant: quality is 0.91, at least 0.92 is aimed at',
    ]);
    expect(findMisses({ ...assistant!, figures: null, remark: 'nothing answers' })).toEqual(['The assistant: nothing answers']);
  });

  it('may name neither a check without traffic nor one that is hidden', () => {
    const problem = (path: readonly (string | number)[], message: string, remedy: string) => ({
      file: 'f',
      path: path.join('.'),
      message,
      remedy,
    });
    const { budget } = file.checks;
    const measure = [{ id: 'x', title: 'X', checks: ['answers', 'secretly', 'budget'] }];
    const odd: LabFile = { ...file, measure, checks: { ...file.checks, secretly: { ...budget!, hidden: true } } };
    expect(findMeasureProblems(odd, problem).map(({ path, message }) => [path, message])).toEqual([
      ['measure.0.checks.0', expect.stringContaining('sends no traffic')],
      ['measure.0.checks.1', expect.stringContaining('hidden')],
    ]);
    expect(findMeasureProblems(file, problem)).toEqual([]);
  });
});
