import { Button, MultiSelect, Select, Stack, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { createTokenSchema, tokenAreas } from '../../../server/contract/tokens.ts';
import { createToken } from '../api/tokens-api.ts';
import { Instant } from '../parts/instant.tsx';
import { showOnce } from '../parts/shown-once.tsx';
import { useAct } from '../parts/use-act.ts';

const FORM = 'new-token';
const SCOPES = tokenAreas.flatMap((area) => [`${area}:read`, `${area}:write`]);
const LIFETIMES = [
  { value: '7', label: 'A week' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
];

export function openNewToken(): void {
  modals.open({ modalId: FORM, title: 'New API token', children: <NewTokenForm /> });
}

function NewTokenForm() {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<string[]>([]);
  const [days, setDays] = useState('90');
  const [problems, setProblems] = useState<Readonly<Record<string, string>>>({});
  const create = useAct(createToken, {
    onDone: ({ token, secret }) => {
      modals.close(FORM);
      void client.invalidateQueries({ queryKey: ['tokens'] });
      showOnce({
        title: `Token ${token.name}`,
        label: 'Token',
        value: secret,
        text: (
          <>
            Put it where your program keeps its secrets. It is shown only now, and ends <Instant at={token.expiresAt} />. If it is lost or
            gets known, revoke it and make a new one.
          </>
        ),
      });
      return undefined;
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const checked = createTokenSchema.safeParse({ name, scopes, expiresInDays: Number(days) });
    setProblems(Object.fromEntries((checked.error?.issues ?? []).map((issue) => [String(issue.path[0]), issue.message])));
    if (checked.success) create.mutate(checked.data);
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <TextInput
          label="Name"
          description="Which program has it, so that you know it again."
          value={name}
          error={problems['name']}
          onChange={(event) => {
            setName(event.currentTarget.value);
          }}
          data-autofocus
        />
        <MultiSelect
          label="What it may do"
          description="Never more than you may yourself. Choose as little as will do."
          data={SCOPES}
          value={scopes}
          error={problems['scopes']}
          onChange={setScopes}
          searchable
          hidePickedOptions
        />
        <Select
          label="Ends after"
          data={LIFETIMES}
          value={days}
          onChange={(value) => {
            if (value !== null) setDays(value);
          }}
          allowDeselect={false}
        />
        <Button type="submit" loading={create.isPending}>
          Make the token
        </Button>
      </Stack>
    </form>
  );
}
