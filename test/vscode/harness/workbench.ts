import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';
import { clicked, happened } from './patience.js';
import { themes, type Theme } from './themes.js';

/** One entry of the Problems panel. */
export interface ShownProblem {
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  /** Who says so, such as `seamless` or `ts`; empty when nobody is named. */
  readonly source: string;
  /** One-based. */
  readonly line: number;
}

/** The editor draws spaces of text as no-break spaces here and there: any space matches any. */
export function phrase(text: string | RegExp): RegExp {
  if (text instanceof RegExp) return text;
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+'));
}

/** A window of the editor: what a person sees and does in it. Locators wait by themselves when they are used. */
export class Workbench {
  constructor(readonly page: Page) {}

  /** Resolves once the window is drawn and its folder is listed. */
  async shown(): Promise<void> {
    await this.page.locator('.monaco-workbench .explorer-folders-view').waitFor();
    // These go on without end while anything runs, and take a third of a processor to draw.
    const moving = '.progress-bit, .codicon-modifier-spin';
    await this.page.addStyleTag({
      content: `${moving} { animation: none !important; transition: none !important; }`,
    });
  }

  /** Gives the window a size, and waits until the workbench fills it. */
  async resize(width: number, height: number): Promise<void> {
    await this.page.setViewportSize({ width, height });
    const workbench = this.page.locator('.monaco-workbench').first();
    for (;;) {
      const box = await workbench.boundingBox();
      if (box && Math.round(box.width) === width && Math.round(box.height) === height) return;
      // On a busy machine it may be laid out before the window has its new size, and hear of no other.
      await this.page.evaluate("window.dispatchEvent(new Event('resize'))");
      await sleep(100);
    }
  }

  /** Chooses from the menu of what is clicked with the other button. */
  async fromMenu(clicked: Locator, title: string): Promise<void> {
    await clicked.click({ button: 'right' });
    const item = this.page.getByRole('menuitem', { name: title });
    // A menu that has just opened takes no click: it is then still there.
    do await item.click();
    while (!(await happened(item.waitFor({ state: 'hidden', timeout: 2000 }))));
  }

  /** Runs a command, once, by the title it has in the palette, such as `Seamless: Show Log`. */
  async command(title: string): Promise<void> {
    await this.#pick('>', title, title);
  }

  /** Opens a file of the folder by its name or its path in it, and waits until its text is drawn. */
  async openFile(path: string): Promise<void> {
    const name = basename(path);
    await this.#pick('', path, name);
    await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    await this.page.locator('.editor-group-container.active .monaco-editor .view-line').first().waitFor();
  }

  /** The lenses whose text holds `text`. */
  lens(text: string | RegExp): Locator {
    return this.page.locator('.codelens-decoration a').filter({ hasText: phrase(text) });
  }

  /**
   * Clicks a lens of the editor that has the focus, at its beginning, as a person would where its end is cut off. An editor too
   * narrow to show it is made wider.
   */
  async clickLens(text: string | RegExp): Promise<void> {
    const lens = this.lens(text);
    await lens.waitFor();
    await this.#moveMouseAway();
    while (!(await clicked(lens, 5000, { x: 4, y: 4 }))) await this.command('Increase Editor Width');
  }

  /** The hover over a word of the open file once it holds `text`. It does not wait for what has to be read: the next one has it. */
  async hoverOver(word: string, text: string): Promise<Locator> {
    const found = this.page.locator('.view-line span').filter({ hasText: new RegExp(`^${word}$`) });
    const shown = this.page.locator('.monaco-hover-content').filter({ hasText: text });
    do {
      await this.#moveMouseAway();
      await found.first().hover();
    } while (!(await happened(shown.first().waitFor({ timeout: 4000 }))));
    return shown.first();
  }

  statusBarItem(text: string | RegExp): Locator {
    return this.page.locator('.statusbar-item').filter({ hasText: phrase(text) });
  }

  /** Notifications on the screen, as toasts or in the list of the notification centre. */
  notification(text: string | RegExp): Locator {
    return this.page.locator('.notification-list-item').filter({ hasText: phrase(text) });
  }

  /** Modal dialogs of the workbench. */
  dialog(text: string | RegExp): Locator {
    return this.page.locator('.monaco-dialog-box').filter({ hasText: phrase(text) });
  }

