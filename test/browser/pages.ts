import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';

const PASSWORD = 'a long and private passphrase';

/** A browser of one person's own, without anybody else's cookies. */
export async function newPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  return page;
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
