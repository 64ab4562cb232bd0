import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { TestServer } from '../../server/testing/test-server.ts';
import { RELOAD_AFTER_MS } from '../../web/src/parts/reload-plan.ts';
import { launchChromium } from '../support/chromium.ts';
import { enterDemo, expectReadable, webDir } from './pages.ts';

/** What only the page of grades is made of. */
const PIECES = /\/assets\/grades-page-.*\.js$/;

let server: TestServer;
let browser: Browser;
let manager: Page;

beforeAll(async () => {
  server = await TestServer.start({ webDir });
  browser = await launchChromium();
  manager = await enterDemo(browser, server, 'manager');
});
beforeEach(async () => {
  await manager.unroute(PIECES);
  manager.removeAllListeners('load');
  await manager.goto(`${server.url}/labs`);
  await manager.evaluate('sessionStorage.clear()');
});
afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

/** Fails it as Chromium does when the machine's network changes, until the page has loaded itself anew so often. Answers how often it did. */
async function failUntil(reloads: number): Promise<() => number> {
  let done = 0;
  manager.on('load', () => {
    done += 1;
  });
  await manager.route(PIECES, (route) => (done < reloads ? route.abort('internetdisconnected') : route.continue()));
  return () => done;
}

it('a page that a changing network keeps from loading comes up by itself', async () => {
  const reloads = await failUntil(3);
  await manager.getByRole('link', { name: 'Grades' }).click();
  await manager.getByRole('heading', { name: 'Grades', level: 1 }).waitFor();
  expect(reloads()).toBe(3);
});

it('a page that goes on failing says so, and comes up when the person asks for it later', async () => {
  const reloads = await failUntil(RELOAD_AFTER_MS.length + 1);
  await manager.getByRole('link', { name: 'Grades' }).click();
  await manager.getByText('A part of this page could not be loaded.').waitFor({ timeout: 60_000 });
  expect(reloads()).toBe(RELOAD_AFTER_MS.length);
  await expectReadable(manager, 'a page that could not be loaded');
  await manager.getByRole('button', { name: 'Reload the page' }).click();
  await manager.getByRole('heading', { name: 'Grades', level: 1 }).waitFor();
});
