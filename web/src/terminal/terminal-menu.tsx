import { ActionIcon, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import {
  IconAccessible,
  IconClipboard,
  IconCopy,
  IconDots,
  IconGauge,
  IconSearch,
  IconSelectAll,
  IconTextDecrease,
  IconTextIncrease,
} from '@tabler/icons-react';
import type { TerminalHost } from './terminal-host.ts';
import { changeFontSize, changeTerminalSettings, useTerminalSettings } from './terminal-settings.ts';

const ICON = { size: 16, 'aria-hidden': true } as const;

/** What there is to do with one terminal, and how this browser likes its terminals. */
export function TerminalMenu({ host, onSearch }: { readonly host: TerminalHost | null; readonly onSearch: () => void }) {
  const settings = useTerminalSettings();
  const tick = (on: boolean): string | null => (on ? '✓' : null);
  const paste = (): void => {
    host?.pasteFromClipboard().catch(() => {
      notifications.show({ message: 'The browser keeps the clipboard to itself here. Press Ctrl+Shift+V in the terminal instead.' });
    });
  };
  return (
    <Menu position="bottom-end" width={250}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label="More for this terminal">
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconSearch {...ICON} />} onClick={onSearch} disabled={host === null}>
          Search
        </Menu.Item>
        <Menu.Item leftSection={<IconCopy {...ICON} />} onClick={() => void host?.copySelection()} disabled={host === null}>
          Copy the selection
        </Menu.Item>
        <Menu.Item leftSection={<IconClipboard {...ICON} />} onClick={paste} disabled={host?.access !== 'write'}>
          Paste
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Letters: {settings.fontSize} px</Menu.Label>
        <Menu.Item
          closeMenuOnClick={false}
          leftSection={<IconTextIncrease {...ICON} />}
          onClick={() => {
            changeFontSize(1);
          }}
        >
          Larger letters
        </Menu.Item>
        <Menu.Item
          closeMenuOnClick={false}
          leftSection={<IconTextDecrease {...ICON} />}
          onClick={() => {
            changeFontSize(-1);
          }}
        >
          Smaller letters
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          role="menuitemcheckbox"
          aria-checked={settings.copyOnSelect}
          closeMenuOnClick={false}
          leftSection={<IconSelectAll {...ICON} />}
          rightSection={tick(settings.copyOnSelect)}
          onClick={() => {
            changeTerminalSettings({ copyOnSelect: !settings.copyOnSelect });
          }}
        >
          Copy on select
        </Menu.Item>
        <Menu.Item
          role="menuitemcheckbox"
          aria-checked={settings.screenReader}
          closeMenuOnClick={false}
          leftSection={<IconAccessible {...ICON} />}
          rightSection={tick(settings.screenReader)}
          onClick={() => {
            changeTerminalSettings({ screenReader: !settings.screenReader });
          }}
        >
          Screen reader support
        </Menu.Item>
        <Menu.Item
          role="menuitemcheckbox"
          aria-checked={settings.renderer === 'auto'}
          closeMenuOnClick={false}
          leftSection={<IconGauge {...ICON} />}
          rightSection={tick(settings.renderer === 'auto')}
          onClick={() => {
            changeTerminalSettings({ renderer: settings.renderer === 'auto' ? 'dom' : 'auto' });
          }}
        >
          Draw with graphics hardware
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
