import { lazy, type ComponentType, type LazyExoticComponent } from 'react';
import { ApiError } from '../api/api-error.ts';
import { planReload, type Reloads } from './reload-plan.ts';

/**
 * A page, or a part of one, whose code and styles are loaded when it is first shown. A network that changes under the browser (a laptop that moves, a VPN that
 * comes up), or an upgrade of the server, breaks that; trying the import again would leave out the styles, so the whole page is loaded anew. What goes on
 * failing is shown as an error.
 */
export function lazyComponent<Props>(load: () => Promise<ComponentType<Props>>): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => {
    try {
      return { default: await load() };
    } catch (error) {
      if (!reloadSoon())
        throw new ApiError('Unreachable', 'A part of this page could not be loaded.', {
          remedy: 'Check your connection and reload the page. Your work in the sandbox goes on meanwhile.',
          cause: error,
        });
      // Nothing more to show here; the reload takes over.
      return await new Promise<never>(() => undefined);
    }
  });
}

const RELOADS_KEY = 'drillhouse.reloads';
let reloading: ReturnType<typeof setTimeout> | undefined;

/** @returns false where that was done too often in a row, or cannot be counted because storage is forbidden */
function reloadSoon(): boolean {
  if (reloading !== undefined) return true;
  try {
    const plan = planReload(JSON.parse(sessionStorage.getItem(RELOADS_KEY) ?? 'null') as Reloads | null, Date.now());
    if (plan === undefined) return false;
    sessionStorage.setItem(RELOADS_KEY, JSON.stringify(plan.next));
    reloading = setTimeout(() => {
      window.location.reload();
    }, plan.afterMs);
    return true;
  } catch {
    return false;
  }
}
