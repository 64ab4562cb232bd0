import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Where `vite dev` finds the server; the built pages are served by the server itself and need none of this. */
const target = process.env['DRILLHOUSE_DEV_TARGET'] ?? 'http://127.0.0.1:7070';

/** Below this a compressed file saves less than its headers cost. */
const COMPRESS_FROM_BYTES = 1_024;

/** Writes `x.js.br` and `x.js.gz` beside every script and style, so that the server compresses nothing while people wait. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      for (const [fileName, output] of Object.entries(bundle)) {
        const source = output.type === 'chunk' ? output.code : output.source;
        if (!/\.(js|css)$/.test(fileName) || source.length < COMPRESS_FROM_BYTES) continue;
        const br = brotliCompressSync(source, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
        this.emitFile({ type: 'asset', fileName: `${fileName}.br`, source: br });
        this.emitFile({ type: 'asset', fileName: `${fileName}.gz`, source: gzipSync(source, { level: 9 }) });
      }
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), precompress()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    // The second page shows a lab to its author: `npm run lab -- preview`.
    rolldownOptions: { input: ['index.html', 'preview.html'].map((page) => `${import.meta.dirname}/${page}`) },
    target: 'es2022',
    // The content security policy has no `data:` for scripts, styles and fonts, so nothing may be inlined.
    assetsInlineLimit: 0,
    // The terminal and the player are over the default 500 kB; both load only with the pages that show them.
    chunkSizeWarningLimit: 720,
  },
  server: {
    proxy: { '/api': target, '/preview': target, '/socket': { target, ws: true } },
  },
});
