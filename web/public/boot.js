/* global window, document, sessionStorage */
// Runs before the page's own script, from a file of its own because the content security policy forbids inline script.
(function () {
  var RELOADS_KEY = 'drillhouse.boot-reloads';
  var MAX_RELOADS = 3;

  function read(storage, key) {
    try {
      return storage.getItem(key);
    } catch {
      return null;
    }
  }

  // The scheme is set before the first paint, so that a remembered dark page never flashes white. The key is that of src/shell/theme.ts.
  var chosen = read(window.localStorage, 'drillhouse.color-scheme');
  var dark = chosen === 'dark' || (chosen !== 'light' && window.matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');

  // A network that changes while the page loads (a laptop that moves, a VPN, a container bridge) fails one of its files, and a module that
  // did not load leaves nothing behind that could say so. src/main.tsx clears the count once it runs.
  function onFailedScript(event) {
    if (!(event.target instanceof window.HTMLScriptElement)) return;
    var reloads = Number(read(sessionStorage, RELOADS_KEY) || '0');
    if (reloads < MAX_RELOADS) {
      try {
        sessionStorage.setItem(RELOADS_KEY, String(reloads + 1));
        setTimeout(
          function () {
            window.location.reload();
          },
          500 * (reloads + 1),
        );
        return;
      } catch {
        // Without a count it would reload for ever.
      }
    }
    document.getElementById('root').textContent = 'Part of this page could not be loaded. Check your connection and reload it.';
  }
  window.addEventListener('error', onFailedScript, true);
})();
