import { TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { Metrics } from '../../../server/contract/attempts.ts';
import { fetchMetrics } from '../api/attempts-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { formatNumber } from '../parts/format.ts';
import { LineChart } from './line-chart.tsx';
import { appendScrape, INFERENCE_CHARTS, seriesValues } from './metric-series.ts';
import styles from './services.module.css';

const SCRAPE_EVERY_MS = 2_000;
const MAX_ROWS = 200;

/** What the service says about itself, drawn as it comes in; every number is in the table behind. */
export function ServiceMetrics({ attemptId, service }: { readonly attemptId: string; readonly service: string }) {
  const client = useQueryClient();
  const queryKey = ['metrics', attemptId, service];
  const metrics = useQuery({
    queryKey,
    // The window grows in the cache, so that it is still there after a look at the terminals.
    queryFn: async ({ signal }): Promise<readonly Metrics[]> =>
      appendScrape(client.getQueryData<readonly Metrics[]>(queryKey) ?? [], await fetchMetrics(attemptId, service, signal)),
    refetchInterval: SCRAPE_EVERY_MS,
    structuralSharing: false,
  });
  const scrapes = useMemo(() => metrics.data ?? [], [metrics.data]);
  const charts = useMemo(
    () => ({
      times: scrapes.map((scrape) => Date.parse(scrape.at) / 1_000),
      values: INFERENCE_CHARTS.map((chart) => chart.series.map((series) => seriesValues(scrapes, series))),
    }),
    [scrapes],
  );
  if (metrics.isError && metrics.data === undefined) return <ErrorNotice error={metrics.error} onRetry={() => void metrics.refetch()} />;
  const latest = scrapes.at(-1);
  return (
    <section aria-label="Metrics">
      {latest?.ok === false && (
        <p className={styles['problem']} role="status">
          The last scrape brought nothing: {latest.reason ?? 'no reason given'}.
        </p>
      )}
      <div className={styles['charts']}>
        {INFERENCE_CHARTS.map((chart, index) => (
          <LineChart
            key={chart.title}
            title={chart.title}
            unit={chart.unit}
            labels={chart.series.map((series) => series.label)}
            times={charts.times}
            values={charts.values[index] ?? []}
          />
        ))}
      </div>
      <SampleTable samples={latest?.samples ?? []} />
    </section>
  );
}

function SampleTable({ samples }: { readonly samples: Metrics['samples'] }) {
  const [filter, setFilter] = useState('');
  const shown = samples.filter((sample) => sample.name.includes(filter.trim()));
  return (
    <details className={styles['all']}>
      <summary>All {formatNumber(samples.length)} samples</summary>
      <TextInput
        size="xs"
        aria-label="Filter the samples by name"
        placeholder="Filter by name"
        value={filter}
        onChange={(event) => {
          setFilter(event.currentTarget.value);
        }}
      />
      <table className={styles['samples']}>
        <thead>
          <tr>
            <th scope="col">Sample</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {shown.slice(0, MAX_ROWS).map((sample) => {
            const labels = Object.entries(sample.labels)
              .map(([key, value]) => `${key}="${value}"`)
              .join(',');
            return (
              <tr key={`${sample.name}{${labels}}`}>
                <td>
                  <code>
                    {sample.name}
                    {labels === '' ? '' : <span className={styles['labels']}>{`{${labels}}`}</span>}
                  </code>
                </td>
                <td className={styles['value']}>{formatNumber(sample.value, 6)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {shown.length > MAX_ROWS && <p>{formatNumber(shown.length - MAX_ROWS)} more; filter to see them.</p>}
    </details>
  );
}
