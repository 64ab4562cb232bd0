import { Button, Group, NativeSelect, Stack } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { aiPolicySchema, type AiRules } from '../../../server/contract/ai-policy.ts';
import type { LabView } from '../../../server/contract/labs.ts';
import type { Cohort } from '../../../server/contract/people.ts';
import { fetchAiRules, saveAiRules } from '../api/accommodations-api.ts';
import { fetchCatalogue } from '../api/attempts-api.ts';
import { AI_WORDS } from '../lab/ai-words.ts';
import { ErrorNotice } from '../parts/error-notice.tsx';
import { useAct } from '../parts/use-act.ts';
import { Waiting } from '../parts/waiting.tsx';

const FORM = 'ai-rules';
const UNSAID = '';

export function openAiRules(cohort: Pick<Cohort, 'id' | 'name'>): void {
  modals.open({ modalId: FORM, title: `AI assistants in ${cohort.name}`, children: <AiRulesForm cohortId={cohort.id} /> });
}

function AiRulesForm({ cohortId }: { readonly cohortId: string }) {
  const rules = useQuery({ queryKey: ['ai-rules', cohortId], queryFn: ({ signal }) => fetchAiRules(cohortId, signal), staleTime: 0 });
  const catalogue = useQuery({ queryKey: ['labs'], queryFn: ({ signal }) => fetchCatalogue(signal) });
  const error = rules.error ?? catalogue.error;
  if (error !== null) return <ErrorNotice error={error} onRetry={() => void rules.refetch()} />;
  if (rules.data === undefined || catalogue.data === undefined) return <Waiting what="the rules" rows={3} />;
  return <Fields cohortId={cohortId} rules={rules.data} labs={catalogue.data.labs} />;
}

interface FieldsProps {
  readonly cohortId: string;
  readonly rules: AiRules;
  readonly labs: readonly LabView[];
}

/** One rule for all labs, and one for each that is to differ. */
function Fields({ cohortId, rules, labs }: FieldsProps) {
  const client = useQueryClient();
  const [chosen, setChosen] = useState<Readonly<Record<string, string>>>(
    Object.fromEntries(rules.rules.map(({ lab, policy }) => [lab ?? UNSAID, policy])),
  );
  const save = useAct((wanted: AiRules) => saveAiRules(cohortId, wanted), {
    onDone: () => {
      modals.close(FORM);
      void client.invalidateQueries({ queryKey: ['ai-rules', cohortId] });
      void client.invalidateQueries({ queryKey: ['labs'] });
      return 'It holds for what is started from now on.';
    },
  });
  const select = (slug: string, label: string, unsaid: string) => (
    <NativeSelect
      key={slug}
      label={label}
      value={chosen[slug] ?? UNSAID}
      data={[{ value: UNSAID, label: unsaid }, ...aiPolicySchema.options.map((value) => ({ value, label: AI_WORDS[value].label }))]}
      onChange={(event) => {
        setChosen({ ...chosen, [slug]: event.currentTarget.value });
      }}
    />
  );
  const submit = (): void => {
    const entries = Object.entries(chosen).filter(([, policy]) => policy !== UNSAID);
    save.mutate({ rules: entries.map(([slug, policy]) => ({ lab: slug === UNSAID ? null : slug, policy: aiPolicySchema.parse(policy) })) });
  };
  return (
    <Stack gap="sm">
      {select(UNSAID, 'All labs', 'As each lab says')}
      {labs.map(({ slug, title }) => select(slug, title, 'As above'))}
      {save.isError && <ErrorNotice error={save.error} />}
      <Group justify="flex-end">
        <Button loading={save.isPending} onClick={submit}>
          Save
        </Button>
      </Group>
    </Stack>
  );
}
