import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectRoot } from '../../infra/setup/project-root.ts';
import { TestServer } from '../../server/testing/test-server.ts';
import { launchChromium } from '../support/chromium.ts';
import { newPage, seriousFindings } from './pages.ts';

/** The pages as they were built; a build beside it can be tried by naming its folder. */
const webDir = process.env['WEB_DIR'] ?? path.join(projectRoot, 'dist', 'web');

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  server = await TestServer.start({ webDir });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

/** Somebody of the demo, signed in by their link. */
async function enter(role: 'trainee' | 'instructor'): Promise<Page> {
  const link = server.running.links.find((candidate) => candidate.role === role)!;
  const page = await newPage(browser);
  await page.goto(server.url + link.path);
  const button = page.getByRole('button', { name: /sign in|continue|enter/i }).first();
  const account = page.getByRole('button', { name: /^Account: / });
  await button.or(account).first().waitFor();
  if (!(await account.isVisible())) await button.click();
  await account.waitFor();
  return page;
}

/** Nothing serious for axe, and nothing wider than the window, at three widths, light and dark. */
async function expectReadable(page: Page, what: string): Promise<void> {
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

it('an artefact is written beside the terminal, kept, handed in, read and rated', async () => {
  const trainee = await enter('trainee');
  await trainee.getByRole('button', { name: 'Start the incident' }).first().click();
  await trainee.locator('[data-testid="attempt-state"][data-state="incident"]').waitFor();
  const attemptPath = new URL(trainee.url()).pathname;

  await trainee.getByText('Artefacts', { exact: true }).click();
  const editor = trainee.getByTestId('artefact');
  await editor.getByLabel('Overview', { exact: true }).fill('Requests failed for **nine** minutes.');
  await editor.getByLabel('Impact', { exact: true }).fill('Nobody could file claims online.');
  await editor.getByLabel('Classification').selectOption('platform');
  await editor.getByRole('button', { name: 'Add from the record' }).click();
  expect(await editor.getByLabel('Timeline, row 1: What happened').inputValue()).toBe('The incident began.');
  await editor.locator('[data-testid="artefact-finding"][data-ok="true"]').waitFor();
  await trainee.locator('[data-testid="artefact"][data-save="saved"]').waitFor();

  await trainee.reload();
  await trainee.getByText('Artefacts', { exact: true }).click();
  expect(await editor.getByLabel('Overview', { exact: true }).inputValue()).toContain('**nine**');
  await editor.getByText('Preview', { exact: true }).first().click();
  await editor.locator('strong', { hasText: 'nine' }).waitFor();
  await editor.getByRole('button', { name: 'Hand in' }).click();
  await editor.getByText('Handed in', { exact: true }).waitFor();

  await trainee.goto(`${server.url}${attemptPath}/artefacts`);
  await trainee.getByTestId('artefact').waitFor();
  await expectReadable(trainee, 'the writer’s page');

  const instructor = await enter('instructor');
  await instructor.goto(`${server.url}${attemptPath}/artefacts`);
  const review = instructor.getByTestId('artefact-review').first();
  await review.getByText('Nobody could file claims online.').waitFor();
  for (const item of await review.getByRole('radiogroup').all()) await item.getByLabel('2 Good').check();
  await review.getByLabel('What would make it better').fill('Name who decides.');
  await expectReadable(instructor, 'the review');
  await review.getByRole('button', { name: 'Put on record' }).click();
  await review.getByTestId('artefact-rating').getByText('Name who decides.').waitFor();

  await trainee.reload();
  await trainee.getByTestId('artefact-rating').getByText('2 of 3, good').first().waitFor();
}, 120_000);
