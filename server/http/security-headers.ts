import helmet from 'helmet';
import type { RequestHandler } from 'express';

/**
 * Scripts only from our own files; `wasm-unsafe-eval` is the recording player's WebAssembly and allows no script. Styles may be inline,
 * because Mantine and xterm.js put style elements and attributes into the page at run time; they can run nothing.
 */
export function securityHeaders(https: boolean): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        workerSrc: ["'self'", 'blob:'],
        frameSrc: ["'self'"],
        manifestSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        objectSrc: ["'none'"],
      },
    },
    strictTransportSecurity: https ? { maxAge: 180 * 24 * 3600, includeSubDomains: false } : false,
    referrerPolicy: { policy: 'same-origin' },
    crossOriginEmbedderPolicy: false,
    xFrameOptions: { action: 'deny' },
  });
}

/** For what a lab's own service sends: it runs as a site of its own, without our cookies, storage or parent. */
export const PREVIEW_POLICY = "sandbox allow-scripts allow-forms; frame-ancestors 'self'";
