import type { Locator, Page } from 'playwright-core';

/** How long a step's commands may take until its checks pass: rollouts and image starts on a busy machine. */
const STEP_TIMEOUT_MS = 120_000;

/** The lab page in a trainee's browser, driven as a person drives it. */
export class LabRoom {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Lab 1 in the catalogue. */
  get card(): Locator {
    return this.#page.getByRole('article', { name: 'Build and secure a model endpoint' });
  }

  async start(how: 'Start guided' | 'Start the incident'): Promise<void> {
    await this.card.getByRole('button', { name: how }).click();
    await this.waitForState(how === 'Start guided' ? 'ready' : 'incident');
    await this.waitForTerminal();
  }

  async waitForState(state: string): Promise<void> {
    await this.#page.locator(`[data-testid="attempt-state"][data-state="${state}"]`).waitFor({ timeout: STEP_TIMEOUT_MS });
  }

  async waitForTerminal(): Promise<void> {
    await this.#page.locator('[data-testid="terminal"][data-state="open"]').first().waitFor({ timeout: STEP_TIMEOUT_MS });
    await this.waitForText('trainee@');
  }

  /** Waits until the terminal shows a text. The screen is read as a person reads it: as it is painted, rows joined. */
  async waitForText(text: string, timeoutMs = 60_000): Promise<void> {
    await this.#page.getByTestId('terminal').locator('.xterm-rows').filter({ hasText: text }).first().waitFor({ timeout: timeoutMs });
  }

  async type(command: string): Promise<void> {
    await this.#page.locator('[data-testid="terminal"] .xterm-helper-textarea').first().focus();
    await this.#page.keyboard.type(command);
    await this.#page.keyboard.press('Enter');
  }

  /** Does every build step by its own run buttons, and waits for the checks to tick. Answers the steps' ids. */
  async buildAll(): Promise<readonly string[]> {
    const done: string[] = [];
    for (;;) {
      const step = this.#page.locator('[data-testid="step"][data-state="open"]');
      const id = (await step.getAttribute('data-step')) ?? '';
      const blocks = await step.getByRole('button', { name: 'Run', exact: true }).all();
      for (const block of blocks) await block.click();
      const passed = this.#page.locator(`[data-testid="step"][data-step="${id}"][data-state="passed"]`);
      const moved = this.#page.locator(`[data-testid="step"]:not([data-step="${id}"])`);
      await passed.or(moved).first().waitFor({ timeout: STEP_TIMEOUT_MS });
      done.push(id);
      const next = this.#page.getByRole('navigation', { name: 'Steps' }).getByRole('button', { name: /, open$/ });
      const isBuilt = this.#page.getByText('All of it is built.');
      await next.or(isBuilt).first().waitFor();
      if (await isBuilt.isVisible()) return done;
      await next.first().click();
      await moved.waitFor();
    }
  }

  async askForVerdict(): Promise<void> {
    await this.#page.getByRole('button', { name: 'Ask for the verdict' }).click();
    await this.declareNoAi();
    await this.#page.getByRole('dialog').getByRole('button', { name: 'Judge it now' }).click();
    await this.#page.locator('[data-testid="result"]').waitFor({ timeout: STEP_TIMEOUT_MS });
  }

  /** What is asked first where AI assistants may help. */
  async declareNoAi(): Promise<void> {
    const dialog = this.#page.getByRole('dialog');
    await dialog.getByLabel('I used none').check();
    await dialog.getByRole('button', { name: 'Declare it' }).click();
  }

  async outcome(): Promise<string | null> {
    return this.#page.locator('[data-testid="result"]').getAttribute('data-outcome');
  }
}
