import { ActionIcon, Button, NativeSelect, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { IconClockPlus, IconGauge, IconPlus, IconTrash } from '@tabler/icons-react';
import { useId, useState } from 'react';
import type { MeasurementRun } from '../../../server/contract/measurements.ts';
import type { ArtefactContentView, ArtefactFieldView, Artefacts } from '../../../server/contract/artefacts.ts';
import { StepMarkdown } from '../lab/step-markdown.tsx';
import styles from './artefacts.module.css';
import { addRecord, addRuns, rowsOf, textOf, type Row } from './content.ts';

interface FieldProps<Kind extends ArtefactFieldView['kind']> {
  readonly field: Extract<ArtefactFieldView, { kind: Kind }>;
  readonly content: ArtefactContentView;
  readonly onChange: (field: string, value: ArtefactContentView[string]) => void;
}

interface Props extends FieldProps<ArtefactFieldView['kind']> {
  readonly record: Artefacts['record'];
  readonly runs: readonly MeasurementRun[];
}

/** One field to be filled in. */
export function ArtefactField({ field, record, runs, ...rest }: Props) {
  switch (field.kind) {
    case 'text':
      return <TextField field={field} {...rest} />;
    case 'choice':
      return <ChoiceField field={field} {...rest} />;
    case 'table':
      return <TableField field={field} record={record} runs={runs} {...rest} />;
  }
}

function TextField({ field, content, onChange }: FieldProps<'text'>) {
  const [view, setView] = useState<'write' | 'preview'>('write');
  const id = useId();
  const text = textOf(content, field.id);
  return (
    <div className={styles['field']}>
      <div className={styles['fieldHead']}>
        <label htmlFor={id} className={styles['label']}>
          {field.label}
        </label>
        <SegmentedControl
          size="xs"
          aria-label={`${field.label}: write or preview`}
          value={view}
          onChange={setView}
          data={[
            { value: 'write', label: 'Write' },
            { value: 'preview', label: 'Preview' },
          ]}
        />
      </div>
      {field.help !== undefined && (
        <p className={styles['help']} id={`${id}-help`}>
          {field.help}
        </p>
      )}
      {view === 'write' ? (
        <Textarea
          id={id}
          aria-describedby={field.help === undefined ? undefined : `${id}-help`}
          value={text}
          autosize
          minRows={field.template === '' ? 3 : 14}
          maxRows={40}
          maxLength={20_000}
          spellCheck
          classNames={{ input: styles['writing'] ?? '' }}
          onChange={(event) => {
            onChange(field.id, event.currentTarget.value);
          }}
        />
      ) : (
        <div className={styles['preview']}>
          {text.trim() === '' ? <p className={styles['help']}>Nothing written yet.</p> : <StepMarkdown markdown={text} />}
        </div>
      )}
    </div>
  );
}

function ChoiceField({ field, content, onChange }: FieldProps<'choice'>) {
  return (
    <NativeSelect
      className={styles['field'] ?? ''}
      label={field.label}
      description={field.help}
      value={textOf(content, field.id)}
      data={[{ value: '', label: 'Choose one' }, ...field.options]}
      onChange={(event) => {
        onChange(field.id, event.currentTarget.value);
      }}
    />
  );
}

function TableField({ field, content, onChange, record, runs }: FieldProps<'table'> & Pick<Props, 'record' | 'runs'>) {
  const rows = rowsOf(content, field.id);
  const id = useId();
  const set = (next: readonly Row[]): void => {
    onChange(field.id, [...next]);
  };
  return (
    <fieldset className={styles['fieldset']} aria-describedby={field.help === undefined ? undefined : `${id}-help`}>
      <legend className={styles['label']}>{field.label}</legend>
      {field.help !== undefined && (
        <p className={styles['help']} id={`${id}-help`}>
          {field.help}
        </p>
      )}
      <ol className={styles['rows']}>
        {rows.map((row, index) => (
          <li key={index} className={styles['row']}>
            {field.columns.map((column) => (
              <TextInput
                key={column.id}
                size="xs"
                className={styles['cell'] ?? ''}
                data-column={column.id}
                aria-label={`${field.label}, row ${index + 1}: ${column.label}`}
                placeholder={column.label}
                maxLength={500}
                value={row[column.id] ?? ''}
                onChange={(event) => {
                  set(rows.with(index, { ...row, [column.id]: event.currentTarget.value }));
                }}
              />
            ))}
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`${field.label}: remove row ${index + 1}`}
              onClick={() => {
                set(rows.toSpliced(index, 1));
              }}
            >
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          </li>
        ))}
      </ol>
      <div className={styles['rowActions']}>
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          disabled={rows.length >= 60}
          onClick={() => {
            set([...rows, {}]);
          }}
        >
          Add a row
        </Button>
        {field.fromRecord && (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconClockPlus size={14} aria-hidden />}
            disabled={record.length === 0}
            title={record.length === 0 ? 'The record begins with the incident.' : undefined}
            onClick={() => {
              set(addRecord(rows, record));
            }}
          >
            Add from the record
          </Button>
        )}
        {field.fromRuns === true && (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconGauge size={14} aria-hidden />}
            disabled={runs.length === 0}
            title={runs.length === 0 ? 'Nothing was measured yet.' : undefined}
            onClick={() => {
              set(addRuns(rows, runs));
            }}
          >
            Add the measured runs
          </Button>
        )}
      </div>
    </fieldset>
  );
}
