import { Group, Text, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import type { ReactNode } from 'react';
import { CopyButton } from './copy-button.tsx';

interface Secret {
  readonly title: string;
  /** Whom it is for, how long it lasts, and what to do when it is lost. */
  readonly text: ReactNode;
  /** What it is: `Link`. */
  readonly label: string;
  readonly value: string;
}

/** The only time that a secret can be seen: the server keeps nothing but its hash. A click beside the window does not lose it. */
export function showOnce({ title, text, label, value }: Secret): void {
  modals.open({
    title,
    size: 'lg',
    closeOnClickOutside: false,
    children: (
      <>
        <Text size="sm" mb="sm">
          {text}
        </Text>
        <Group align="flex-end" wrap="nowrap">
          <TextInput
            label={label}
            value={value}
            readOnly
            style={{ flex: 1 }}
            onFocus={(event) => {
              event.currentTarget.select();
            }}
            data-autofocus
          />
          <CopyButton text={value} label={`Copy the ${label.toLowerCase()}`} size="sm" variant="filled" />
        </Group>
      </>
    ),
  });
}
