import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../infra/setup/project-root.ts';
import { launchChromium } from '../support/chromium.ts';
import { startServerProcess, type ServerProcess } from '../support/server-process.ts';
import { LabRoom } from './lab-room.ts';
import { acceptLink, invite, newPage, seriousFindings } from './pages.ts';

/** The reference fix of each fault, as a person types it; the lab's own file is the source. */
const faults = [
  { id: 'bad-image', title: /image/i },
  { id: 'missing-secret', title: /secret/i },
  { id: 'memory-exhausted', title: /memory/i },
] as const;

function fixOf(fault: string): readonly string[] {
  const script = readFileSync(path.join(projectRoot, 'labs/endpoint/solution', `${fault}.sh`), 'utf8');
  // The key's prefix is the attempt's own and can be read from the instructions; any key that is long enough is an honest one.
  return script.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

// The lab itself is the same on both: each of its other faults is met in the browser on one of them.
describe.each([
  { runtime: 'process', others: [faults[1]] },
  { runtime: 'docker', others: [faults[2]] },
] as const)('lab 1 on $runtime', ({ runtime, others }) => {
  let dataDir: string;
  let server: ServerProcess;
  let browser: Browser;
  let trainee: Page;
  let instructor: Page;
  let manager: Page;
  let room: LabRoom;

  beforeAll(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'drillhouse-browser-'));
    server = await startServerProcess({ dataDir, runtime });
    browser = await launchChromium();
    const [, link = ''] = await server.waitForOutput(/(http:\/\/\S+\/welcome\/\S+)/);
    const admin = await newPage(browser);
    await acceptLink(admin, link, 'Ada Admin');
    [trainee, instructor, manager] = [await newPage(browser), await newPage(browser), await newPage(browser)];
    await acceptLink(trainee, await invite(admin, { name: 'Tess Trainee', email: 'tess@example.com', role: 'trainee' }), 'Tess Trainee');
    await acceptLink(
      instructor,
      await invite(admin, { name: 'Ivo Instructor', email: 'ivo@example.com', role: 'instructor' }),
      'Ivo Instructor',
    );
    await acceptLink(manager, await invite(admin, { name: 'Mia Manager', email: 'mia@example.com', role: 'manager' }), 'Mia Manager');
    expect(await seriousFindings(admin)).toEqual([]);
    room = new LabRoom(trainee);
    await admin.context().close();
  }, 240_000);

  afterAll(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
    rmSync(dataDir, { recursive: true, force: true });
  }, 120_000);

  /** The instructor's two clicks that hand out a fault. */
  async function giveFault(title: RegExp): Promise<void> {
    await instructor.goto(`${server.url}/roster`);
    await instructor.getByRole('button', { name: 'Give Tess Trainee a fault' }).click();
    const item = instructor.getByRole('menuitem', { name: title });
    await item.waitFor();
    if (await item.isEnabled()) await item.click();
    await instructor.getByTestId('roster-card').getByText(title).first().waitFor({ timeout: 60_000 });
  }

  async function mend(page: Page, at: LabRoom, fault: string): Promise<void> {
    const instructions = (await page.locator('body').textContent()) ?? '';
    const prefix = /\bours begin with ([a-z]+-[a-z]+-)/.exec(instructions)?.[1] ?? '';
    for (const line of fixOf(fault)) await at.type(line.replaceAll('{{keyPrefix}}', prefix));
    await at.waitForText('successfully rolled out', 120_000);
  }

  it('is built by its instructions, broken by the instructor, mended and passed, watched and graded', async () => {
    await trainee.goto(`${server.url}/labs`);
    expect(await seriousFindings(trainee)).toEqual([]);
    await room.start('Start guided');
    expect(await seriousFindings(trainee)).toEqual([]);
    expect(await room.buildAll()).toHaveLength(6);

    await giveFault(faults[0].title);
    await room.waitForState('incident');
    expect(await seriousFindings(instructor)).toEqual([]);
    await instructor
      .getByRole('link', { name: 'Watch Tess Trainee' })
      .or(instructor.getByRole('button', { name: 'Watch Tess Trainee' }))
      .first()
      .click();
    await instructor.locator('[data-testid="terminal"]').first().waitFor();

    await room.type('clear; kubectl get pods');
    await room.waitForText('STATUS');
    await mend(trainee, room, faults[0].id);
    await new LabRoom(instructor).waitForText('successfully rolled out');
    await room.askForVerdict();
    expect(await room.outcome()).toBe('passed');
    expect(await trainee.locator('[data-testid="result-check"][data-verdict="fail"]').count()).toBe(0);
    expect(await seriousFindings(trainee)).toEqual([]);

    await manager.goto(`${server.url}/grades`);
    await manager.getByRole('link', { name: 'Tess Trainee' }).first().click();
    await manager.locator('[data-testid="result"][data-outcome="passed"]').waitFor();
    await manager.getByRole('button', { name: /^Play / }).click();
    await manager.locator('[data-testid="player"] .ap-player, [data-testid="player"] .ap-wrapper').first().waitFor();
    await manager.getByRole('button', { name: 'Override the outcome' }).click();
    const dialog = manager.getByRole('dialog');
    await dialog.getByText('Not passed').click();
    await dialog.getByLabel('Reason').fill('Somebody else was at the keyboard.');
    await dialog.getByRole('button', { name: 'Override', exact: true }).click();
    await manager.getByText('Somebody else was at the keyboard.').first().waitFor();
  }, 600_000);

  it.each<(typeof faults)[number]>([...others])(
    'its incident $id, chosen by an instructor who tries it, is mended and passed',
    async ({ id }) => {
      await instructor.goto(`${server.url}/labs`);
      const own = new LabRoom(instructor);
      await own.card.getByLabel('Fault').selectOption(id);
      await own.start('Start the incident');
      await mend(instructor, own, id);
      await own.askForVerdict();
      expect(await own.outcome()).toBe('passed');
    },
    300_000,
  );
});
