import { Group, Text, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import type { Invitation } from '../../../server/contract/people.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { Instant } from '../parts/instant.tsx';

/** The only time that the link can be seen: the server keeps nothing but its hash. */
export function openInvitationLink({ person, link, expiresAt }: Invitation): void {
  modals.open({
    title: `Link for ${person.name}`,
    size: 'lg',
    closeOnClickOutside: false,
    children: (
      <>
        <Text size="sm" mb="sm">
          Send it to {person.email}. It is shown only now, works once, and ends <Instant at={expiresAt} />. If it is lost, make a new one.
        </Text>
        <Group align="flex-end" wrap="nowrap">
          <TextInput
            label="Link"
            value={link}
            readOnly
            style={{ flex: 1 }}
            onFocus={(event) => {
              event.currentTarget.select();
            }}
            data-autofocus
          />
          <CopyButton text={link} label="Copy the link" size="sm" variant="filled" />
        </Group>
      </>
    ),
  });
}
