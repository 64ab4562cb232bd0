import { Button, Group, Textarea, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { submitImprovementSchema, type Improvement } from '../../../server/contract/certification.ts';
import { submitImprovement, type ImprovementDraft } from '../api/certificates-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useAct } from '../parts/use-act.ts';
import styles from './certificates.module.css';

/** @param improvement what was sent back; null for a new one */
export function openImprovementForm(improvement: Improvement | null): void {
  const modalId = modals.open({
    title: improvement === null ? 'A small improvement in production' : 'Submit it again',
    size: 'lg',
    children: (
      <ImprovementForm
        improvement={improvement}
        onDone={() => {
          modals.close(modalId);
        }}
      />
    ),
  });
}

type Field = 'title' | 'what' | 'effect' | 'links';
type Texts = Readonly<Record<Field, string>>;

function ImprovementForm({ improvement, onDone }: { readonly improvement: Improvement | null; readonly onDone: () => void }) {
  const client = useQueryClient();
  const [texts, setTexts] = useState<Texts>({
    title: improvement?.title ?? '',
    what: improvement?.what ?? '',
    effect: improvement?.effect ?? '',
    links: improvement?.links.join('\n') ?? '',
  });
  const [problems, setProblems] = useState<ReadonlyMap<string, string>>(new Map());
  const send = useAct((draft: ImprovementDraft) => submitImprovement(improvement?.id ?? null, draft), {
    onDone: () => {
      void client.invalidateQueries({ queryKey: ['improvements'] });
      void client.invalidateQueries({ queryKey: ['certificates'] });
      onDone();
      return 'It is submitted. A manager looks at it.';
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const links = texts.links.split(/\s+/).filter((link) => link !== '');
    const checked = submitImprovementSchema.safeParse({ ...texts, links });
    setProblems(new Map((checked.error?.issues ?? []).map((issue) => [String(issue.path[0]), issue.message])));
    if (checked.success) send.mutate(checked.data);
  };
  const fieldOf = (field: Field) => ({
    value: texts[field],
    error: problems.get(field),
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => {
      const { value } = event.currentTarget;
      setTexts((before) => ({ ...before, [field]: value }));
    },
  });
  return (
    <form onSubmit={submit} noValidate className={styles['form']}>
      <TextInput label="Title" {...fieldOf('title')} data-autofocus />
      <Textarea label="What was changed" description="And why. No secrets, no names of customers." rows={4} {...fieldOf('what')} />
      <Textarea label="What it changed" description="Measured: before, after, over how long." rows={3} {...fieldOf('effect')} />
      <Textarea
        label="Where it can be seen"
        description="One link a line, at most five: the change, the dashboard."
        rows={2}
        {...fieldOf('links')}
      />
      {send.isError && <ErrorNotice error={send.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button type="submit" loading={send.isPending}>
          Submit
        </Button>
      </Group>
    </form>
  );
}
