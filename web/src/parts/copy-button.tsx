import { Button, type ButtonProps } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useState } from 'react';
import { copyText } from './copy-text.ts';

interface Props extends Pick<ButtonProps, 'size' | 'variant'> {
  readonly text: string;
  readonly label?: string;
}

export function CopyButton({ text, label = 'Copy', size = 'compact-xs', variant = 'default' }: Props) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    const done = await copyText(text);
    setCopied(done);
    if (!done)
      notifications.show({ color: 'red', message: 'The browser does not allow copying here. Select the text and copy it yourself.' });
  };
  return (
    <Button
      size={size}
      variant={variant}
      leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
      onClick={() => void copy()}
    >
      <span aria-live="polite">{copied ? 'Copied' : label}</span>
    </Button>
  );
}
