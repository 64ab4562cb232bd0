import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `vite dev` finds the server; the built pages are served by the server itself and need none of this. */
const target = process.env['DRILLHOUSE_DEV_TARGET'] ?? 'http://127.0.0.1:7070';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // The content security policy has no `data:` for scripts, styles and fonts, so nothing may be inlined.
    assetsInlineLimit: 0,
    // The terminal and the player are over the default 500 kB; both load only with the pages that show them.
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: { '/api': target, '/preview': target, '/socket': { target, ws: true } },
  },
});
