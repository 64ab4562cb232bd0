import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
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
  const witness = addWitness(() => describePages(browser));
  browser.once('disconnected', () => {
    witness[Symbol.dispose]();
  });
  return browser;
}

const MAX_WORDS = 1_500;

/** Every open page's address and the beginning of its words. */
async function describePages(browser: Browser): Promise<string> {
  const pages = browser.contexts().flatMap((context) => context.pages());
  const words = await Promise.all(
    pages.map(async (page) => `${page.url()}\n${(await page.locator('body').innerText()).slice(0, MAX_WORDS)}`),
  );
  return `The pages show:\n${words.join('\n---\n')}`;
}
