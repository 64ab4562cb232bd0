import { Button, VisuallyHidden } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { SandboxView, SubstrateView } from '../../../server/contract/people.ts';
import { endSandbox, fetchSandboxes } from '../api/people-api.ts';
import { Ago } from '../parts/ago.tsx';
import { ask } from '../parts/ask.ts';
import table from '../parts/data-table.module.css';
import { EmptyState } from '../parts/empty-state.tsx';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { formatBytes, formatNumber } from '../parts/format.ts';
import { Instant } from '../parts/instant.tsx';
import { Page } from '../parts/page.tsx';
import { StatusTag, type Tone } from '../parts/status-tag.tsx';
import { useAct } from '../parts/use-act.ts';
import { Waiting } from '../parts/waiting.tsx';
import styles from './admin.module.css';

const REFRESH_MS = 5_000;
const STATES: Record<SandboxView['state'], { readonly tone: Tone; readonly label: string }> = {
  provisioning: { tone: 'busy', label: 'Being set up' },
  'in use': { tone: 'pass', label: 'In use' },
  releasing: { tone: 'quiet', label: 'Being removed' },
  lost: { tone: 'fail', label: 'Lost' },
};

export function SandboxesPage() {
  const answer = useQuery({ queryKey: ['sandboxes'], queryFn: ({ signal }) => fetchSandboxes(signal), refetchInterval: REFRESH_MS });
  return (
    <Page title="Sandboxes" width="wide" lead="The clusters that run at this moment, and the ground they run on.">
      {answer.isError && <ErrorNotice error={answer.error} onRetry={() => void answer.refetch()} />}
      {answer.data === undefined && !answer.isError && <Waiting what="the sandboxes" rows={3} />}
      {answer.data !== undefined && (
        <>
          <Substrate substrate={answer.data.substrate} />
          {answer.data.sandboxes.length === 0 ? (
            <EmptyState title="No sandbox is in use">One is made when somebody starts a lab, and removed when they are done.</EmptyState>
          ) : (
            <SandboxTable sandboxes={answer.data.sandboxes} />
          )}
        </>
      )}
    </Page>
  );
}

function Substrate({ substrate }: { readonly substrate: SubstrateView }) {
  return (
    <dl className={styles['substrate']}>
      <div>
        <dt>Substrate</dt>
        <dd>
          {substrate.name} <StatusTag tone={substrate.healthy ? 'pass' : 'fail'}>{substrate.healthy ? 'Healthy' : 'Not healthy'}</StatusTag>
          {substrate.reason !== null && <span className={styles['quiet']}> {substrate.reason}</span>}
        </dd>
      </div>
      <div>
        <dt>Isolation</dt>
        <dd>
          {substrate.isolation} {!substrate.isBoundary && <StatusTag tone="warn">No security boundary</StatusTag>}
        </dd>
      </div>
      <div>
        <dt>In use</dt>
        <dd>
          {formatNumber(substrate.inUse)} of {formatNumber(substrate.capacity)}
        </dd>
      </div>
    </dl>
  );
}

function SandboxTable({ sandboxes }: { readonly sandboxes: readonly SandboxView[] }) {
  return (
    <div className={table['frame']}>
      <table className={table['table']}>
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">Lab</th>
            <th scope="col">State</th>
            <th scope="col" className={table['number']}>
              Pods
            </th>
            <th scope="col" className={table['number']}>
              Memory
            </th>
            <th scope="col">Since</th>
            <th scope="col">Kept until</th>
            <th scope="col">
              <VisuallyHidden>Actions</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          {sandboxes.map((sandbox) => (
            <SandboxRow key={sandbox.id} sandbox={sandbox} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SandboxRow({ sandbox }: { readonly sandbox: SandboxView }) {
  const { tone, label } = STATES[sandbox.state];
  return (
    <tr data-testid="sandbox-row">
      <td data-label="Person">
        {sandbox.person === null ? (
          '–'
        ) : sandbox.attemptId === null ? (
          sandbox.person.name
        ) : (
          <Link to={`/roster/${sandbox.attemptId}`}>{sandbox.person.name}</Link>
        )}
      </td>
      <td data-label="Lab">{sandbox.lab ?? '–'}</td>
      <td data-label="State">
        <span>
          <StatusTag tone={tone}>{label}</StatusTag>
        </span>
      </td>
      <td data-label="Pods" className={table['number']}>
        {sandbox.pods ?? '–'}
      </td>
      <td data-label="Memory" className={table['number']}>
        {sandbox.memoryBytes === null ? '–' : formatBytes(sandbox.memoryBytes)}
      </td>
      <td data-label="Since" className={table['quiet']}>
        <Ago at={sandbox.createdAt} />
      </td>
      <td data-label="Kept until" className={table['quiet']}>
        {sandbox.leaseEndsAt === null ? '–' : <Instant at={sandbox.leaseEndsAt} />}
      </td>
      <td>
        <div className={table['actions']}>
          <EndButton sandbox={sandbox} />
        </div>
      </td>
    </tr>
  );
}

function EndButton({ sandbox }: { readonly sandbox: SandboxView }) {
  const client = useQueryClient();
  const end = useAct(endSandbox, {
    onDone: () => {
      void client.invalidateQueries({ queryKey: ['sandboxes'] });
      return 'The sandbox is being removed.';
    },
  });
  const whose = sandbox.person?.name ?? 'nobody';
  const confirm = (): void => {
    ask({
      title: `End the sandbox of ${whose}?`,
      text: 'The cluster is removed and the attempt in it counts as ended early.',
      confirm: 'End it',
      cancel: 'Keep it',
      danger: true,
      onConfirm: () => {
        end.mutate(sandbox.id);
      },
    });
  };
  return (
    <Button
      size="compact-xs"
      variant="default"
      loading={end.isPending}
      disabled={sandbox.state === 'releasing'}
      onClick={confirm}
      aria-label={`End the sandbox of ${whose}`}
    >
      End
    </Button>
  );
}
