import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { projectRoot } from '../../infra/setup/project-root.ts';
import { ensurePrometheus } from '../../infra/setup/prometheus.ts';
import { TestServer } from '../../server/testing/test-server.ts';

const rulesFile = path.join(projectRoot, 'infra/deploy/alerts.yaml');
interface RulesFile {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}

/** What Prometheus would have scraped every minute, and at which minute which alerts stand. */
interface AlertCase {
  readonly alert: string;
  readonly series: Readonly<Record<string, string>>;
  readonly firesAtMinute: number;
  readonly silentAtMinute: number;
}

const up = { 'up{job="drillhouse"}': '1x60' };
const requests = (ok: string, failed: string): Readonly<Record<string, string>> => ({
  'drillhouse_http_request_duration_seconds_count{status="200",route="/api/labs"}': ok,
  'drillhouse_http_request_duration_seconds_count{status="500",route="/api/labs"}': failed,
});
const cases: readonly AlertCase[] = [
  { alert: 'DrillhouseDown', series: { 'up{job="training/drillhouse"}': '1x9 0x50' }, firesAtMinute: 13, silentAtMinute: 8 },
  { alert: 'DrillhouseDown', series: { 'up{job="drillhouse"}': '1x9 _x50' }, firesAtMinute: 20, silentAtMinute: 8 },
  {
    alert: 'DrillhouseServerDown',
    series: { 'up{job="drillhouse",instance="a"}': '1x60', 'up{job="drillhouse",instance="b"}': '1x9 0x50' },
    firesAtMinute: 16,
    silentAtMinute: 12,
  },
  {
    alert: 'DrillhouseServerCutOff',
    series: { ...up, 'drillhouse_replica_joined{instance="a"}': '1x60', 'drillhouse_replica_joined{instance="b"}': '1x9 0x50' },
    firesAtMinute: 12,
    silentAtMinute: 9,
  },
  {
    alert: 'DrillhouseNoLeader',
    series: { ...up, 'drillhouse_replica_leads{instance="a"}': '1x9 0x50', 'drillhouse_replica_leads{instance="b"}': '0x60' },
    firesAtMinute: 13,
    silentAtMinute: 9,
  },
  {
    alert: 'DrillhouseNoLeader',
    series: { ...up, 'drillhouse_replica_leads{instance="a"}': '1x60', 'drillhouse_replica_leads{instance="b"}': '0x9 1x50' },
    firesAtMinute: 13,
    silentAtMinute: 9,
  },
  {
    alert: 'DrillhouseAttemptsUnattended',
    series: {
      ...up,
      'drillhouse_attempts_unfinished{instance="a"}': '3x60',
      'drillhouse_attempts_unfinished{instance="b"}': '3x60',
      'drillhouse_attempts_attended{instance="a"}': '1x60',
      'drillhouse_attempts_attended{instance="b"}': '2x9 1x50',
    },
    firesAtMinute: 13,
    silentAtMinute: 9,
  },
  { alert: 'DrillhouseSubstrateDown', series: { ...up, drillhouse_substrate_up: '1x9 0x50' }, firesAtMinute: 13, silentAtMinute: 10 },
  {
    alert: 'DrillhouseNearlyFull',
    series: { ...up, drillhouse_sandboxes_in_use: '36x9 38x50', drillhouse_sandboxes_capacity: '40x60' },
    firesAtMinute: 16,
    silentAtMinute: 9,
  },
  { alert: 'DrillhouseErrors', series: { ...up, ...requests('0+97x60', '0x9 3+3x50') }, firesAtMinute: 22, silentAtMinute: 9 },
  {
    alert: 'DrillhouseSlow',
    series: {
      ...up,
      'drillhouse_http_request_duration_seconds_bucket{route="/api/labs",le="1"}': '0+90x60',
      'drillhouse_http_request_duration_seconds_bucket{route="/api/labs",le="5"}': '0+100x60',
      'drillhouse_http_request_duration_seconds_bucket{route="/api/labs",le="+Inf"}': '0+100x60',
    },
    firesAtMinute: 20,
    silentAtMinute: 5,
  },
  {
    alert: 'DrillhouseEventLoopLags',
    series: { ...up, nodejs_eventloop_lag_p99_seconds: '0.02x9 0.4x50' },
    firesAtMinute: 16,
    silentAtMinute: 12,
  },
  {
    alert: 'DrillhouseAttemptsBroken',
    // Two servers that each count all of them; two that broke are not three.
    series: {
      ...up,
      'drillhouse_attempts{instance="a",lab="endpoint",state="broken"}': '0x5 2x15 5x40',
      'drillhouse_attempts{instance="b",lab="endpoint",state="broken"}': '0x5 2x15 5x40',
    },
    firesAtMinute: 22,
    silentAtMinute: 18,
  },
];

describe('the alerts', () => {
  let promtool: string;
  let folder: string;
  let rules: RulesFile['groups'][number]['rules'];
  beforeAll(async () => {
    promtool = path.join(await ensurePrometheus(), 'usr/bin/promtool');
    folder = await mkdtemp(path.join(tmpdir(), 'drillhouse-alerts-'));
    rules = (parse(await readFile(rulesFile, 'utf8')) as RulesFile).groups.flatMap((group) => group.rules);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('fire when something is wrong, and not a moment before', async () => {
    const tests = cases.map(({ alert, series, firesAtMinute, silentAtMinute }) => ({
      interval: '1m',
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      // What an alert says is for people to read: only that it stands is compared.
      promql_expr_test: [
        {
          expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`,
          eval_time: `${silentAtMinute}m`,
          exp_samples: [{ labels: '{}', value: 0 }],
        },
        {
          expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`,
          eval_time: `${firesAtMinute}m`,
          exp_samples: [{ labels: '{}', value: 1 }],
        },
      ],
    }));
    const file = path.join(folder, 'tests.yaml');
    await writeFile(file, stringify({ rule_files: [rulesFile], evaluation_interval: '1m', tests }));
    const { stdout } = await promisify(execFile)(promtool, ['test', 'rules', file]);
    expect(stdout).toContain('SUCCESS');
    expect([...new Set(cases.map(({ alert }) => alert))].sort()).toEqual(rules.map(({ alert }) => alert).sort());
  });

  it('ask for nothing that the server does not tell', async () => {
    await using server = await TestServer.start();
    const told = await server.running.services.metrics.text();
    const names = new Set(rules.flatMap(({ expr }) => expr.match(/\b(?:drillhouse|nodejs)_[a-z0-9_]+/g) ?? []));
    expect(names.size).toBeGreaterThan(5);
    for (const name of names) expect(told).toContain(`# TYPE ${name.replace(/_(count|bucket)$/, '')} `);
  });
});
