import { Button } from '@mantine/core';
import { IconEye, IconPlayerPlay } from '@tabler/icons-react';
import { CopyButton } from '../parts/copy-button.tsx';
import styles from './code-block.module.css';
import type { Fence } from './fence.ts';
import { useRunCommand } from './run-command.ts';

/** A block of the instructions: run it in the terminal, copy it, or open it first if it gives something away. */
export function CodeBlock({ text, fence }: { readonly text: string; readonly fence: Fence }) {
  const body = <CodeBody text={text} fence={fence} />;
  if (!fence.reveal) return body;
  return (
    <details className={styles['reveal']}>
      <summary>
        <IconEye size={16} aria-hidden /> Show the answer
      </summary>
      {body}
    </details>
  );
}

function CodeBody({ text, fence }: { readonly text: string; readonly fence: Fence }) {
  const run = useRunCommand();
  return (
    <div className={styles['block']}>
      <pre className={styles['code']} tabIndex={0} aria-label={fence.language === null ? 'Code' : `Code, ${fence.language}`}>
        <code>{text}</code>
      </pre>
      <div className={styles['bar']}>
        {fence.run && run !== null && (
          <Button
            size="compact-xs"
            leftSection={<IconPlayerPlay size={14} aria-hidden />}
            title="Puts it into the terminal in use and presses Enter"
            onClick={() => {
              run(text);
            }}
          >
            Run
          </Button>
        )}
        <CopyButton text={text} />
        {fence.language !== null && <span className={styles['language']}>{fence.language}</span>}
      </div>
    </div>
  );
}
