import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import express from 'express';
import { loadCatalogue } from '../catalogue.ts';
import { describeLab } from './describe-lab.ts';

export interface PreviewOptions {
  readonly slug: string;
  /** Folders of labs, the author's own first. */
  readonly dirs: readonly string[];
  /** The built pages. */
  readonly webDir: string;
  /** 0 takes any free port. */
  readonly port: number;
}

export interface RunningPreview extends AsyncDisposable {
  readonly url: string;
}

/** The pages are not there: nothing can be shown. */
export class PagesMissingError extends Error {}

/** The page's own scripts and styles, and nothing from anywhere else: a lab may come from anybody. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'";
const MAX_SEED = 100;

/** Serves one lab to its author on this machine. The lab is read anew for every look, so that what is shown is what the files say. */
export async function startPreview({ slug, dirs, webDir, port }: PreviewOptions): Promise<RunningPreview> {
  if (!existsSync(path.join(webDir, 'preview.html')))
    throw new PagesMissingError('The pages are not built yet: run `npm run build` first.');
  const app = express();
  app.disable('x-powered-by');
  app.use((request, response, next) => {
    response.set({ 'Content-Security-Policy': POLICY, 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' });
    // Another site's name that was made to point here must not read what an author has not published.
    if (/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) next();
    else response.status(403).end();
  });
  app.get('/api/preview', async (request, response) => {
    const { seed, fault } = request.query;
    const { labs, problems } = await loadCatalogue(dirs);
    const lab = labs.find(({ summary }) => summary.slug === slug);
    response.json({
      lab: lab === undefined ? null : describeLab(lab, { seed: textOr(seed, 'preview'), fault: textOr(fault, '') }),
      problems: problems.filter(({ file }) => file.startsWith(`${slug}/`)),
    });
  });
  app.get('/', (_request, response) => response.sendFile(path.join(webDir, 'preview.html')));
  app.use(express.static(webDir, { index: false, redirect: false }));
  const server = createServer(app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_SEED) : otherwise;
}
