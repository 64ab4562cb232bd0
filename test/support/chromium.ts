import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContext } from 'playwright-core';
import { addWitness } from './witnesses.ts';

const executables = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The machine's own Chromium; undefined where there is none (`npm run setup` installs it on Debian). */
export function findChromium(): string | undefined {
  return executables.find((file) => existsSync(file));
}

export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('No Chromium found: on Debian as root, `npm run setup` installs it.');
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const errors: string[] = [];
  browser.on('context', (context) => {
    keepErrors(context, errors);
  });
  const witness = addWitness(() => describePages(browser, errors));
  browser.once('disconnected', () => {
    witness[Symbol.dispose]();
  });
  return browser;
}

const MAX_WORDS = 1_500;
const MAX_ERRORS = 20;

/** The last errors that pages wrote to their console or did not catch. */
function keepErrors(context: BrowserContext, errors: string[]): void {
  const keep = (error: string): void => {
    errors.push(error.slice(0, MAX_WORDS));
    if (errors.length > MAX_ERRORS) errors.shift();
  };
  context.on('console', (message) => {
    if (message.type() === 'error') keep(`${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (webError) => {
    const error = webError.error();
    keep(error.stack ?? error.message);
  });
}

/** Every open page's address and the beginning of its words, and what went wrong in pages. */
async function describePages(browser: Browser, errors: readonly string[]): Promise<string> {
  const pages = browser.contexts().flatMap((context) => context.pages());
  const words = await Promise.all(
    pages.map(async (page) => `${page.url()}\n${(await page.locator('body').innerText()).slice(0, MAX_WORDS)}`),
  );
  return `The pages show:\n${words.join('\n---\n')}\nErrors in pages:\n${errors.join('\n')}`;
}
