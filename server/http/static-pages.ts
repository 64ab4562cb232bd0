import { existsSync } from 'node:fs';
import path from 'node:path';
import express, { Router, type Request, type Response } from 'express';

const A_YEAR_MS = 365 * 24 * 3_600_000;

/**
 * The built pages. Vite names assets by their content, so those are kept for good; index.html, which names them, is asked for every
 * time. Any other address that a person may have typed or kept gets index.html: the page's own router knows it.
 */
export function staticPages(webDir: string): Router {
  const router = Router();
  const index = path.join(webDir, 'index.html');
  router.use(
    '/assets',
    express.static(path.join(webDir, 'assets'), {
      immutable: true,
      maxAge: A_YEAR_MS,
      index: false,
      fallthrough: false,
      dotfiles: 'ignore',
    }),
  );
  router.use(express.static(webDir, { index: false, dotfiles: 'ignore', maxAge: 0 }));
  router.get('/{*any}', (request: Request, response: Response) => {
    response.set('Cache-Control', 'no-cache');
    if (request.accepts('html') === false) response.status(404).end();
    else if (existsSync(index)) response.sendFile(index, { dotfiles: 'allow' });
    else response.status(503).type('text/plain').send('The pages are not built yet: run npm start, or npm run build.\n');
  });
  return router;
}
