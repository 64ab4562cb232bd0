import { useSyncExternalStore } from 'react';
import { z } from 'zod';

const settingsSchema = z.object({
  fontSize: z.int().min(8).max(28).catch(14),
  copyOnSelect: z.boolean().catch(true),
  /** Keeps what the terminal shows as text for screen readers; costs speed, so it is off unless asked for. */
  screenReader: z.boolean().catch(false),
  /** `dom` where a graphics driver draws wrongly. */
  renderer: z.enum(['auto', 'dom']).catch('auto'),
});
export type TerminalSettings = z.infer<typeof settingsSchema>;

export const FONT_SIZES = { smallest: 8, largest: 28, usual: 14 } as const;
const STORAGE_KEY = 'drillhouse.terminal';
const watchers = new Set<() => void>();
let settings: TerminalSettings = readSettings();

/** Remembered in this browser; anything unreadable falls back setting by setting. */
function readSettings(): TerminalSettings {
  let stored: unknown = {};
  try {
    stored = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}');
  } catch {
    // Forbidden storage or someone else's text: the usual settings do.
  }
  return settingsSchema.parse(typeof stored === 'object' && stored !== null ? stored : {});
}

export function getTerminalSettings(): TerminalSettings {
  return settings;
}

export function changeTerminalSettings(change: Partial<TerminalSettings>): void {
  settings = settingsSchema.parse({ ...settings, ...change });
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(settings));
  } catch {
    // Then they last as long as the page.
  }
  for (const watcher of watchers) watcher();
}

export function changeFontSize(delta: number | 'reset'): void {
  const wanted = delta === 'reset' ? FONT_SIZES.usual : settings.fontSize + delta;
  changeTerminalSettings({ fontSize: Math.min(FONT_SIZES.largest, Math.max(FONT_SIZES.smallest, wanted)) });
}

export function watchTerminalSettings(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => {
    watchers.delete(watcher);
  };
}

export function useTerminalSettings(): TerminalSettings {
  return useSyncExternalStore(watchTerminalSettings, getTerminalSettings);
}
