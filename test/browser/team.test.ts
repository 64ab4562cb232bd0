import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSubstrate } from '../../infra/substrate/open-substrate.ts';
import { ownLabsDir } from '../../labs/catalogue.ts';
import { FolderVersions } from '../../labs/lab-versions.ts';
import { LiveCatalogue } from '../../labs/live-catalogue.ts';
import { createLogger } from '../../server/log.ts';
import { TestServer } from '../../server/testing/test-server.ts';
import { launchChromium } from '../support/chromium.ts';
import { LabRoom } from './lab-room.ts';
import { newPage, seriousFindings, webDir } from './pages.ts';

const LAB = 'Incident response for AI services';

let server: TestServer;
let browser: Browser;
let ines: Page;
let bo: Page;
let cy: Page;
let candidates = 0;

beforeAll(async () => {
  server = await TestServer.start({
    webDir,
    real: async (dataDir) => ({
      openSubstrate: () => openSubstrate({ runtime: 'process', dataDir, log: createLogger('silent'), report: () => undefined }),
      catalogue: await LiveCatalogue.open({ dirs: [ownLabsDir], versions: new FolderVersions(path.join(dataDir, 'labs')) }),
    }),
  });
  browser = await launchChromium();
  ines = await newPage(browser);
  await ines.goto(server.url + server.running.links.find(({ role }) => role === 'instructor')!.path);
  const account = ines.getByRole('button', { name: /^Account: / });
  const enter = ines.getByRole('button', { name: /sign in|continue|enter/i }).first();
  await enter.or(account).first().waitFor();
  if (!(await account.isVisible())) await enter.click();
  await account.waitFor();
  bo = await member('Bo');
  cy = await member('Cy');
});
afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

