import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serveWorlds, type WorldServer } from '../../../src/live/world/serve.js';
import { Project } from '../../support/project.js';
import { DagView } from '../harness/dag.js';
import { useEditor } from '../harness/editor.js';
import { drawn } from '../harness/themes.js';

const TOKEN = 'a-token-of-the-test';
const SLOW = 'mode: paper\nfeed: { kind: replay, start: 2018-01-02, speed: 200000 }\ncapital: 100000\n';
const LIVE =
  'mode: live\nallowLive: true\nbroker: brokers/quiet.ts\nfeed: { kind: replay, start: 2018-01-02, speed: 200000 }\n';

/** Takes every order, and fills none. */
const QUIET = `export default {
  async send() {},
  async has() { return false; },
  async *listen(_after: unknown, signal: AbortSignal) {
    await new Promise((over) => signal.addEventListener('abort', over));
  },
};
`;

// One editor: what a test leaves is what the next begins with.
describe('worlds that are elsewhere, and live ones', () => {
  const editor = useEditor({
    files: { 'worlds/real-money.yaml': LIVE, 'brokers/quiet.ts': QUIET },
    settings: { 'terminal.integrated.gpuAcceleration': 'off' },
  });
  let there: Project;
  let server: WorldServer;
  before(async () => {
    there = new Project({ 'worlds/btc.yaml': SLOW });
    server = await serveWorlds({
      projectRoot: there.root,
      host: '127.0.0.1',
      port: 0,
      token: TOKEN,
      everyMs: 100,
    });
    const far = `url: ${server.url('btc')}\ntokenFrom: FAR_TOKEN\n`;
    writeFileSync(join(editor().folder, 'worlds/far.yaml'), far);
  });
  after(async () => {
    await server.close();
    there.remove();
  });
  const startIn = async (world: string): Promise<void> => {
    const window = editor();
    await window.command('View: Focus First Editor Group');
    await window.chooseFrom('Seamless: Start Run…', world);
  };
  const runs = (): string[] => {
    try {
      return readdirSync(join(editor().folder, '.seamless/runs')).filter((name) => /^[a-z]/.test(name));
    } catch {
      return [];
    }
  };
  const box = () => editor().quickInput.locator('input[type="text"]');

  it('a world that is elsewhere is refused without its token, and says how to set it', async () => {
    const window = editor();
    await window.resize(1500, 850);
    await window.openFile('sp-trend.ts');
    await window.lens('Materialize range').waitFor();
    await startIn('far');
    const refused = window.notification('FAR_TOKEN, which is not set').first();
    await refused.filter({ hasText: 'Seamless: Set Secret…' }).waitFor();
    await window.picture('world-no-token');
    await window.command('Notifications: Clear All Notifications');
  });

  it('runs with the token of Set Secret…, and shows where it is', async () => {
    const window = editor();
    await window.command('Seamless: Set Secret…');
    await window.quickMessage('The name that a source has for it').waitFor();
    await box().fill('FAR_TOKEN');
    await window.page.keyboard.press('Enter');
    await window.quickMessage('secret storage').waitFor();
    await window.quickInput.locator('input[type="password"]').fill(TOKEN);
    await window.page.keyboard.press('Enter');
    await window.notification('FAR_TOKEN is set').waitFor();
    await window.command('Notifications: Clear All Notifications');
    await window.command('View: Focus First Editor Group');
    await window.command('Seamless: Start Run…');
    await window.quickRows('far').filter({ hasText: 'ws://127.0.0.1' }).waitFor();
    await window.picture('world-elsewhere');
    await window.choose('far');
    await window.statusBarItem('PAPER far').waitFor();
    await new DagView(window).frame.getByRole('heading', { name: 'SpTrend in far PAPER' }).waitFor();
    await window.command('Seamless: Stop Run');
    await window.statusBarItem('PAPER far ·').waitFor();
    assert.equal(runs().length, 1);
    await window.command('Notifications: Clear All Notifications');
  });

  it('a live world asks for its name: what is typed wrong says so, and nothing starts without it', async () => {
    const window = editor();
    await startIn('real-money');
    await window.quickMessage("Type the world's name to go on: real-money").waitFor();
    for (const theme of drawn) {
      await window.redrawIn(theme);
      await window.picture('live-box');
    }
    await box().fill('real-mone');
    await window.quickMessage("Type the world's name").waitFor();
    await box().fill('real-monex');
    await window.quickMessage("That is not the world's name, real-money.").waitFor();
    await window.picture('live-box-wrong');
    // A wrong name is not taken.
    await window.page.keyboard.press('Enter');
    await window.quickMessage("That is not the world's name, real-money.").waitFor();
    await window.page.keyboard.press('Escape');
    await window.notification('SpTrend was not started: real-money is live').waitFor();
    await window.picture('live-box-cancelled');
    assert.equal(runs().length, 1);
    await window.command('Notifications: Clear All Notifications');
  });

  it('runs in a terminal once it is typed', async () => {
    const window = editor();
    await startIn('real-money');
    await window.quickMessage("Type the world's name to go on: real-money").waitFor();
    await box().fill('real-money');
    await window.page.keyboard.press('Enter');
    await window.terminal.getByText('--confirm').first().waitFor();
    await window.terminal
      .getByText(/buy|order|ready|warm/i)
      .first()
      .waitFor();
    // The status bar has it, though it runs elsewhere, and so has the DAG.
    await window.statusBarItem('LIVE real-money').waitFor();
    await window.command('View: Focus First Editor Group');
    await window.clickLens('DAG');
    const dag = new DagView(window);
    await dag.frame.locator('.world .mode.is-live', { hasText: 'LIVE' }).waitFor();
    await dag.box('fast').locator('.subtitle.live, .live-line').first().waitFor();
    await window.picture('live-terminal');
    assert.equal(runs().length, 2);
    await window.command('Seamless: Stop Run');
    await window.statusBarItem('LIVE real-money ·').waitFor();
    // What it said last stays until the strategy is edited.
    await dag.frame.locator('.world').getByText('ended', { exact: true }).waitFor();
    await dag.box('fast').locator('.subtitle.live, .live-line').first().waitFor();
    await window.picture('live-ended');
  });
});
