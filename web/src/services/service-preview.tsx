import { Button, TextInput, Title } from '@mantine/core';
import { useState, type SubmitEvent } from 'react';
import type { ServiceView } from '../../../server/contract/attempts.ts';
import { joinPreviewPath } from './preview-path.ts';
import styles from './services.module.css';

const USUAL_PATHS = ['/health', '/v1/models', '/metrics'] as const;

/** The service's own pages, in a frame that has none of our rights: no scripts, no cookies, no way out. */
export function ServicePreview({ service }: { readonly service: ServiceView }) {
  const [path, setPath] = useState<string>(USUAL_PATHS[0]);
  const [shown, setShown] = useState<{ path: string; turn: number }>({ path: USUAL_PATHS[0], turn: 0 });
  const show = (wanted: string): void => {
    setPath(wanted);
    setShown({ path: wanted, turn: shown.turn + 1 });
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    show(path);
  };
  return (
    <section className={styles['preview']} aria-label="Preview">
      <Title order={3}>Preview</Title>
      <form className={styles['previewBar']} onSubmit={submit}>
        <TextInput
          size="xs"
          aria-label="Path"
          value={path}
          onChange={(event) => {
            setPath(event.currentTarget.value);
          }}
        />
        <Button size="xs" variant="default" type="submit">
          Get
        </Button>
        {USUAL_PATHS.map((usual) => (
          <Button
            key={usual}
            size="xs"
            variant="subtle"
            onClick={() => {
              show(usual);
            }}
          >
            {usual}
          </Button>
        ))}
      </form>
      <iframe
        key={shown.turn}
        className={styles['frame']}
        title={`${service.title}: ${shown.path}`}
        src={joinPreviewPath(service.previewPath, shown.path)}
        sandbox=""
        referrerPolicy="no-referrer"
      />
    </section>
  );
}
