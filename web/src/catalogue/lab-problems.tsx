import type { Catalogue } from '../../../server/contract/labs.ts';
import { countOf } from '../parts/format.ts';
import styles from './catalogue.module.css';

/** Lab files that did not load, for those who can mend them: where, what, and what to do. */
export function LabProblems({ problems }: { readonly problems: Catalogue['problems'] }) {
  return (
    <section className={styles['problems']} aria-label="Labs that did not load">
      <p className={styles['problemsTitle']}>
        {countOf(problems.length, 'problem')} in lab files; the labs they belong to are left out until mended.
      </p>
      <ul>
        {problems.map((problem) => (
          <li key={`${problem.file}:${problem.line ?? 0}:${problem.message}`}>
            <code>
              {problem.file}
              {problem.line === undefined ? '' : `:${problem.line}`}
              {problem.column === undefined ? '' : `:${problem.column}`}
            </code>{' '}
            {problem.path !== undefined && <code>{problem.path}</code>} {problem.message} <em>{problem.remedy}</em>
          </li>
        ))}
      </ul>
    </section>
  );
}
