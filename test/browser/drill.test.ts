import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AccountRole } from '../../server/contract/roles.ts';
import type { PersonRow } from '../../server/store/schema.ts';
import { TestServer } from '../../server/testing/test-server.ts';
import { launchChromium } from '../support/chromium.ts';
import { enterByLink, enterDemo, expectReadable, webDir } from './pages.ts';

/** Names a folder for pictures, when somebody wants to look. */
const pictures = process.env['PICTURES'];

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

/** A colleague with an account, signed in by a link of their own. */
async function enter(name: string, role: AccountRole = 'trainee'): Promise<Page> {
  const { people, links } = server.running.services.accounts;
  const { id } = await people.add({ email: `${name.toLowerCase()}@example.com`, name, role });
  return enterByLink(browser, `${server.url}/welcome/${(await links.renew(id, 'sign-in')).token}`);
}

async function picture(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
}

const inject = (page: Page, number: number): Locator => page.locator(`[data-testid="inject"][data-number="${number}"]`);
const item = (page: Page, subject: string): Locator => page.getByTestId('inbox-item').filter({ hasText: subject });

/** One line into the team's log. */
async function log(page: Page, kind: string, text: string): Promise<void> {
  await page.getByLabel('What kind of entry').selectOption({ label: kind });
  await page.getByLabel('Entry', { exact: true }).fill(text);
  await page.getByRole('button', { name: 'Write', exact: true }).click();
  await page
    .getByRole('list', { name: /^Team log/ })
    .getByText(text)
    .waitFor();
}

it('a drill is scheduled, played by four at once, rewound, ended, rated and reported', async () => {
  const [fay, cara, lia, eve] = [
    await enterDemo(browser, server, 'instructor'),
    await enter('Cara'),
    await enter('Lia'),
    await enter('Eve'),
  ];

  await fay.goto(`${server.url}/drills`);
  await fay.getByText('There is no lab x.').or(fay.getByText('1 mistake keeps scripts from loading')).first().waitFor();
  await picture(fay, 'drills');
  await fay.getByRole('link', { name: 'The printer is on fire' }).click();
  await fay.getByLabel('Commander', { exact: false }).first().selectOption({ label: 'Cara' });
  await fay.getByLabel('Expert', { exact: false }).first().selectOption({ label: 'Cara (commander)' });
  await fay.getByLabel('Customer liaison', { exact: false }).first().selectOption({ label: 'Lia' });
  await fay.getByRole('button', { name: 'Schedule', exact: true }).click();
  await fay.getByRole('form', { name: 'Schedule a drill' }).getByText('Cara is incident commander and expert.').waitFor();
  await fay.getByLabel('Expert', { exact: false }).first().selectOption({ label: 'Eve' });
  await picture(fay, 'script');
  await fay.getByRole('button', { name: 'Schedule', exact: true }).click();
  await fay.locator('[data-testid="drill"][data-state="scheduled"]').waitFor();

  for (const page of [cara, lia, eve]) {
    await page.goto(`${server.url}/drills`);
    await page.getByRole('link', { name: 'The printer is on fire' }).click();
    await page.getByText('You run the printers.').waitFor();
  }
  await fay.locator('[data-testid="member"][data-presence="here"]').nth(3).waitFor();
  await fay.getByRole('button', { name: 'Start', exact: true }).click();
  for (const page of [cara, lia, eve]) await item(page, 'Handover').waitFor();
  // Nothing comes by itself from here on, however slow the machine is.
  await fay.getByRole('button', { name: 'Pause', exact: true }).click();

  await inject(fay, 2)
    .getByRole('button', { name: /^Fire now/ })
    .click();
  await item(eve, 'Smoke')
    .getByRole('button', { name: /^Take it/ })
    .click();
  await item(cara, 'Smoke').getByText('Taken by Eve').waitFor();
  await inject(fay, 2).getByText('An answer came').waitFor();
  expect(await item(lia, 'Smoke').count()).toBe(0);
  expect(await eve.locator('body').innerText()).not.toContain('SECRET');

  await inject(fay, 5)
    .getByRole('button', { name: /^Fire now/ })
    .click();
  await item(lia, 'Ten calls').waitFor();
  await lia.getByLabel('What is going on').fill('We know, and look for it.');
  await lia.getByLabel('Impact').fill('Nobody can print in the whole house.');
  await lia.getByRole('button', { name: 'Send' }).first().click();
  for (const page of [fay, cara, eve]) await page.getByTestId('status-update').getByText('We know, and look for it.').waitFor();
  expect(await eve.getByLabel('What is going on').count()).toBe(0);

  await log(eve, 'We suppose', 'The toner burns.');
  await fay.getByRole('button', { name: 'That is it' }).click();
  await log(cara, 'We do', 'The plug is pulled.');

  await cara.getByLabel('To whom').selectOption({ label: 'Eve, expert' });
  await cara.getByText('Those who run the drill can read it, too.').waitFor();
  await cara.getByLabel('Message', { exact: true }).fill('How sure are you?');
  await cara.getByRole('form', { name: 'Say something' }).getByRole('button', { name: 'Send' }).click();
  for (const page of [eve, fay]) await page.getByTestId('message').getByText('How sure are you?').waitFor();

  await fay.getByRole('button', { name: 'Clock and checkpoints' }).click();
  await fay.getByRole('menuitem', { name: 'Set a checkpoint…' }).click();
  await fay.getByLabel('What will you call it?').fill('Plug pulled');
  await fay.getByRole('button', { name: 'Set it' }).click();
  await fay.getByRole('button', { name: 'Improvise' }).click();
  const dialog = fay.getByRole('dialog');
  await dialog.getByLabel('From').fill('The porter');
  await dialog.getByLabel('Customer liaison').check();
  await dialog.getByLabel('Subject').fill('The door is locked');
  await dialog.getByLabel('Text').fill('Nobody can get in.');
  await dialog.getByRole('button', { name: 'Fire now' }).click();
  await item(lia, 'The door is locked').waitFor();
  expect(await item(eve, 'The door is locked').count()).toBe(0);
  for (const [page, name] of [
    [fay, 'console'],
    [lia, 'room'],
  ] as const)
    await picture(page, name);

  await fay.getByRole('button', { name: 'Clock and checkpoints' }).click();
  await fay.getByRole('menuitem', { name: /^Plug pulled/ }).click();
  await fay.getByRole('dialog').getByRole('button', { name: 'Rewind' }).click();
  await item(lia, 'The door is locked').waitFor({ state: 'detached' });
  await fay.locator('[data-testid="drill"][data-state="paused"]').waitFor();
  await fay.getByRole('button', { name: 'Go on' }).click();
  await fay.getByLabel('State of the service').selectOption({ label: 'Up' });
  await fay.getByLabel('What outsiders see').fill('People print.');
  await fay.getByRole('button', { name: 'Set', exact: true }).click();
  await fay.locator('[data-testid="service"][data-state="up"]').waitFor();
  await log(cara, 'Declare it verified', 'Three pages came.');

  // Who closes the laptop is missed, and comes back to where things stand.
  await eve.goto('about:blank');
  await eve.goBack();
  await item(eve, 'Smoke').waitFor();

  await fay.getByRole('button', { name: 'End', exact: true }).click();
  await fay.getByRole('dialog').getByRole('button', { name: 'End it' }).click();
  for (const page of [fay, cara, lia, eve]) await page.getByTestId('review').waitFor();
  for (const id of ['detect', 'diagnose', 'mitigate', 'verify'])
    expect(await eve.locator(`[data-testid="drill-time"][data-id="${id}"]`).innerText()).not.toContain('not reached');
  await fay.getByLabel('Rating: Notices it').selectOption({ label: 'Some challenges' });
  await fay.getByRole('form', { name: 'Rate: Notices it' }).getByRole('button', { name: 'Rate' }).click();
  await fay.getByRole('form', { name: 'Rate the communication' }).getByRole('button', { name: 'Rate' }).click();
  await lia.getByLabel('About').selectOption({ label: 'To be done' });
  await lia.getByLabel('In one sentence').fill('Buy a detector.');
  await lia.getByRole('button', { name: 'Add', exact: true }).click();
  for (const page of [cara, fay]) await page.getByTestId('hot-wash-action').getByText('Buy a detector.').waitFor();
  await cara.getByText('Some challenges').waitFor();
  await picture(fay, 'review');

  const download = fay.waitForEvent('download');
  await fay.getByRole('link', { name: 'Report, PDF' }).click();
  expect((await download).suggestedFilename()).toMatch(/^drill-printer-\d{4}-\d\d-\d\d\.pdf$/);
  if (pictures !== undefined) await (await download).saveAs(path.join(pictures, 'report.pdf'));
}, 240_000);

