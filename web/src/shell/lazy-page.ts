import { lazy, type ComponentType, type LazyExoticComponent } from 'react';
import { mayReload } from './reload-budget.ts';

/**
 * A page whose code and styles are loaded when it is opened. A network that changes under the browser (a laptop that moves, a VPN that comes
 * up), or an upgrade of the server, breaks that; trying the import again would leave out the styles, so the whole page is loaded anew.
 */
export function lazyPage(load: () => Promise<ComponentType>): LazyExoticComponent<ComponentType> {
  return lazy(async () => {
    try {
      return { default: await load() };
    } catch (error) {
      if (!mayReload(readReloadedAt(), Date.now())) throw error;
      sessionStorage.setItem(RELOADED_AT_KEY, String(Date.now()));
      window.location.reload();
      // Nothing more to show here; the reload takes over.
      return await new Promise<never>(() => undefined);
    }
  });
}

const RELOADED_AT_KEY = 'drillhouse.reloaded-at';

/** Null: never. Where storage is forbidden nothing can be counted, so it is as if it had been just now. */
function readReloadedAt(): number | null {
  try {
    const stored = sessionStorage.getItem(RELOADED_AT_KEY);
    return stored === null ? null : Number(stored);
  } catch {
    return Date.now();
  }
}
