import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { IconSend } from '@tabler/icons-react';
import { useState, type SubmitEvent } from 'react';
import {
  postStatusSchema,
  statusAudienceSchema,
  statusKindSchema,
  type PostStatus,
  type StatusUpdateView,
} from '../../../server/contract/incidents.ts';
import type { AttemptRight } from '../../../server/contract/teams.ts';
import { useAct } from '../parts/use-act.ts';
import styles from './incident.module.css';
import { AUDIENCE_LABELS, KIND_LABELS } from './role-words.ts';
import { suggestKind } from './status-plan.ts';

const NEXT_MINUTES = [5, 10, 15, 20] as const;
const NO_NEXT = '';

interface Props {
  /** Sends it; of an attempt or of a drill. */
  readonly send: (update: PostStatus) => Promise<Pick<StatusUpdateView, 'seq'>>;
  readonly updates: readonly StatusUpdateView[];
  readonly rights: ReadonlySet<AttemptRight>;
}

/** One word to others. What was sent stays as it was sent. */
export function StatusForm({ send, updates, rights }: Props) {
  const suggested = suggestKind(updates);
  const [kind, setKind] = useState<string | null>(null);
  const [audience, setAudience] = useState<string>(rights.has('status-users') ? 'users' : 'internal');
  const [text, setText] = useState('');
  const [impact, setImpact] = useState('');
  const [scope, setScope] = useState('');
  const [next, setNext] = useState<string | null>(null);
  const [corrects, setCorrects] = useState('');
  const [problem, setProblem] = useState<string | undefined>();
  const chosenKind = kind ?? suggested;
  const chosenNext = next ?? (chosenKind === 'resolved' ? NO_NEXT : '15');
  const post = useAct(send, {
    onDone: ({ seq }) => {
      setKind(null);
      setText('');
      setScope('');
      setNext(null);
      setCorrects('');
      return `Update ${seq} is out.`;
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const checked = postStatusSchema.safeParse({
      kind: chosenKind,
      audience,
      text,
      impact,
      scope,
      nextInMinutes: chosenNext === NO_NEXT ? null : Number(chosenNext),
      corrects: corrects === '' ? null : Number(corrects),
    });
    setProblem(checked.success ? undefined : checked.error.issues[0]?.message);
    if (checked.success) post.mutate(checked.data);
  };
  return (
    <form onSubmit={submit} noValidate className={styles['form']} aria-label="Write a status update">
      <div className={styles['pair']}>
        <NativeSelect
          label="Kind"
          value={chosenKind}
          onChange={(event) => {
            setKind(event.currentTarget.value);
          }}
          data={statusKindSchema.options.map((value) => ({ value, label: KIND_LABELS[value] }))}
        />
        <NativeSelect
          label="To"
          value={audience}
          onChange={(event) => {
            setAudience(event.currentTarget.value);
          }}
          data={statusAudienceSchema.options
            .filter((value) => rights.has(value === 'users' ? 'status-users' : 'status-internal'))
            .map((value) => ({ value, label: AUDIENCE_LABELS[value] }))}
        />
        <NativeSelect
          label="Next word in"
          value={chosenNext}
          onChange={(event) => {
            setNext(event.currentTarget.value);
          }}
          data={[
            ...NEXT_MINUTES.map((minutes) => ({ value: String(minutes), label: `${minutes} minutes` })),
            { value: NO_NEXT, label: 'No further word' },
          ]}
        />
        {updates.length > 0 && (
          <NativeSelect
            label="Corrects"
            value={corrects}
            onChange={(event) => {
              setCorrects(event.currentTarget.value);
            }}
            data={[
              { value: '', label: 'Nothing' },
              ...updates.map(({ seq, kind: of }) => ({ value: String(seq), label: `Update ${seq}, ${KIND_LABELS[of].toLowerCase()}` })),
            ]}
          />
        )}
      </div>
      <Textarea
        label="What is going on"
        placeholder="We have taken the case and look for the cause."
        autosize={false}
        rows={3}
        value={text}
        error={problem}
        onChange={(event) => {
          setText(event.currentTarget.value);
        }}
      />
      <TextInput
        label="Impact"
        placeholder="What people cannot do, and what to do meanwhile"
        value={impact}
        onChange={(event) => {
          setImpact(event.currentTarget.value);
        }}
      />
      <TextInput
        label="Who is affected"
        placeholder="Who is, who is not, since when"
        value={scope}
        onChange={(event) => {
          setScope(event.currentTarget.value);
        }}
      />
      <div className={styles['send']}>
        <p className={styles['quiet']}>It cannot be edited afterwards; another one can correct it. No keys, no names.</p>
        <Button type="submit" loading={post.isPending} leftSection={<IconSend size={16} aria-hidden />}>
          Send
        </Button>
      </div>
    </form>
  );
}
