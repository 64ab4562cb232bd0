import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ServiceView } from '../../../server/contract/attempts.ts';
import { fetchServices } from '../api/attempts-api.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { StatusTag, type Tone } from '../parts/status-tag.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { ServiceMetrics } from './service-metrics.tsx';
import { ServicePreview } from './service-preview.tsx';
import styles from './services.module.css';

const HEALTH: Record<ServiceView['health'], { readonly tone: Tone; readonly label: string }> = {
  healthy: { tone: 'pass', label: 'Healthy' },
  unhealthy: { tone: 'fail', label: 'Unhealthy' },
  unreachable: { tone: 'fail', label: 'Unreachable' },
  absent: { tone: 'quiet', label: 'Not there yet' },
};
const REFRESH_MS = 4_000;

/** The lab's services as somebody beside the cluster sees them: health, live metrics, their own pages. */
export function ServicesTab({ attemptId }: { readonly attemptId: string }) {
  const services = useQuery({
    queryKey: ['services', attemptId],
    queryFn: ({ signal }) => fetchServices(attemptId, signal),
    refetchInterval: REFRESH_MS,
  });
  const [chosen, setChosen] = useState<string | null>(null);
  return (
    <div className={styles['tab']}>
      {services.isError && <ErrorNotice error={services.error} onRetry={() => void services.refetch()} />}
      {services.data === undefined && !services.isError && <Waiting what="the services" rows={2} rowHeight={120} />}
      {services.data?.length === 0 && (
        <EmptyState title="This lab has no services to show">What it deploys is reached from the terminal.</EmptyState>
      )}
      {services.data !== undefined && services.data.length > 0 && (
        <Service attemptId={attemptId} services={services.data} chosen={chosen} onChoose={setChosen} />
      )}
    </div>
  );
}

interface ServiceProps {
  readonly attemptId: string;
  readonly services: readonly ServiceView[];
  readonly chosen: string | null;
  readonly onChoose: (name: string) => void;
}

function Service({ attemptId, services, chosen, onChoose }: ServiceProps) {
  const service = services.find(({ name }) => name === chosen) ?? services[0];
  if (service === undefined) return null;
  const { tone, label } = HEALTH[service.health];
  return (
    <>
      <header className={styles['head']} data-testid="service" data-health={service.health}>
        {services.length > 1 ? (
          <NativeSelect
            size="xs"
            aria-label="Service"
            value={service.name}
            data={services.map(({ name, title }) => ({ value: name, label: title }))}
            onChange={(event) => {
              onChoose(event.currentTarget.value);
            }}
          />
        ) : (
          <h2 className={styles['name']}>{service.title}</h2>
        )}
        <StatusTag tone={tone}>{label}</StatusTag>
        <span className={styles['seen']}>{service.seen}</span>
        <code className={styles['address']}>
          {service.name}.{service.namespace}:{service.port}
        </code>
      </header>
      {service.hasMetrics && <ServiceMetrics key={service.name} attemptId={attemptId} service={service.name} />}
      <ServicePreview key={service.previewPath} service={service} />
    </>
  );
}
