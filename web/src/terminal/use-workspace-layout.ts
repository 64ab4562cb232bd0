import { useCallback, useEffect, useState } from 'react';
import { z } from 'zod';
import { EMPTY_LAYOUT, reconcile, type WorkspaceLayout } from './workspace-layout.ts';

const paneSchema = z.object({ tabs: z.array(z.string()), selected: z.string().nullable() });
const storedSchema = z.object({
  panes: z.union([z.tuple([paneSchema]), z.tuple([paneSchema, paneSchema])]),
  active: z.union([z.literal(0), z.literal(1)]),
});

/** The arrangement of one attempt's terminals, kept for as long as the browser's tab lives, and always in step with what exists. */
export function useWorkspaceLayout(
  key: string,
  terminalIds: readonly string[],
): [WorkspaceLayout, (change: (layout: WorkspaceLayout) => WorkspaceLayout) => void] {
  const storageKey = `drillhouse.layout.${key}`;
  const [stored, setStored] = useState(() => read(storageKey));
  const layout = reconcile(stored, terminalIds);
  // Adjusted while rendering, as React has it for state that follows from props: no frame shows a terminal that is gone.
  if (layout !== stored) setStored(layout);
  useEffect(() => {
    write(storageKey, layout);
  }, [layout, storageKey]);
  const change = useCallback((by: (layout: WorkspaceLayout) => WorkspaceLayout) => {
    setStored((current) => by(current));
  }, []);
  return [layout, change];
}

function read(key: string): WorkspaceLayout {
  try {
    return storedSchema.parse(JSON.parse(sessionStorage.getItem(key) ?? ''));
  } catch {
    return EMPTY_LAYOUT;
  }
}

function write(key: string, layout: WorkspaceLayout): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(layout));
  } catch {
    // Then it is not remembered.
  }
}
