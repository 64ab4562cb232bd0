import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FakeDrills, rateRunbook, takeLab } from '../../server/certification/testing/earning.ts';
import { TestServer } from '../../server/testing/test-server.ts';
import { launchChromium } from '../support/chromium.ts';
import { enterDemo, expectReadable, newPage, webDir } from './pages.ts';

const drills = new FakeDrills();
let server: TestServer;
let browser: Browser;

beforeAll(async () => {
  server = await TestServer.start({ webDir, drills });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

/** Each start makes new one-time links. */
async function restart(): Promise<void> {
  await server.stop();
  await server.begin();
}

/** The slow part, without pages: a lab passed, its runbook accepted, a drill led. */
async function earnEverything(): Promise<void> {
  await restart();
  const trainee = await server.signIn('trainee');
  const attemptId = await takeLab(server, trainee);
  await rateRunbook(await server.signIn('instructor'), attemptId, true);
  drills.led((await trainee.session()).me?.id ?? '', Date.now());
  await restart();
}

async function pasteAndVerify(page: Page, jwt: string): Promise<string | null> {
  await page.goto(`${server.url}/verify`);
  await page.getByLabel('Badge').fill(jwt);
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  const verdict = page.getByTestId('badge-verdict');
  await verdict.waitFor();
  return verdict.getAttribute('data-verdict');
}

it('a certificate is earned from nothing, issued, shown to the world, printed, appealed about and revoked', async () => {
  const beginner = await enterDemo(browser, server, 'trainee');
  await beginner.getByRole('link', { name: 'Certificates' }).click();
  const progress = beginner.getByTestId('certificate-progress').first();
  await progress.getByText('0 of 3 met').waitFor();
  await progress.getByText('Ask an instructor for a drill').waitFor();
  await beginner.context().close();

  await earnEverything();
  const manager = await enterDemo(browser, server, 'manager');
  await manager.goto(`${server.url}/certificates/register`);
  await manager.getByTestId('candidate').getByText('3 of 3 met').waitFor();
  await expectReadable(manager, 'the register');
  await manager.getByRole('button', { name: 'Issue AI Platform Operator to Tess Trainee' }).focus();
  await manager.keyboard.press('Enter');
  await manager.getByRole('dialog').getByRole('button', { name: 'Issue the certificate' }).waitFor();
  await manager.keyboard.press('Enter');
  const issued = manager.getByTestId('issued');
  await issued.waitFor();
  const badgePath = (await issued.getByRole('link', { name: 'AI Platform Operator' }).getAttribute('href')) ?? '';

  // Anybody, without an account.
  const visitor = await newPage(browser);
  await visitor.goto(server.url + badgePath);
  await visitor.locator('[data-testid="badge-verdict"][data-verdict="valid"]').waitFor();
  await visitor.getByTestId('badge').getByText('Tess Trainee').waitFor();
  await expectReadable(visitor, 'the badge');
  expect(await visitor.locator('body').textContent()).not.toContain('@demo');
  const pages = (await visitor.pdf({ preferCSSPageSize: true })).toString('latin1').match(/\/Type\s*\/Page\b/g);
  expect(pages, 'the sheet is one page').toHaveLength(1);
  const jwt = await (await fetch(`${server.url}/api/public${badgePath}/credential`)).text();
  expect(await pasteAndVerify(visitor, jwt)).toBe('valid');
  expect(await pasteAndVerify(visitor, jwt.replace(/\.[^.]{4}/, '.AAAA'))).toBe('not valid');
  await expectReadable(visitor, 'a badge that is not one');

  // The trainee sees it, and appeals about the verdict it rests on.
  const trainee = await enterDemo(browser, server, 'trainee');
  await trainee.goto(`${server.url}/certificates`);
  await trainee.getByRole('link', { name: 'Badge, to show and to print' }).waitFor();
  await expectReadable(trainee, 'the certificates of who has one');
  await trainee
    .getByRole('link', { name: /^Look at Build and secure/ })
    .first()
    .click();
  await trainee.getByRole('button', { name: 'Appeal', exact: true }).click();
  await trainee.getByRole('dialog').getByRole('textbox').fill('The first check saw a pod that was just being replaced.');
  await trainee.getByRole('dialog').getByRole('button', { name: 'Appeal' }).click();
  await trainee.getByTestId('appeal').getByText('Waits for an instructor').waitFor();

  const instructor = await enterDemo(browser, server, 'instructor');
  await instructor.goto(`${server.url}/certificates/register`);
  await instructor.getByTestId('appeal').getByRole('button', { name: 'Decide' }).click();
  const decision = instructor.getByRole('dialog');
  await decision.getByText('Judge it again').click();
  await decision.getByLabel('Counts as: The endpoint answers').selectOption('fail');
  await decision.getByRole('textbox', { name: 'Answer' }).fill('The recording shows that it never answered.');
  await expectReadable(instructor, 'the decision of an appeal');
  await decision.getByRole('button', { name: 'Put on record' }).click();
  await instructor.getByTestId('doubt').getByText('does not count any more').waitFor();

  await manager.reload();
  await manager.getByRole('button', { name: 'Revoke AI Platform Operator of Tess Trainee' }).click();
  await manager.getByRole('dialog').getByRole('textbox').fill('The verdict it rested on did not stand.');
  await manager.getByRole('dialog').getByRole('button', { name: 'Revoke it for good' }).click();
  await manager.locator('[data-testid="issued"][data-state="revoked"]').waitFor();
  await visitor.goto(server.url + badgePath);
  await visitor.locator('[data-testid="badge-verdict"][data-verdict="revoked"]').getByText('did not stand').waitFor();
}, 240_000);
