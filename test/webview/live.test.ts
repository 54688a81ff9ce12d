// Slow (20 s): a browser.
import assert from 'node:assert/strict';
import { box, lookAtPages } from './support/look.js';
import { THEMES } from './support/page.js';
import { START, twelve, universe } from './support/states.js';
import type { LiveRun } from '../../src/panel/state.js';

const asOf = START + 52_260;
const run: LiveRun = {
  run: 'paper-btc-20230301',
  world: 'paper-btc',
  mode: 'paper',
  ended: false,
  asOf,
  values: [
    { name: 'BTC price', asOf, text: '23,145.25' },
    { name: 'ETH price', asOf, text: '1,612.7' },
    { name: 'funding', asOf: START, text: '0.0001' },
    { name: 'fast', asOf, text: '23,140.05' },
    { name: 'signal', asOf: START - 3600, text: 'side long, weight 0.5, why the fast average is above' },
  ],
};

describe('a run in a world, on the DAG', () => {
  const look = lookAtPages();

  it('shows the newest value of each node with its time, and goes back to what the node is', () =>
    look(twelve(), {}, async (dag) => {
      await box(dag, 'fast').waitFor();
      await dag.post({ type: 'live', live: run });
      await dag.page.locator('.world .mode.is-paper', { hasText: 'PAPER' }).waitFor();
      await dag.page.locator('.world').getByText('paper-btc', { exact: true }).waitFor();
      await dag.page.locator('.world').getByText('as of 2023-03-01T14:31:00Z').waitFor();
      const words = (name: string) => box(dag, name).locator('.subtitle.live');
      await words('fast').waitFor();
      assert.equal(await words('fast').textContent(), '● 23,140.05 · 14:31');
      assert.equal(await words('funding').textContent(), '● 0.0001 · 03-01');
      assert.match((await words('signal').textContent()) ?? '', /^● side lo.*… · 02-28 23:00$/);
      // What said nothing yet says what it is.
      assert.match((await box(dag, 'slow').locator('.subtitle').textContent()) ?? '', /^sma/);
      const label = await box(dag, 'fast').getAttribute('aria-label');
      assert.equal(label, 'fast, 23,140.05 · 14:31, fresh, 30,240 rows');
      // Only what changed is said; the rest stays.
      const later = asOf + 60;
      await dag.post({
        type: 'live',
        live: { ...run, asOf: later, values: [{ name: 'fast', asOf: later, text: '23,141' }] },
      });
      await words('fast').getByText('23,141 · 14:32').waitFor();
      assert.equal(await words('BTC price').textContent(), '● 23,145.25 · 14:31');
      // As it ended.
      await dag.post({ type: 'live', live: { ...run, ended: true, asOf: later, values: [] } });
      await dag.page.locator('.world').getByText('ended', { exact: true }).waitFor();
      assert.equal(await words('fast').textContent(), '● 23,141 · 14:32');
      await dag.post({ type: 'live', live: null });
      await words('fast').waitFor({ state: 'detached' });
      await dag.page.locator('.world').waitFor({ state: 'hidden' });
      assert.match((await box(dag, 'fast').locator('.subtitle').textContent()) ?? '', /^sma/);
    }));

  it('says of a family how many of its symbols have a row of its time', () =>
    look(universe(['AAPL', 'BAD', 'LATE']), {}, async (dag) => {
      const family = dag.page.locator('[data-id="momentum"]');
      await family.waitFor();
      await dag.post({
        type: 'live',
        live: { ...run, values: [{ name: 'momentum', asOf, text: '28 symbols' }] },
      });
      await family.locator('.subtitle.live').getByText('28 symbols · 14:31').waitFor();
    }));

  for (const theme of THEMES) {
    it(`is seen in ${theme}, near and from afar`, () =>
      look(twelve(), { theme, width: 1500, height: 800 }, async (dag) => {
        await box(dag, 'fast').waitFor();
        await dag.post({ type: 'live', live: { ...run, mode: theme === 'light' ? 'live' : 'paper' } });
        await dag.page.locator('.world .mode').waitFor();
        await dag.picture(`live-${theme}`);
        await dag.page.setViewportSize({ width: 900, height: 460 });
        await dag.page.locator('.graph[aria-busy=false]').waitFor();
        await dag.page.locator('.graph').press('f');
        await dag.page.locator('.live-line').first().waitFor();
        await dag.picture(`live-far-${theme}`);
      }));
  }
});
