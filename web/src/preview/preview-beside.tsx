import { Title } from '@mantine/core';
import type { PreviewLab } from '../../../server/contract/preview.ts';
import { ArtefactReader } from '../artefacts/artefact-reader.tsx';
import table from '../parts/data-table.module.css';
import styles from './preview.module.css';

/** What a trainee does not see: the variant's values, every check of the verdict, and examples of what is to be written. */
export function PreviewBeside({ lab }: { readonly lab: PreviewLab }) {
  return (
    <aside className={styles['beside']} aria-label="For authors">
      <Title order={2} size="h4">
        Variant
      </Title>
      <dl className={styles['values']}>
        {Object.entries(lab.values).map(([name, value]) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Title order={2} size="h4">
        Verdict
      </Title>
      <div className={table['frame']} tabIndex={0} role="group" aria-label="Checks of the verdict">
        <table className={table['table']}>
          <thead>
            <tr>
              <th scope="col">Check</th>
              <th scope="col">Kind</th>
              <th scope="col" className={table['number']}>
                Weight
              </th>
              <th scope="col">Marks</th>
            </tr>
          </thead>
          <tbody>
            {lab.verdict.map((check) => (
              <tr key={check.id}>
                <td data-label="Check">{check.title}</td>
                <td data-label="Kind">{check.kind}</td>
                <td data-label="Weight" className={table['number']}>
                  {check.weight}
                </td>
                <td data-label="Marks">{[check.critical && 'critical', check.hidden && 'hidden'].filter(Boolean).join(', ') || '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {lab.artefacts.map(({ id, title, purpose, fields, example }) => (
        <section key={id}>
          <Title order={2} size="h4">
            {title}, the example
          </Title>
          <p>{purpose}</p>
          <ArtefactReader fields={fields} content={example} />
        </section>
      ))}
    </aside>
  );
}
