import { Title } from '@mantine/core';
import type { ArtefactContentView, ArtefactFieldView, ArtefactView } from '../../../server/contract/artefacts.ts';
import { StepMarkdown } from '../lab/step-markdown.tsx';
import table from '../parts/data-table.module.css';
import styles from './artefacts.module.css';
import { rowsOf, textOf } from './content.ts';

/** An artefact as its readers see it. */
export function ArtefactReader({ fields, content }: Pick<ArtefactView, 'fields'> & { readonly content: ArtefactContentView }) {
  return (
    <div className={styles['reader']}>
      {fields.map((field) => (
        <section key={field.id}>
          {fields.length > 1 && (
            <Title order={3} size="h5">
              {field.label}
            </Title>
          )}
          <FieldValue field={field} content={content} />
        </section>
      ))}
    </div>
  );
}

function FieldValue({ field, content }: { readonly field: ArtefactFieldView; readonly content: ArtefactContentView }) {
  switch (field.kind) {
    case 'text': {
      const text = textOf(content, field.id);
      return text.trim() === '' ? <Nothing /> : <StepMarkdown markdown={text} />;
    }
    case 'choice': {
      const value = textOf(content, field.id);
      return value === '' ? <Nothing /> : <p>{field.options.find((option) => option.value === value)?.label ?? value}</p>;
    }
    case 'table': {
      const rows = rowsOf(content, field.id);
      return rows.length === 0 ? <Nothing /> : <Rows field={field} rows={rows} />;
    }
  }
}

function Nothing() {
  return <p className={styles['help']}>Nothing written.</p>;
}

interface RowsProps {
  readonly field: Extract<ArtefactFieldView, { kind: 'table' }>;
  readonly rows: ReturnType<typeof rowsOf>;
}

function Rows({ field, rows }: RowsProps) {
  return (
    <div className={table['frame']} tabIndex={0} role="group" aria-label={field.label}>
      <table className={table['table']}>
        <thead>
          <tr>
            {field.columns.map(({ id, label }) => (
              <th key={id} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {field.columns.map(({ id, label }) => (
                <td key={id} data-label={label}>
                  {row[id] === undefined || row[id] === '' ? '–' : row[id]}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
