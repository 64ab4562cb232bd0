import { Button, Title, VisuallyHidden } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { ImportView } from '../../../server/contract/program.ts';
import { fetchImports, undoImport } from '../api/program-api.ts';
import { ask } from '../parts/ask.ts';
import table from '../parts/data-table.module.css';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { countOf } from '../parts/format.ts';
import { Instant } from '../parts/instant.tsx';
import { useAct } from '../parts/use-act.ts';
import { Waiting } from '../parts/waiting.tsx';
import { openImportForm } from './import-form.tsx';
import styles from './program.module.css';

export function ImportsSection() {
  const imports = useQuery({ queryKey: ['imports'], queryFn: ({ signal }) => fetchImports(signal) });
  return (
    <section className={styles['section']} aria-labelledby="imports">
      <header className={styles['sectionHead']}>
        <Title order={2} id="imports">
          Tickets and changes from elsewhere
        </Title>
        <Button size="xs" variant="default" onClick={openImportForm}>
          Import a file
        </Button>
      </header>
      {imports.isError && <ErrorNotice error={imports.error} onRetry={() => void imports.refetch()} />}
      {imports.data === undefined && !imports.isError && <Waiting what="the imports" rows={1} />}
      {imports.data?.length === 0 && (
        <EmptyState title="Nothing imported">
          Two of the six numbers come from your ticket system and your pipeline: import a CSV here, or let a program send it with a token.
        </EmptyState>
      )}
      {imports.data !== undefined && imports.data.length > 0 && (
        <div className={table['frame']}>
          <table className={table['table']}>
            <thead>
              <tr>
                <th scope="col">What</th>
                <th scope="col">Source</th>
                <th scope="col">When</th>
                <th scope="col">By</th>
                <th scope="col">
                  <VisuallyHidden>Actions</VisuallyHidden>
                </th>
              </tr>
            </thead>
            <tbody>
              {imports.data.map((one) => (
                <tr key={one.id} data-testid="import-row">
                  <td data-label="What">
                    {countOf(one.rows, one.kind === 'tickets' ? 'ticket' : 'change')}
                    {one.known > 0 && `, ${one.known} known already`}
                  </td>
                  <td data-label="Source">{one.source}</td>
                  <td data-label="When" className={table['quiet']}>
                    <Instant at={one.at} />
                  </td>
                  <td data-label="By">{one.by.name}</td>
                  <td>
                    <div className={table['actions']}>
                      <UndoButton one={one} />
                    </div>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function UndoButton({ one }: { readonly one: ImportView }) {
  const client = useQueryClient();
  const undo = useAct(undoImport, {
    onDone: () => {
      void client.invalidateQueries({ queryKey: ['imports'] });
      void client.invalidateQueries({ queryKey: ['figures'] });
      return `The import from ${one.source} is taken back.`;
    },
  });
  const confirm = (): void => {
    ask({
      title: `Take the import from ${one.source} back?`,
      text: `Its ${countOf(one.rows, 'row')} no longer count. The same file can be imported again.`,
      confirm: 'Take it back',
      danger: true,
      onConfirm: () => {
        undo.mutate(one.id);
      },
    });
  };
  return (
    <Button
      size="compact-xs"
      variant="default"
      loading={undo.isPending}
      onClick={confirm}
      aria-label={`Take the import from ${one.source} back`}
    >
      Undo
    </Button>
  );
}
