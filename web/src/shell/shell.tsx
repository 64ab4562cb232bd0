import { Suspense } from 'react';
import { Outlet } from 'react-router';
import { ShellHeader } from './shell-header.tsx';
import { PageWaiting } from './page-waiting.tsx';
import { useGlobalShortcuts } from './use-global-shortcuts.ts';

/** Header and main part of every page but the lab's, which has a thin bar of its own. */
export function Shell() {
  useGlobalShortcuts();
  return (
    <>
      <a href="#main" className="dh-skip-link">
        Skip to the content
      </a>
      <ShellHeader />
      <main id="main" tabIndex={-1} style={{ flex: 1, outline: 'none' }}>
        <Suspense fallback={<PageWaiting />}>
          <Outlet />
        </Suspense>
      </main>
    </>
  );
}
