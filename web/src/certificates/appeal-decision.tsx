import { Button, Group, NativeSelect, SegmentedControl, Text, Textarea } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState, type SubmitEvent } from 'react';
import {
  checkCorrectionSchema,
  decideAppealSchema,
  type AppealView,
  type CheckCorrection,
} from '../../../server/contract/certification.ts';
import { decideAppeal } from '../api/certificates-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useAct } from '../parts/use-act.ts';
import styles from './certificates.module.css';
import { useCertificateChange } from './use-certificate-change.ts';

export function openAppealDecision(appeal: AppealView): void {
  const modalId = modals.open({
    title: `The appeal of ${appeal.person.name}`,
    size: 'lg',
    children: (
      <AppealDecision
        appeal={appeal}
        onDone={() => {
          modals.close(modalId);
        }}
      />
    ),
  });
}

type Corrections = Readonly<Record<string, CheckCorrection>>;

/** Lets the verdict stand, or judges it again from what was kept: which check counts as what, and why. */
function AppealDecision({ appeal, onDone }: { readonly appeal: AppealView; readonly onDone: () => void }) {
  const changed = useCertificateChange();
  const [decision, setDecision] = useState<'upheld' | 'regrade'>('upheld');
  const [answer, setAnswer] = useState('');
  const [corrections, setCorrections] = useState<Corrections>({});
  const [problem, setProblem] = useState<string | undefined>();
  const decide = useAct((given: Parameters<typeof decideAppeal>[1]) => decideAppeal(appeal.id, given), {
    onDone: (decided) => {
      changed();
      onDone();
      return decided.outcome === null ? 'The verdict stands.' : `Judged again: ${decided.outcome}.`;
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const checked = decideAppealSchema.safeParse(decision === 'upheld' ? { decision, answer } : { decision, answer, corrections });
    setProblem(checked.error?.issues[0]?.message);
    if (checked.success) decide.mutate(checked.data);
  };
  return (
    <form onSubmit={submit} noValidate className={styles['form']}>
      <Text size="sm" className={styles['words'] ?? ''}>
        {appeal.reason}
      </Text>
      <SegmentedControl
        fullWidth
        aria-label="Decision"
        value={decision}
        onChange={setDecision}
        data={[
          { value: 'upheld', label: 'The verdict stands' },
          { value: 'regrade', label: 'Judge it again' },
        ]}
      />
      {decision === 'regrade' && <CorrectionList appeal={appeal} corrections={corrections} onChange={setCorrections} />}
      <Textarea
        label="Answer"
        description="The person reads it. At least 10 characters."
        rows={3}
        value={answer}
        error={problem}
        onChange={(event) => {
          setAnswer(event.currentTarget.value);
        }}
      />
      {decide.isError && <ErrorNotice error={decide.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button type="submit" loading={decide.isPending}>
          Put on record
        </Button>
      </Group>
    </form>
  );
}

interface CorrectionProps {
  readonly appeal: AppealView;
  readonly corrections: Corrections;
  readonly onChange: (corrections: Corrections) => void;
}

function CorrectionList({ appeal, corrections, onChange }: CorrectionProps) {
  const choose = (checkId: string, chosen: string): void => {
    const others = Object.entries(corrections).filter(([id]) => id !== checkId);
    const correction = checkCorrectionSchema.safeParse(chosen).data;
    onChange(Object.fromEntries(correction === undefined ? others : [...others, [checkId, correction]]));
  };
  if (appeal.checks.length === 0) return <Text size="sm">No check was made, so there is nothing to judge again.</Text>;
  return (
    <ul className={styles['corrections']}>
      {appeal.checks.map((check) => (
        <li key={check.id} className={styles['correction']}>
          <p>
            {check.title}{' '}
            <span className={styles['quiet']}>
              {check.critical ? 'critical, ' : ''}weight {check.weight}
            </span>
          </p>
          {check.reason !== null && <p className={styles['quiet']}>{check.reason}</p>}
          <NativeSelect
            label={`Counts as: ${check.title}`}
            value={corrections[check.id] ?? ''}
            onChange={(event) => {
              choose(check.id, event.currentTarget.value);
            }}
            data={[
              { value: '', label: `As judged: ${check.verdict}` },
              { value: 'pass', label: 'Passed' },
              { value: 'fail', label: 'Failed' },
              { value: 'leave out', label: 'Left out' },
            ]}
          />
        </li>
      ))}
    </ul>
  );
}
