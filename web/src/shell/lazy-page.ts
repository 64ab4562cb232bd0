import { lazy, type ComponentType, type LazyExoticComponent } from 'react';

const TRIES = 3;
const WAIT_MS = 700;

/**
 * A page whose code is loaded when it is opened. A network that changes under the browser (a laptop that moves, a VPN that comes up) breaks
 * one request, so it is tried again before the page gives up.
 */
export function lazyPage(load: () => Promise<ComponentType>): LazyExoticComponent<ComponentType> {
  return lazy(async () => ({ default: await loadPatiently(load) }));
}

async function loadPatiently<T>(load: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await load();
    } catch (error) {
      if (failures === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS * failures));
    }
  }
}
