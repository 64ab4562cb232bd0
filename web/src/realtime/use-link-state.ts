import { useSyncExternalStore } from 'react';
import { getLink, type LinkState } from './link.ts';

export function useLinkState(): LinkState {
  const link = getLink();
  return useSyncExternalStore(link.watch, () => link.state);
}
