import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DAY_MS } from '../../server/clock.ts';
import { questionnaire } from '../../server/program/readiness-questions.ts';
import { welcomePath } from '../../server/accounts/first-run.ts';
import { seedQuarter } from '../../server/testing/seed-history.ts';
import { TestServer } from '../../server/testing/test-server.ts';
import { launchChromium } from '../support/chromium.ts';
import { enterByLink, enterDemo, expectReadable, webDir } from './pages.ts';

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

/** The demo's cohort, in its second week. */
async function planDemo(): Promise<string> {
  const { accounts, cohorts, program } = server.running.services;
  const manager = (await accounts.people.findByEmail('manager@demo.drillhouse.local'))!;
  const cohort = (await cohorts.list()).find(({ name }) => name !== 'Autumn')!;
  const startsAt = new Date(Date.now() - 10 * DAY_MS).toISOString();
  const plan = { startsAt, track: null, team: null, curriculum: [{ lab: 'endpoint', dueDay: 35 }], baselines: {}, targets: {} };
  await program.save(manager, cohort.id, plan, '');
  return cohort.id;
}

it('a trainee is reminded, placed by the readiness check, put on another track with a reason, and mentored', async () => {
  const cohortId = await planDemo();
  const trainee = await enterDemo(browser, server, 'trainee');
  await trainee.goto(`${server.url}/training`);
  await trainee.locator('[data-testid="curriculum-item"][data-state="overdue"]', { hasText: 'Readiness check' }).waitFor();
  await trainee.getByRole('button', { name: '1 reminder' }).click();
  await trainee.getByTestId('reminder').getByRole('link', { name: 'Readiness check' }).click();

  await trainee.getByText('0 of 20 answered').waitFor();
  await expectReadable(trainee, 'the readiness check');
  const cards = await trainee.getByTestId('question').all();
  await cards[0]!.getByLabel('A process still holds a deleted file open').check();
  await trainee.getByRole('button', { name: 'Finish and see my track' }).click();
  await trainee.getByText('19 questions are still open.').first().waitFor();
  await trainee.reload();
  await trainee.getByText('1 of 20 answered').waitFor();
  for (const [index, card] of cards.entries()) {
    const { kind, options } = questionnaire.questions[index]!;
    const liked = options.find(({ leans }) => leans === 'administrator') ?? options[0]!;
    await card.getByRole(kind === 'one' ? 'radio' : 'checkbox', { name: liked.text, exact: true }).check();
  }
  await trainee.getByRole('button', { name: 'Finish and see my track' }).click();
  await trainee.locator('[data-testid="placement"][data-kind="check"]', { hasText: 'System administrators' }).waitFor();

  const instructor = await enterDemo(browser, server, 'instructor');
  await instructor.goto(`${server.url}/cohorts/${cohortId}`);
  await instructor.getByRole('button', { name: 'Track of Tess Trainee' }).click();
  await instructor.getByLabel('Put on the track').selectOption({ label: 'Technical leads' });
  await instructor.getByLabel('Why').fill('Leads the review of our designs since May.');
  await instructor.getByRole('button', { name: 'Put on this track' }).click();
  await instructor.getByTestId('cohort-person').filter({ hasText: 'Tess Trainee' }).getByText('Technical leads').waitFor();
  await instructor.getByRole('button', { name: 'Mentors of Tess Trainee' }).click();
  await instructor.getByLabel('Add a mentor').selectOption({ label: 'Ines Instructor' });
  await instructor.getByRole('button', { name: 'Add', exact: true }).click();
  await instructor.getByRole('button', { name: 'End the mentoring by Ines Instructor' }).waitFor();

  await trainee.goto(`${server.url}/training`);
  await trainee.getByText('Ines Instructor: Leads the review of our designs since May.').waitFor();
  await trainee.locator('[data-testid="curriculum-item"][data-state="done-late"]', { hasText: 'Readiness check' }).waitFor();
  await trainee.getByRole('button', { name: 'Make a link' }).click();
  const link = await trainee.getByRole('dialog').getByLabel('Link', { exact: true }).inputValue();
  expect(await (await fetch(link)).text()).toContain('BEGIN:VCALENDAR');
  await trainee.keyboard.press('Escape');
  await expectReadable(trainee, 'one’s training');
  await trainee.getByTestId('mentorship').getByRole('link', { name: 'Notes' }).click();
  await trainee.getByRole('textbox', { name: 'Write a note' }).fill('Where do I begin?');
  await trainee.getByRole('button', { name: 'Send' }).click();
  await trainee.getByTestId('said').getByText('Where do I begin?').waitFor();
}, 180_000);

it('a manager opens what a number stands on only once named, and looks at skills, items and who may be on call', async () => {
  const { cohorts, insight, accounts } = server.running.services;
  const manager = (await accounts.people.list()).find(({ role }) => role === 'manager')!;
  const link = await accounts.links.renew(manager.id, 'sign-in');
  const page = await enterByLink(browser, server.url + welcomePath(link.token));
  await page.goto(`${server.url}/programme`);
  await page.getByLabel('Of', { exact: true }).selectOption({ label: 'Cohort: Autumn' });
  const open = (): Promise<void> => page.getByRole('button', { name: /^Labs passed, day 60: 80%/ }).click();
  await open();
  await page.getByText('You are not named as manager of the cohorts of these people.').waitFor();
  await page.keyboard.press('Escape');

  const autumn = (await cohorts.findByName('Autumn'))!;
  await insight.managers.name(autumn.id, manager.id);
  await page.reload();
  await page.getByLabel('Of', { exact: true }).selectOption({ label: 'Cohort: Autumn' });
  await open();
  await page.getByTestId('evidence-row').nth(4).waitFor();
  await page.getByTestId('evidence-row').first().getByRole('link').click();
  await page.waitForURL('**/attempts/*/result');

  await page.goto(`${server.url}/skills/items`);
  const first = (): Promise<string | null> => page.getByTestId('item-row').first().getAttribute('data-item');
  await page.getByRole('button', { name: 'Pass rate', exact: true }).click();
  expect(await first()).toBe('endpoint stays');
  await page.getByRole('button', { name: 'Pass rate', exact: true }).click();
  expect(await first()).toBe('endpoint limits');
  await expectReadable(page, 'item quality');
  await page.getByRole('button', { name: /^False fails of Limits are set: 0%, of 6/ }).click();
  await page.getByTestId('evidence-row').nth(5).waitFor();
  await page.keyboard.press('Escape');

  await page.getByRole('link', { name: 'On call', exact: true }).click();
  const inference = page.getByTestId('service-inference');
  await inference.getByText('3 ready, 1 nearly, 0 no longer').waitFor();
  await expectReadable(page, 'who may be on call');
  await inference.getByRole('link').first().click();
  await page.getByTestId('skill-security-governance').getByText('Meets', { exact: true }).waitFor();
}, 120_000);