  /** Shows the side bar of the extension. */
  async showSideBar(): Promise<void> {
    const icon = this.page.locator('.activitybar .action-item', { has: this.page.getByLabel(/^Seamless/) });
    if ((await icon.getAttribute('aria-expanded')) !== 'true') await icon.click();
    await this.page.locator('.sidebar .composite.title', { hasText: /Seamless/i }).waitFor();
  }

  /** Rows of the tree in the side bar that is shown, top to bottom. */
  treeRows(text: string | RegExp = ''): Locator {
    return this.page.locator('.sidebar .pane-body .monaco-list-row').filter({ hasText: phrase(text) });
  }

  /** The box that asks: palette, picker, input. */
  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget');
  }

  /** Choices in the box, top to bottom. */
  quickRows(text: string | RegExp = ''): Locator {
    return this.quickInput.locator('.monaco-list-row').filter({ hasText: phrase(text) });
  }

  /** What stands under the box: a prompt, or what is wrong with what was typed. */
  quickMessage(text: string | RegExp = ''): Locator {
    return this.quickInput.locator('.quick-input-message').filter({ hasText: phrase(text) });
  }

  /** Where one types in the box. */
  get quickText(): Locator {
    return this.quickInput.locator('input:is([type="text"], [type="password"]):visible');
  }

  /** Replaces the text in the box by what is typed. */
  async typeInQuickInput(text: string): Promise<void> {
    do {
      await this.quickText.fill('');
      await this.quickText.pressSequentially(text);
      // What the box proposes meanwhile goes between the letters.
    } while ((await this.quickText.inputValue()) !== text);
  }

  /** Takes the choice in the box that holds `text`. */
  async choose(text: string | RegExp): Promise<void> {
    const row = this.quickRows(text).first();
    do await row.waitFor();
    while (!(await clicked(row, 5000)));
  }

  /** Runs a command that asks what to take, and takes the choice that holds `text`. */
  async chooseFrom(title: string, text: string | RegExp): Promise<void> {
    const row = this.quickRows(text).first();
    do await this.untilAsked(row, () => this.command(title));
    while (!(await clicked(row, 5000)));
  }

  /** Takes what the box has: the text that was typed, or the choice that is marked. */
  async acceptQuickInput(): Promise<void> {
    await this.quickText.press('Enter');
  }

  /** Does what opens the box, again until `part` of it is shown: a box that opens while the window is busy may close at once. */
  async untilAsked(part: Locator, ask: () => Promise<unknown>): Promise<void> {
    for (;;) {
      await ask();
      if (await happened(part.waitFor({ timeout: 20_000 }))) return;
      await this.#closeQuickInput();
    }
  }

  /** Opens the range picker from the lens of the open file, with its choices. */
  async openRangePicker(): Promise<void> {
    const lens = this.lens('Materialize range').first();
    await this.untilAsked(this.quickRows('All').first(), async () => {
      await this.#moveMouseAway();
      // The editor may be scrolled, with the lens above its top.
      if (!(await clicked(lens, 10_000))) await this.#goToTop();
    });
  }

  /** Materializes all that the sources of the open file's strategy have. */
  async materializeAll(): Promise<void> {
    await this.openRangePicker();
    await this.acceptQuickInput();
  }

  /** Materializes a range, such as `2023-01-01 2023-02-01`, of the open file's strategy. */
  async materialize(range: string): Promise<void> {
    await this.openRangePicker();
    await this.typeInQuickInput(range);
    await this.quickRows('typed').waitFor();
    await this.acceptQuickInput();
  }

  /** Saves as `file` in the dialog that asks for it, once it proposes a name like `proposed`: what is typed before is lost. */
  async saveAs(file: string, proposed: RegExp): Promise<void> {
    const has = async (expected: RegExp): Promise<void> => {
      while (!expected.test(await this.quickText.inputValue())) await sleep(50);
    };
    await has(proposed);
    await this.quickText.fill(file);
    await has(phrase(basename(file)));
    await this.quickInput.getByRole('button', { name: 'OK' }).click();
    await this.quickInput.waitFor({ state: 'hidden' });
  }

  /**
   * Rows of the Problems panel whose message or source holds `text`. The panel is shown for that, with no other rows: those out
   * of sight are not drawn.
   */
  async problemRows(text: string): Promise<Locator> {
    const filter = this.page.getByPlaceholder(/^Filter .*\*\*\/\*\.ts/);
    while (!(await filter.isVisible())) await this.command('Problems: Focus on Problems View');
    await filter.fill(text);
    const said = this.page.locator('.marker-message, .marker-source').filter({ hasText: phrase(text) });
    return this.page.locator('.markers-panel .monaco-list-row:has(.marker-icon)').filter({ has: said });
  }

  /** The problems whose message or source holds `text`, in the panel's order, once there are so many. */
  async problems(text: string, count: number): Promise<ShownProblem[]> {
    const rows = await this.problemRows(text);
    await rows.nth(count).waitFor({ state: 'detached' });
    if (count > 0) await rows.nth(count - 1).waitFor();
    return Promise.all((await rows.all()).map(problemOf));
  }

  /** What the terminal in front shows. */
  get terminal(): Locator {
    return this.page.locator('.terminal-wrapper.active .xterm-rows');
  }

  /** Types a line into the terminal in front, once the keys go there. */
  async typeInTerminal(line: string): Promise<void> {
    const terminal = this.page.locator('.terminal-wrapper.active .xterm');
    await terminal.click();
    await terminal.and(this.page.locator('.focus')).waitFor();
    await this.page.keyboard.type(line);
    await this.page.keyboard.press('Enter');
  }

  /** Resolves once the window is drawn in a theme. */
  async themeShown(theme: Theme): Promise<void> {
    await this.page.locator(`.monaco-workbench.${themes[theme].rootClass}`).first().waitFor();
  }

  /**
   * The list does not follow what arrives while it is open, and extensions arrive after the window; a key goes nowhere while a
   * panel is being opened; and the box may close before its row is clicked: so all of it is done again until a row was taken.
   */
  async #pick(prefix: string, typed: string, title: string): Promise<void> {
    const row = this.quickInput
      .locator('.monaco-list-row')
      .filter({ has: this.page.getByText(title, { exact: true }) })
      .first();
    for (let patience = 2000; ; patience = Math.min(2 * patience, 30_000)) {
      await this.page.keyboard.press(prefix === '>' ? 'F1' : 'ControlOrMeta+P');
      if (
        (await happened(this.quickText.fill(prefix + typed, { timeout: patience }))) &&
        (await happened(row.waitFor({ timeout: patience }))) &&
        (await clicked(row, patience)) &&
        // The command may ask something in the very same box; a row that stays was not taken.
        (await happened(row.waitFor({ state: 'hidden', timeout: 10_000 })))
      )
        return;
      await this.#closeQuickInput();
    }
  }

  async #goToTop(): Promise<void> {
    await this.command('View: Focus Active Editor Group');
    await this.page.keyboard.press('Control+Home');
  }

  /** A hover stays, and covers what is beneath it, as long as the mouse is there. */
  async #moveMouseAway(): Promise<void> {
    await this.page.mouse.move(0, 0);
    await happened(
      this.page.locator('.monaco-hover-content:visible').first().waitFor({ state: 'hidden', timeout: 2000 }),
    );
  }

  /** Elsewhere the key would close something else. */
  async #closeQuickInput(): Promise<void> {
    if (await this.quickInput.isVisible()) await this.page.keyboard.press('Escape');
  }
}

async function problemOf(row: Locator): Promise<ShownProblem> {
  const [icon, message, source, place] = await Promise.all([
    row.locator('.marker-icon .codicon').first().getAttribute('class'),
    row.locator('.marker-message').first().textContent(),
    row.locator('.marker-source').first().textContent(),
    row.locator('.marker-line').first().textContent(),
  ]);
  const severity = /severity-(error|warning|info)|codicon-(error|warning|info)/.exec(icon ?? '');
  return {
    severity: (severity?.[1] ?? severity?.[2] ?? 'info') as ShownProblem['severity'],
    message: plain(message),
    source: plain(source),
    line: Number(/\d+/.exec(place ?? '')?.[0]),
  };
}

function plain(text: string | null): string {
  return (text ?? '').replace(/\s+/g, ' ').trim();
}