it('the pages of a drill can be read by anybody, at any width', async () => {
  const { accounts, drills } = server.running.services;
  const [fay, lia] = [await enter('Ida', 'instructor'), await enter('Lena')];
  const find = async (email: string): Promise<PersonRow> => {
    const person = await accounts.people.findByEmail(email);
    if (person === undefined) throw new Error(`There is no ${email}.`);
    return person;
  };
  const instructor = await find('ida@example.com');
  const others = await Promise.all(
    ['Carl', 'Egon'].map((name) => accounts.people.add({ email: `${name}@example.com`, name, role: 'trainee' })),
  );
  const roles = ['facilitator', 'customer-liaison', 'commander', 'expert'] as const;
  const people = [instructor, await find('lena@example.com'), ...others];
  const members = roles.map((role, index) => ({ personId: people[index]!.id, role }));
  const { id } = await drills.schedule(instructor, { script: 'printer', mode: 'tabletop', members });
  await drills.move(instructor, id, { move: 'start' });
  await drills.move(instructor, id, { move: 'fire', inject: 5 });
  await drills.move(instructor, id, { move: 'checkpoint', label: 'Calls' });
  for (const page of [fay, lia]) {
    await page.goto(`${server.url}/drills/${id}`);
    await page.getByText('Ten calls').first().waitFor();
  }
  await expectReadable(fay, 'the console');
  await expectReadable(lia, 'the liaison’s room');
  await drills.move(instructor, id, { move: 'end' });
  await fay.getByTestId('review').waitFor();
  await expectReadable(fay, 'the review');
}, 180_000);
