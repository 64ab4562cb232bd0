/* global window, document */
// Runs before the page paints, so that a remembered dark page never flashes white. Keep the key in step with src/shell/theme.ts.
(function () {
  var chosen = 'auto';
  try {
    chosen = window.localStorage.getItem('drillhouse.color-scheme') || 'auto';
  } catch {
    // Storage may be forbidden; the system's own scheme is used then.
  }
  var dark = chosen === 'dark' || (chosen !== 'light' && window.matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
