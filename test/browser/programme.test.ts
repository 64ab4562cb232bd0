import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seedQuarter } from '../../server/testing/seed-history.ts';
import { TestServer } from '../../server/testing/test-server.ts';
import { launchChromium } from '../support/chromium.ts';
import { enterDemo, expectReadable, webDir } from './pages.ts';

let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  server = await TestServer.start({ webDir, seed: (store) => seedQuarter(store, Date.now()) });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

it('a manager reads a quarter, imports tickets, takes them back and plans the next programme', async () => {
  const page = await enterDemo(browser, server, 'manager');
  await page.goto(`${server.url}/programme`);
  const sentence = (metric: string, words: string): Promise<void> => page.getByTestId(`figure-${metric}`).getByText(words).waitFor();
  await sentence('recovery', 'Recovery takes 41 min; it took 90 min; the aim is 60 min.');
  await sentence('passed', '80% of attempts pass; it was 40%; the aim is 80%.');
  await sentence('completion', '100% of what was due is done; it was 55%; the aim is 90%.');
  await sentence('cost', '1,000 requests cost $12.40; they cost $18.00; the aim is $12.00.');
  await sentence('change-failures', '10% of changes fail; it was 22%; the aim is 12%.');
  await sentence('tickets', '95 tickets a month; there were 150; the aim is 90.');
  await expectReadable(page, 'the six numbers');

  await page.getByLabel('Of', { exact: true }).selectOption({ label: 'Team: platform' });
  await page.getByText('Day 61 of 90; 5 people.').waitFor();
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download as CSV' }).click();
  expect((await download).suggestedFilename()).toBe('drillhouse-figures.csv');

  const importFile = async (csv: string): Promise<void> => {
    await page
      .getByLabel('CSV file')
      .locator('input[type=file]')
      .or(page.locator('input[type=file]'))
      .first()
      .setInputFiles({
        name: 'tickets.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from(csv),
      });
    await page.getByRole('button', { name: 'Look at it first' }).click();
  };
  await page.getByRole('button', { name: 'Import a file' }).click();
  await page.getByLabel('Where it is from').fill('Another desk');
  await importFile('id,opened_at,team\nA-1,yesterday,platform\n');
  await page.getByText('Line 2.').waitFor();
  expect(await page.getByRole('button', { name: 'Import', exact: true }).isDisabled()).toBe(true);
  await expectReadable(page, 'an import with a wrong line');
  const today = new Date().toISOString().slice(0, 10);
  await importFile(`id,opened_at,team\nA-1,${today},platform\nA-2,${today},platform\n`);
  await page.getByText('2 rows, all of them new.').waitFor();
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await sentence('tickets', '97 tickets a month; there were 150; the aim is 90.');
  await page.getByRole('button', { name: 'Take the import from Another desk back' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take it back' }).click();
  await sentence('tickets', '95 tickets a month; there were 150; the aim is 90.');

  await page.getByRole('button', { name: 'Plan Autumn' }).click();
  await page.getByLabel('Tickets a month: aim').fill('100');
  await expectReadable(page, 'planning');
  await page.getByRole('button', { name: 'Save' }).click();
  await sentence('tickets', '95 tickets a month; there were 150; the aim is 100.');
}, 180_000);
