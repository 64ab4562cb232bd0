import { ActionIcon, Tooltip, VisuallyHidden } from '@mantine/core';
import { IconGavel, IconPlayerPlay } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { Grade } from '../../../server/contract/attempts.ts';
import { ROLE_LABELS } from '../incident/role-words.ts';
import table from '../parts/data-table.module.css';
import { formatDuration } from '../parts/format.ts';
import { Instant } from '../parts/instant.tsx';
import { StatusTag } from '../parts/status-tag.tsx';
import { openOverrideForm } from '../result/override-form.tsx';
import { OUTCOMES } from '../result/result-words.ts';
import { useMe } from '../session/me.ts';
import { mayOverride } from '../session/permissions.ts';

export function GradeTable({ grades }: { readonly grades: readonly Grade[] }) {
  return (
    <div className={table['frame']}>
      <table className={table['table']}>
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">Lab</th>
            <th scope="col">Mode</th>
            <th scope="col">Outcome</th>
            <th scope="col" className={table['number']}>
              Score
            </th>
            <th scope="col" className={table['number']}>
              Restored after
            </th>
            <th scope="col" className={table['number']}>
              Hints
            </th>
            <th scope="col">Started</th>
            <th scope="col">
              <VisuallyHidden>Actions</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          {grades.map((grade) => (
            <GradeRow key={`${grade.attemptId} ${grade.person.id}`} grade={grade} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function GradeRow({ grade }: { readonly grade: Grade }) {
  const me = useMe();
  const { tone, label } = OUTCOMES[grade.outcome];
  const resultPath = `/attempts/${grade.attemptId}/result`;
  return (
    <tr data-testid="grade-row" data-person={grade.person.name}>
      <td data-label="Person">
        <span>
          <Link to={resultPath}>{grade.person.name}</Link>
          {grade.cohorts.length > 0 && <span className={table['quiet']}> {grade.cohorts.join(', ')}</span>}
        </span>
      </td>
      <td data-label="Lab">{grade.lab.title}</td>
      <td data-label="Mode">
        {grade.mode === 'guided' ? 'Guided' : 'Incident'}
        {grade.teamRole !== null && <span className={table['quiet']}> as {ROLE_LABELS[grade.teamRole].toLowerCase()}</span>}
      </td>
      <td data-label="Outcome">
        <span>
          <StatusTag tone={tone}>{label}</StatusTag>
          {grade.overridden && <span className={table['quiet']}> overridden</span>}
        </span>
      </td>
      <td data-label="Score" className={table['number']}>
        {grade.score ?? '–'}
      </td>
      <td data-label="Restored after" className={table['number']}>
        {grade.restoredAfterMs === null ? '–' : formatDuration(grade.restoredAfterMs)}
      </td>
      <td data-label="Hints" className={table['number']}>
        {grade.hintsUsed}
      </td>
      <td data-label="Started" className={table['quiet']}>
        <Instant at={grade.startedAt} />
      </td>
      <td>
        <div className={table['actions']}>
          <Tooltip label="Play the recording">
            <ActionIcon
              component={Link}
              to={`${resultPath}#recording`}
              variant="default"
              aria-label={`Play the recording of ${grade.person.name}`}
            >
              <IconPlayerPlay size={16} aria-hidden />
            </ActionIcon>
          </Tooltip>
          {mayOverride(me.role) && (
            <Tooltip label="Override the outcome">
              <ActionIcon
                variant="default"
                aria-label={`Override the outcome of ${grade.person.name}`}
                onClick={() => {
                  openOverrideForm(grade.attemptId, grade.person.name);
                }}
              >
                <IconGavel size={16} aria-hidden />
              </ActionIcon>
            </Tooltip>
          )}
        </div>
      </td>
    </tr>
  );
}
