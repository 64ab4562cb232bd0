import type { DrillScripts } from '../../../server/contract/drills.ts';
import { countOf } from '../parts/format.ts';
import styles from './drills.module.css';

/** Scripts that do not load, by the place where they are wrong. */
export function ScriptProblems({ problems }: { readonly problems: DrillScripts['problems'] }) {
  if (problems.length === 0) return null;
  return (
    <details className={styles['problems']}>
      <summary>{countOf(problems.length, 'mistake keeps', 'mistakes keep')} scripts from loading</summary>
      <ul>
        {problems.map(({ file, line, path, message, remedy }) => (
          <li key={`${file}:${line ?? 0}:${path ?? ''}:${message}`}>
            <code>
              {file}
              {line === null ? '' : `:${line}`}
            </code>{' '}
            {path === null || path === '' ? '' : `${path}: `}
            {message} {remedy}
          </li>
        ))}
      </ul>
    </details>
  );
}
