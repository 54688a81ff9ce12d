// Slow (15 s): a browser.
import assert from 'node:assert/strict';
import type { DagPage } from './support/page.js';
import { box, lookAtPages } from './support/look.js';
import { universe } from './support/states.js';

const SYMBOLS = [...Array.from({ length: 28 }, (_, at) => `S${at + 10}`), 'LATE', 'BAD'];

const symbols = (dag: DagPage) => dag.page.locator('.symbols button');

describe('a strategy over a universe', () => {
  const look = lookAtPages();

  it('is drawn with a box for each family, which says how many symbols it has and stands as the worst of them', () =>
    look(universe(SYMBOLS), {}, async (dag) => {
      assert.equal(await dag.page.locator('.node').count(), 5);
      const label = await box(dag, 'momentum').getAttribute('aria-label');
      assert.match(label ?? '', /^momentum, 30 symbols · roc · 1d × 5, failed, 611 rows$/);
      assert.match(
        (await box(dag, 'rank').getAttribute('aria-label')) ?? '',
        /^rank, 30 symbols · .*, fresh/,
      );
      assert.match((await box(dag, 'exposure').getAttribute('aria-label')) ?? '', /^exposure, cross-section/);
      await box(dag, 'momentum').hover();
      await dag.page
        .locator('.tooltip', { hasText: '29 of 30 symbols are fresh. BAD: Division by zero' })
        .waitFor();
    }));

  it('lists the symbols of the family that is selected, those that need a look first, and finds one by its name', () =>
    look(universe(SYMBOLS), {}, async (dag) => {
      await box(dag, 'momentum').click();
      await dag.page.getByRole('heading', { name: 'momentum' }).waitFor();
      assert.equal(await symbols(dag).count(), 30);
      assert.equal(await symbols(dag).first().textContent(), 'BAD failed 11 rows');
      await dag.page.locator('.symbols-view vscode-text-field input').fill('lat');
      assert.equal(await symbols(dag).count(), 1);
      await dag.page.locator('.symbols-view vscode-text-field input').fill('none such');
      await dag.page.getByText('No symbol has none such in it.').waitFor();
      assert.equal(await symbols(dag).count(), 0);
    }));

  it('shows one symbol with all that a node has, and leads back to the family', () =>
    look(universe(SYMBOLS), {}, async (dag) => {
      await box(dag, 'momentum').click();
      await symbols(dag).nth(1).focus();
      await dag.page.keyboard.press('ArrowUp');
      await dag.page.keyboard.press('Enter');
      await dag.page.getByRole('heading', { name: 'momentum[BAD]' }).waitFor();
      await dag.page.getByText('Division by zero at 2023-03-12.', { exact: true }).waitFor();
      assert.equal(await box(dag, 'momentum').getAttribute('aria-selected'), 'true');
      await dag.page.getByRole('button', { name: 'Export…' }).click();
      assert.deepEqual(dag.payloadOf('exportNode'), { node: 'momentum[BAD]' });
      await dag.page.getByRole('button', { name: 'All 30 symbols' }).click();
      await dag.page.getByRole('heading', { name: 'momentum', exact: true }).waitFor();
      assert.equal(await symbols(dag).count(), 30);
      await dag.page.getByRole('button', { name: 'Export…' }).click();
      assert.deepEqual(dag.payloadOf('exportNode'), { node: 'momentum' });
    }));

  it('shows around a member what concerns that symbol', () =>
    look(universe(SYMBOLS), {}, async (dag) => {
      await box(dag, 'momentum').dblclick();
      await dag.page.locator('.graph[aria-busy=false]').waitFor();
      assert.deepEqual(
        await dag.page
          .locator('.node')
          .evaluateAll((nodes) => nodes.map((node) => node.getAttribute('data-id')).sort()),
        ['index', 'momentum', 'prices', 'rank'],
      );
    }));

  it('is 15 boxes where 800 symbols make 12,000 nodes', () =>
    look(universe(Array.from({ length: 800 }, (_, at) => `S${at}`)), {}, async (dag) => {
      assert.equal(await dag.page.locator('.node').count(), 5);
      await box(dag, 'prices').click();
      assert.equal(await symbols(dag).count(), 800);
    }));
});
