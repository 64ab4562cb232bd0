import { modals } from '@mantine/modals';
import { Link } from 'react-router';
import table from '../parts/data-table.module.css';
import { Instant } from '../parts/instant.tsx';

interface EvidenceLine {
  readonly key: string;
  readonly at: string;
  /** Null where it is nobody's. */
  readonly who: string | null;
  readonly what: string;
  readonly value: string;
  readonly attemptId: string | null;
}

/** What a number stands on, line by line; each attempt leads to its result. */
export function EvidenceTable({ rows }: { readonly rows: readonly EvidenceLine[] }) {
  const hasPeople = rows.some(({ who }) => who !== null);
  return (
    <div className={table['frame']}>
      <table className={table['table']}>
        <thead>
          <tr>
            <th scope="col">When</th>
            {hasPeople && <th scope="col">Who</th>}
            <th scope="col">What</th>
            <th scope="col">Counts as</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, at, who, what, value, attemptId }) => (
            <tr key={key} data-testid="evidence-row">
              <td data-label="When" className={table['whole']}>
                <Instant at={at} />
              </td>
              {hasPeople && <td data-label="Who">{who}</td>}
              <td data-label="What">
                {attemptId === null ? (
                  what
                ) : (
                  <Link
                    to={`/attempts/${attemptId}/result`}
                    onClick={() => {
                      modals.closeAll();
                    }}
                  >
                    {what}
                  </Link>
                )}
              </td>
              <td data-label="Counts as">{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
