import { Kbd, Title } from '@mantine/core';
import { modals } from '@mantine/modals';
import { DESTINATIONS } from '../session/permissions.ts';
import styles from './shortcuts-map.module.css';
import { LAB_SHORTCUTS, type Shortcut } from './shortcuts.ts';

const MODAL_ID = 'shortcuts';

const GENERAL: readonly Shortcut[] = [
  { keys: ['?'], what: 'This map' },
  ...DESTINATIONS.map(({ key, label }) => ({ keys: ['g', key], what: `Go to ${label}` })),
];

export function openShortcutsMap(): void {
  modals.open({ modalId: MODAL_ID, title: 'Keyboard shortcuts', size: 'lg', children: <ShortcutsMap /> });
}

function ShortcutsMap() {
  return (
    <div className={styles['columns']}>
      <ShortcutList title="Everywhere" shortcuts={GENERAL} joint="then" />
      <ShortcutList title="In a lab" shortcuts={LAB_SHORTCUTS} joint="+" />
    </div>
  );
}

function ShortcutList({
  title,
  shortcuts,
  joint,
}: {
  readonly title: string;
  readonly shortcuts: readonly Shortcut[];
  readonly joint: string;
}) {
  return (
    <section>
      <Title order={3}>{title}</Title>
      <dl className={styles['list']}>
        {shortcuts.map(({ keys, what }) => (
          <div key={what} className={styles['row']}>
            <dt className={styles['keys']}>
              {keys.map((key, index) => (
                <span key={key + String(index)}>
                  {index > 0 && <span className={styles['joint']}> {joint} </span>}
                  <Kbd>{key}</Kbd>
                </span>
              ))}
            </dt>
            <dd className={styles['what']}>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
