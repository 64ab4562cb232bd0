import { Button, Group, Radio, Stack, Textarea, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState, type SubmitEvent } from 'react';
import { declareAiSchema, type AiPolicy } from '../../../server/contract/ai-policy.ts';
import type { AttemptView } from '../../../server/contract/attempts.ts';
import { declareAi } from '../api/accommodations-api.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useAct } from '../parts/use-act.ts';

interface Asked {
  readonly attemptId: string;
  readonly policy: AiPolicy;
  readonly onDeclared: (attempt: AttemptView) => void;
}

export function openDeclaration(asked: Asked): void {
  const modalId = modals.open({
    title: 'What did AI assistants do here?',
    children: (
      <DeclarationForm
        asked={asked}
        onDone={() => {
          modals.close(modalId);
        }}
      />
    ),
  });
}

function DeclarationForm({ asked, onDone }: { readonly asked: Asked; readonly onDone: () => void }) {
  const [used, setUsed] = useState<string | null>(null);
  const [tools, setTools] = useState('');
  const [what, setWhat] = useState('');
  const [problems, setProblems] = useState<Readonly<Record<string, string>>>({});
  const declare = useAct((declared: { tools: string[]; what: string }) => declareAi(asked.attemptId, declared), {
    onDone: (attempt) => {
      onDone();
      asked.onDeclared(attempt);
      return undefined;
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const named = tools.split(',').flatMap((tool) => (tool.trim() === '' ? [] : [tool.trim()]));
    const declared = used === 'yes' ? { tools: named, what } : { tools: [], what: '' };
    const checked = declareAiSchema.safeParse(declared);
    const missing = used === 'yes' && named.length === 0 ? { tools: 'Name at least one' } : {};
    setProblems({
      ...Object.fromEntries((checked.error?.issues ?? []).map((issue) => [String(issue.path[0]), issue.message])),
      ...missing,
    });
    if (checked.success && Object.keys(missing).length === 0) declare.mutate(checked.data);
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Radio.Group
          value={used}
          onChange={setUsed}
          label="It is kept with the attempt and changes no score. It cannot be changed afterwards."
        >
          <Stack gap="xs" mt="xs">
            <Radio value="no" label="I used none" data-autofocus />
            <Radio value="yes" label="I used one or more" />
          </Stack>
        </Radio.Group>
        {used === 'yes' && (
          <>
            <TextInput
              label="Which"
              description="Several with commas between them."
              value={tools}
              error={problems['tools']}
              onChange={(event) => {
                setTools(event.currentTarget.value);
              }}
            />
            <Textarea
              label="What for"
              rows={3}
              value={what}
              error={problems['what']}
              onChange={(event) => {
                setWhat(event.currentTarget.value);
              }}
            />
          </>
        )}
        {declare.isError && <ErrorNotice error={declare.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" loading={declare.isPending} disabled={used === null}>
            Declare it
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
