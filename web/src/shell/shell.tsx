import { Suspense, useEffect, useRef } from 'react';
import { Outlet, useLocation } from 'react-router';
import { ShellHeader } from './shell-header.tsx';
import { PageWaiting } from './page-waiting.tsx';
import { useGlobalShortcuts } from './use-global-shortcuts.ts';

/** Header and main part of every page but the lab's, which has a thin bar of its own. */
export function Shell() {
  useGlobalShortcuts();
  useFocusOnArrival();
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

/** After a link was followed, the keyboard begins at the new page and not where the old one was. */
function useFocusOnArrival(): void {
  const { pathname } = useLocation();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    window.scrollTo(0, 0);
    document.getElementById('main')?.focus({ preventScroll: true });
  }, [pathname]);
}