async function member(name: string): Promise<Page> {
  await server.trainee(name);
  const page = await newPage(browser);
  await page.goto(server.url);
  await page.getByLabel('Email').fill(`${name.toLowerCase()}@example.com`);
  await page.getByLabel('Password', { exact: true }).fill('a long password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: `Account: ${name}` }).waitFor();
  return page;
}

const shots = process.env['SHOTS_DIR'];

/** Nothing serious for axe, and nothing wider than the window, at three widths, light and dark. */
async function expectReadable(page: Page, what: string): Promise<void> {
  for (const [width, colorScheme] of [
    [360, 'dark'],
    ...(shots === undefined ? [] : [[360, 'light'] as const]),
    [1024, 'light'],
    [1920, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor({ state: 'attached' });
    expect(await seriousFindings(page), `${what} at ${width}, ${colorScheme}`).toEqual([]);
    if (shots !== undefined) await page.screenshot({ path: path.join(shots, `${what}-${width}-${colorScheme}.png`) });
    const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(overflow, `${what} is wider than ${width}`).toBeLessThanOrEqual(0);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

it('three people take one incident together, each as the role has it', async () => {
  await ines.goto(`${server.url}/labs`);
  const card = ines.getByRole('article', { name: LAB });
  await card.getByLabel('Fault').selectOption({ label: 'Nothing wrong' });
  await card.getByRole('button', { name: 'Start as a team' }).click();
  const form = ines.getByRole('dialog');
  await form.getByLabel('You are').selectOption('commander');
  await form.getByRole('button', { name: 'Start together' }).click();
  await form.getByText('Say who is expert').waitFor();
  await form.getByLabel('Person 2, expert').fill('bo@example.com');
  await form.getByLabel('Person 3, customer liaison').fill('cy@example.com');
  if (shots !== undefined) await expectReadable(ines, 'team-form');
  await form.getByRole('button', { name: 'Start together' }).click();
  await ines.locator('[data-testid="attempt-state"]').waitFor();

  for (const page of [bo, cy]) {
    await page.reload();
    await page.getByRole('article', { name: LAB }).getByRole('link', { name: 'Go back to it' }).click();
  }
  for (const page of [ines, bo, cy]) await new LabRoom(page).waitForState('incident');
  await ines.locator('[data-testid="team"][data-here="3"]').waitFor();

  const expert = new LabRoom(bo);
  await expert.waitForTerminal();
  await expert.type('echo typed by $((40+2)) Bo');
  await new LabRoom(ines).waitForText('typed by 42 Bo');
  expect(await ines.getByRole('button', { name: 'New terminal' }).count()).toBe(0);
  expect(await bo.getByRole('button', { name: 'Ask for the verdict' }).count()).toBe(0);

  const liaison = cy.getByRole('form', { name: 'Write a status update' });
  await liaison.getByLabel('What is going on').fill('An alarm was raised on the assistant. We look whether anything is wrong.');
  await liaison.getByLabel('Impact').fill('None that we know of; please go on as before.');
  await liaison.getByLabel('Who is affected').fill('Nobody, as far as we can see.');
  await liaison.getByRole('button', { name: 'Send' }).click();
  await cy.locator('[data-testid="status-update"][data-kind="first-notice"]').waitFor();
  await ines.getByTestId('work').getByText('Status', { exact: true }).click();
  await ines.locator('[data-testid="status-update"]').getByText('An alarm was raised').waitFor();
  expect(await ines.getByRole('form', { name: 'Write a status update' }).count()).toBe(0);

  await cy.goto(`${server.url}/labs`);
  await ines.locator('[data-testid="team"][data-here="2"]').waitFor();
  await cy.getByRole('article', { name: LAB }).getByRole('link', { name: 'Go back to it' }).click();
  await ines.locator('[data-testid="team"][data-here="3"]').waitFor();
  await expectReadable(cy, 'liaison');
  if (shots !== undefined) {
    await expectReadable(ines, 'commander');
    await bo.getByTestId('team').click();
    await expectReadable(bo, 'expert-team');
    await bo.getByTestId('team').click();
  }

  await new LabRoom(ines).askForVerdict();
  for (const page of [ines, bo, cy]) {
    await page.locator('[data-testid="result"]').waitFor({ timeout: 120_000 });
    expect(await new LabRoom(page).outcome()).toBe('passed');
  }
  await bo.getByText('Bo (expert)').waitFor();
  await expectReadable(bo, 'result');
}, 300_000);

it('a candidate goes from a link to the verdict without an account, watched by the interviewer', async () => {
  const candidate = `Kim Candidate ${++candidates}`;
  await ines.goto(`${server.url}/interviews`);
  await ines.getByRole('button', { name: 'New interview' }).click();
  const form = ines.getByRole('dialog');
  await form.getByLabel('Candidate', { exact: true }).fill(candidate);
  await form.getByLabel('Lab').selectOption({ label: 'Build and secure a model endpoint' });
  await form.getByLabel('Fault').selectOption('bad-image');
  await form.getByLabel('AI assistants').selectOption('allowed');
  await form.getByLabel('The candidate sees the verdict').check();
  await expectReadable(ines, 'interview-form');
  await form.getByRole('button', { name: 'Make the link' }).click();
  const link = await ines.getByRole('dialog').getByLabel('Link', { exact: true }).inputValue();
  await ines.keyboard.press('Escape');

  const kim = await newPage(browser);
  await kim.goto(link);
  await kim.getByText(`Welcome, ${candidate}`).waitFor();
  expect(await kim.getByRole('button', { name: 'Begin' }).isDisabled()).toBe(true);
  await expectReadable(kim, 'briefing');
  await kim.getByLabel('I have read this').check();
  await kim.getByRole('button', { name: 'Begin' }).click();
  const room = new LabRoom(kim);
  await room.waitForState('incident');
  await room.waitForTerminal();
  expect(await kim.evaluate<number>("fetch('/api/labs').then((answer) => answer.status)")).toBe(403);
  await room.type('kubectl get pods; kubectl get events | tail -n 3');
  await room.type('kubectl rollout undo deployment/inference');
  await room.type('kubectl rollout status deployment/inference --timeout=120s');
  await ines.getByRole('link', { name: `Watch ${candidate}` }).click();
  for (const page of [kim, ines]) await new LabRoom(page).waitForText('successfully rolled out', 120_000);
  await room.askForVerdict();
  expect(await room.outcome()).toBe('passed');
  await kim.getByTestId('thank-you').waitFor();
  await expectReadable(kim, 'thank-you');

  await ines.goto(`${server.url}/interviews`);
  await ines.getByRole('link', { name: `Review ${candidate}` }).click();
  await ines.getByText('Way of working: 80 of 100').waitFor();
  await ines.getByRole('link', { name: 'Evidence, timeline, 1 recording' }).waitFor();
  await expectReadable(ines, 'interview-review');
}, 300_000);
