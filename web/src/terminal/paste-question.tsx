import { Code, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { ask } from '../parts/ask.ts';
import { countOf, formatBytes } from '../parts/format.ts';
import { MAX_PASTE_BYTES, type PastePlan } from './input-plan.ts';
import styles from './terminal.module.css';

const PREVIEW_CHARACTERS = 600;

/** Many lines may be a mistake, and each of them may run as it arrives. */
export function askAboutPaste(plan: Exclude<PastePlan, { kind: 'nothing' | 'paste' }>, paste: () => void): void {
  if (plan.kind === 'too large') {
    notifications.show({
      color: 'red',
      title: `${formatBytes(plan.bytes)} is too much to paste`,
      message: `A terminal takes up to ${formatBytes(MAX_PASTE_BYTES)}. Put it into a file in smaller parts.`,
    });
    return;
  }
  ask({
    title: `Paste ${countOf(plan.lines, 'line')}?`,
    text: (
      <>
        <Text size="sm" mb="xs">
          {formatBytes(plan.bytes)} go into the terminal; lines may run as they arrive.
        </Text>
        <Code block className={styles['pastePreview'] ?? ''}>
          {plan.text.slice(0, PREVIEW_CHARACTERS)}
          {plan.text.length > PREVIEW_CHARACTERS ? '\n…' : ''}
        </Code>
      </>
    ),
    confirm: 'Paste',
    onConfirm: paste,
  });
}
