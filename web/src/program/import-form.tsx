import { Button, FileInput, Group, SegmentedControl, Stack, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ImportKind, ImportPreview } from '../../../server/contract/program.ts';
import { makeImport, previewImport } from '../api/program-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { countOf, formatInstant } from '../parts/format.ts';
import { useAct } from '../parts/use-act.ts';
import styles from './program.module.css';

const FORM = 'import';
const HEADINGS: Readonly<Record<ImportKind, string>> = { tickets: 'id,opened_at,team', changes: 'id,deployed_at,failed,team' };

export function openImportForm(): void {
  modals.open({ modalId: FORM, title: 'Import tickets or changes', size: 'lg', children: <ImportForm /> });
}

function ImportForm() {
  const client = useQueryClient();
  const [kind, setKind] = useState<ImportKind>('tickets');
  const [source, setSource] = useState('');
  const [file, setFile] = useState<File | null>(null);
  const [read, setRead] = useState<{ readonly csv: string; readonly preview: ImportPreview } | null>(null);
  const look = useAct(
    async (chosen: File) => {
      const csv = await chosen.text();
      return { csv, preview: await previewImport({ kind, source, csv }) };
    },
    {
      onDone: (found) => {
        setRead(found);
        return undefined;
      },
    },
  );
  const keep = useAct(makeImport, {
    onDone: ({ rows }) => {
      modals.close(FORM);
      void client.invalidateQueries({ queryKey: ['imports'] });
      void client.invalidateQueries({ queryKey: ['figures'] });
      return `${countOf(rows, 'row')} imported.`;
    },
  });
  /** What was read was read as something else. */
  const changed = (): void => {
    setRead(null);
  };
  const mayKeep = read !== null && read.preview.problemCount === 0 && read.preview.rows > 0;
  return (
    <Stack gap="md">
      <SegmentedControl
        aria-label="What the file holds"
        value={kind}
        onChange={(value) => {
          setKind(value);
          changed();
        }}
        data={[
          { value: 'tickets', label: 'Support tickets' },
          { value: 'changes', label: 'Changes to production' },
        ]}
      />
      <TextInput
        label="Where it is from"
        description="Such as the name of the ticket system. A row that came from there before is not counted twice."
        value={source}
        onChange={(event) => {
          setSource(event.currentTarget.value);
          changed();
        }}
        data-autofocus
      />
      <FileInput
        label="CSV file"
        description={`Its first line: ${HEADINGS[kind]}`}
        placeholder="Choose a file"
        accept=".csv,text/csv"
        clearable
        value={file}
        onChange={(chosen) => {
          setFile(chosen);
          changed();
        }}
      />
      {look.isError && <ErrorNotice error={look.error} />}
      {read !== null && <Read preview={read.preview} />}
      {keep.isError && <ErrorNotice error={keep.error} />}
      <Group justify="flex-end">
        <Button
          variant={mayKeep ? 'default' : 'filled'}
          disabled={file === null || source.trim() === ''}
          loading={look.isPending}
          onClick={() => {
            if (file !== null) look.mutate(file);
          }}
        >
          Look at it first
        </Button>
        <Button
          disabled={!mayKeep}
          loading={keep.isPending}
          onClick={() => {
            if (read !== null) keep.mutate({ kind, source, csv: read.csv });
          }}
        >
          Import
        </Button>
      </Group>
    </Stack>
  );
}

function Read({ preview }: { readonly preview: ImportPreview }) {
  const { rows, known, problems, problemCount, sample } = preview;
  return (
    <div className={styles['read']} role="status">
      {problemCount === 0 ? (
        <p>
          {countOf(rows, 'row')}, {known === 0 ? 'all of them new' : `${known} of them known already`}. The first are:
        </p>
      ) : (
        <p>
          <b>{countOf(problemCount, 'line is', 'lines are')} wrong, so nothing can be imported yet.</b> Mend them in the file and look
          again.
        </p>
      )}
      {problemCount === 0 && (
        <ul>
          {sample.map(({ id, at, team, failed }) => (
            <li key={id}>
              {[id, formatInstant(at, 'full').utc, team ?? 'no team', ...(failed === null ? [] : [failed ? 'failed' : 'went well'])].join(
                ' · ',
              )}
            </li>
          ))}
        </ul>
      )}
      <ul>
        {problems.map(({ line, message, remedy }) => (
          <li key={`${line} ${message}`}>
            <b>Line {line}.</b> {message} {remedy}
          </li>
        ))}
      </ul>
    </div>
  );
}
