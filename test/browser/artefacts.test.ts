import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestServer } from '../../server/testing/test-server.ts';
import { launchChromium } from '../support/chromium.ts';
import { enterDemo, expectReadable, webDir } from './pages.ts';

let server: TestServer;
let browser: Browser;
let trainee: Page;
let instructor: Page;
/** Of the one attempt that both tests work in. */
let attemptPath: string;

beforeAll(async () => {
  server = await TestServer.start({ webDir });
  browser = await launchChromium();
  trainee = await enterDemo(browser, server, 'trainee');
  instructor = await enterDemo(browser, server, 'instructor');
  await trainee.getByRole('button', { name: 'Start the incident' }).first().click();
  await trainee.locator('[data-testid="attempt-state"][data-state="incident"]').waitFor();
  attemptPath = new URL(trainee.url()).pathname;
});
afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

it('an artefact is written beside the terminal, kept, handed in, read and rated', async () => {
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

  await instructor.goto(`${server.url}${attemptPath}/artefacts`);
  const review = instructor.getByTestId('artefact-review').first();
  await review.getByText('Nobody could file claims online.', { exact: true }).waitFor();
  for (const item of await review.getByRole('radiogroup').all()) await item.getByLabel('2 Good').check();
  await review.getByLabel('What would make it better').fill('Name who decides.');
  await review.getByLabel('Comment on', { exact: true }).selectOption({ label: 'Overview, line 1: Requests failed for **nine** minutes.' });
  await review.getByRole('textbox', { name: 'Comment', exact: true }).fill('Which requests?');
  await review.getByRole('button', { name: 'Comment', exact: true }).click();
  await review.getByTestId('review-thread').getByText('Which requests?').waitFor();
  await expectReadable(instructor, 'the review');
  await review.getByRole('button', { name: 'Return with comments' }).click();
  await review.getByTestId('artefact-rating').getByText('Name who decides.').waitFor();

  await trainee.reload();
  await trainee.getByTestId('artefact-rating').getByText('2 of 3, good').first().waitFor();
  await trainee.getByRole('button', { name: '1 reminder' }).click();
  await trainee.getByTestId('reminder').getByText('It came back with comments.').waitFor();
  await trainee.keyboard.press('Escape');
  const thread = trainee.getByTestId('review-thread');
  await thread.getByText('Overview, line 1, version 1').waitFor();
  await thread.getByRole('textbox', { name: 'Answer' }).fill('Those that file claims.');
  await thread.getByRole('button', { name: 'Answer' }).click();
  await thread.getByTestId('said').nth(1).getByText('Those that file claims.').waitFor();
  await thread.getByRole('button', { name: 'Mark as done' }).click();
  await trainee.locator('[data-testid="review-thread"][data-resolved="true"]').waitFor();
}, 120_000);

it('what was measured stands side by side against its aims, also after a reload and for an instructor', async () => {
  await trainee.goto(server.url + attemptPath);
  const [sandboxId = ''] = await server.substrate.list();
  const folder = server.substrate.folderOf(sandboxId);

  await trainee.getByText('Measurements', { exact: true }).click();
  await trainee.getByText('Nothing was measured yet').waitFor();
  const measure = async (label: string): Promise<void> => {
    await trainee.getByLabel('What did you change?').fill(label);
    await trainee.getByRole('button', { name: 'Measure now' }).click();
    await trainee.locator('[data-testid="run"][data-state="done"]', { hasText: label }).waitFor();
  };
  await measure('nothing yet');
  await trainee.getByText('Nothing answers.').waitFor();
  await rm(path.join(folder, 'broken'));
  await measure('mended');
  await trainee.getByText('1,000 requests cost $14.20, aim is at most $12.00').waitFor();
  await writeFile(path.join(folder, 'cheap'), '');
  await measure('with a cache');
  await trainee.getByText('1,000 requests cost $11.40, aim is at most $12.00').waitFor();
  await trainee.getByRole('img', { name: /^Cost of 1,000 requests, run by run/ }).waitFor();

  await trainee.reload();
  await trainee.getByText('Measurements', { exact: true }).click();
  expect(await trainee.getByTestId('run').allInnerTexts()).toMatchObject([
    expect.stringContaining('1. nothing yet'),
    expect.stringContaining('2 × queue-full'),
    expect.stringContaining('$11.40'),
  ]);
  await expectReadable(trainee, 'the measurements in the lab');

  await instructor.goto(`${server.url}${attemptPath}/measurements`);
  await instructor.getByText('3. with a cache').waitFor();
  expect(await instructor.getByRole('button', { name: 'Measure now' }).count()).toBe(0);
  const csv = await instructor.request.get(
    `${server.url}${(await instructor.getByRole('link', { name: 'Download as CSV' }).getAttribute('href'))!}`,
  );
  expect(await csv.text()).toContain('3,with a cache');
  await expectReadable(instructor, 'the measurements');
}, 120_000);
