import { Button, NativeSelect } from '@mantine/core';
import { IconDownload, IconFileTypePdf, IconPrinter } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Figures } from '../../../server/contract/program.ts';
import { reportPath } from '../api/insight-api.ts';
import { fetchFigures, figuresCsvPath, type FiguresOf } from '../api/program-api.ts';
import { serverNowMs } from '../api/server-clock.ts';
import { usePaperLight } from '../insight/use-paper-light.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { countOf } from '../parts/format.ts';
import { Instant } from '../parts/instant.tsx';
import { Page } from '../parts/page.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { FigureCard } from './figure-card.tsx';
import { ImportsSection } from './imports-section.tsx';
import { PlansSection } from './plans-section.tsx';
import styles from './program.module.css';

/** What a manager looks at for ten seconds: six numbers; and below, what they stand on. */
export function ProgrammePage() {
  usePaperLight();
  const [of, setOf] = useState<FiguresOf>(null);
  const figures = useQuery({
    queryKey: ['figures', of],
    queryFn: ({ signal }) => fetchFigures(of, signal),
    placeholderData: keepPreviousData,
  });
  return (
    <Page
      title="Programme"
      width="wide"
      lead={figures.data === undefined ? undefined : leadOf(figures.data)}
      actions={
        <>
          <Button
            variant="default"
            leftSection={<IconPrinter size={16} aria-hidden />}
            onClick={() => {
              window.print();
            }}
          >
            Print
          </Button>
          <Button component="a" href={reportPath(of)} download variant="default" leftSection={<IconFileTypePdf size={16} aria-hidden />}>
            Report as PDF
          </Button>
          <Button component="a" href={figuresCsvPath(of)} download variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
            Download as CSV
          </Button>
        </>
      }
    >
      {figures.isError && <ErrorNotice error={figures.error} onRetry={() => void figures.refetch()} />}
      {figures.data === undefined && !figures.isError && <Waiting what="the six numbers" rows={3} rowHeight={160} />}
      {figures.data !== undefined && <Shown figures={figures.data} of={of} onChoose={setOf} />}
      <PlansSection />
      <ImportsSection />
    </Page>
  );
}

function leadOf({ day, people }: Figures): string {
  if (day === null) return 'What ninety days of training change, in six numbers.';
  return `Day ${day} of 90; ${countOf(people, 'person', 'people')}.`;
}

interface ShownProps {
  readonly figures: Figures;
  readonly of: FiguresOf;
  readonly onChoose: (of: FiguresOf) => void;
}

function Shown({ figures, of, onChoose }: ShownProps) {
  if (figures.day === null)
    return (
      <EmptyState title="No programme has started">
        Say below when a cohort starts and what it is to do. From that day the numbers are counted.
      </EmptyState>
    );
  const options = figures.groups.map(({ by, name, label }) => ({ value: `${by}/${name}`, label: `${KINDS[by]}: ${label}` }));
  return (
    <>
      <search className={styles['filters']}>
        <NativeSelect
          size="xs"
          label="Of"
          value={of === null ? '' : `${of.by}/${of.name}`}
          onChange={(event) => {
            onChoose(figures.groups.find(({ by, name }) => `${by}/${name}` === event.currentTarget.value) ?? null);
          }}
          data={[{ value: '', label: 'Everybody' }, ...options]}
        />
      </search>
      <p className={styles['onPaper']}>
        {figures.of}, made on <Instant at={new Date(serverNowMs()).toISOString()} />.
      </p>
      <div className={styles['cards']}>
        {figures.figures.map((figure) => (
          <FigureCard key={figure.metric} figure={figure} of={of} />
        ))}
      </div>
    </>
  );
}

const KINDS = { cohort: 'Cohort', track: 'Track', team: 'Team' } as const;
