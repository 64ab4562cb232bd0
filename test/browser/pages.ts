import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { projectRoot } from '../../infra/setup/project-root.ts';
import type { TestServer } from '../../server/testing/test-server.ts';

/** The pages as they were built; a build beside it can be tried by naming its folder. */
export const webDir = process.env['WEB_DIR'] ?? path.join(projectRoot, 'dist', 'web');

const PASSWORD = 'a long and private passphrase';

/** A browser of one person's own, without anybody else's cookies. */
export async function newPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  goAgainOnNetworkChange(page);
  return page;
}

/** Tests beside this one put up and take down the networks of containers. Chromium gives up what is under way then, and a person would go there again. */
function goAgainOnNetworkChange(page: Page): void {
  const goto = page.goto.bind(page);
  page.goto = async (...to) => {
    try {
      return await goto(...to);
    } catch (error) {
      if (!String(error).includes('ERR_NETWORK_CHANGED')) throw error;
      return goto(...to);
    }
  };
}

/** Opens a one-time link and chooses a password. */
export async function acceptLink(page: Page, link: string, name: string): Promise<void> {
  await page.goto(link);
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Choose a password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set password and sign in' }).click();
  await page.getByRole('button', { name: `Account: ${name}` }).waitFor();
}

/** Invites somebody as an administrator does; answers the link that is shown once. */
export async function invite(
  page: Page,
  person: { readonly name: string; readonly email: string; readonly role: string },
): Promise<string> {
  await page.goto(new URL('/people', page.url()).href);
  await page.getByRole('button', { name: 'Invite somebody' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Email').fill(person.email);
  await dialog.getByLabel('Name').fill(person.name);
  await dialog.getByLabel('Role').selectOption(person.role);
  await dialog.getByRole('button', { name: 'Make the invitation' }).click();
  return page.getByRole('dialog').getByLabel('Link').inputValue();
}

const ENDED_TRANSITIONS = `Promise.all(
  document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished.catch(() => undefined)),
).then(() => undefined)`;

/** What axe finds serious or critical, in words; empty when there is nothing. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  // Half-way between two colours nothing has the contrast that it will have.
  await page.evaluate(ENDED_TRANSITIONS);
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
}

export type DemoRole = 'trainee' | 'instructor' | 'manager';

/** Somebody of the demo, signed in by their link, in a browser of their own. */
export async function enterDemo(browser: Browser, server: TestServer, role: DemoRole): Promise<Page> {
  const link = server.running.links.find((candidate) => candidate.role === role);
  if (link === undefined) throw new Error(`The demo has no link for ${role}.`);
  return enterByLink(browser, server.url + link.path);
}

/** Whoever a sign-in link is for, in a browser of their own. */
export async function enterByLink(browser: Browser, link: string): Promise<Page> {
  const page = await newPage(browser);
  await page.goto(link);
  const button = page.getByRole('button', { name: /sign in|continue|enter/i }).first();
  const account = page.getByRole('button', { name: /^Account: / });
  await button.or(account).first().waitFor();
  if (!(await account.isVisible())) await button.click();
  await account.waitFor();
  return page;
}

/** Nothing serious for axe, and nothing wider than the window, at three widths, light and dark. */
export async function expectReadable(page: Page, what: string): Promise<void> {
  for (const [width, colorScheme] of [
    [360, 'dark'],
    [1024, 'light'],
    [1920, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    // The pages follow the system's wish a moment later.
    await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor({ state: 'attached' });
    expect(await seriousFindings(page), `${what} at ${width}, ${colorScheme}`).toEqual([]);
    const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(overflow, `${what} is wider than ${width}`).toBeLessThanOrEqual(0);
  }
}
