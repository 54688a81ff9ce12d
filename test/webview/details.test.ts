// Slow (35 s): a browser.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { panelNodeOf } from '../panel/states.js';
import type { DagPage } from './support/page.js';
import { box, lookAtPages, pageOf, replies } from './support/look.js';
import { END, research, seriesOf, START, stateOf, twelve, wave } from './support/states.js';

type Page = Parameters<typeof pageOf>[0];

interface Read {
  readonly start: number;
  readonly end: number;
}

/** What the chart asks for once the hand rests, other than what it asked for before. */
async function readAfter(dag: DagPage, act: () => Promise<void>): Promise<Read> {
  const before = dag.sent.length;
  await act();
  await dag.until(
    (message) =>
      message.type === 'request' && message.kind === 'readNode' && dag.sent.indexOf(message) >= before,
  );
  await dag.page.locator('.values:not([aria-busy])').waitFor();
  return dag.payloadOf('readNode') as Read;
}

async function middleOf(
  dag: DagPage,
  selector: string,
): Promise<{ x: number; y: number; width: number; height: number }> {
  const area = (await dag.page.locator(selector).first().boundingBox())!;
  return { ...area, x: area.x + area.width / 2, y: area.y + area.height / 2 };
}

const widthOf = ({ start, end }: Read): number => end - start;

describe("a node's details", () => {
  const look = lookAtPages();

  /** Opens a node, and waits for its chart. */
  async function open(dag: DagPage, name: string): Promise<void> {
    await box(dag, name).click();
    await dag.page.locator('.uplot').first().waitFor();
    await dag.page.locator('.values:not([aria-busy])').waitFor();
  }

  it('say of a stream what its file is read as, and ask for it once', () =>
    look(twelve(), {}, async (dag) => {
      await box(dag, 'BTC price').click();
      await dag.page.getByRole('tab', { name: 'About' }).click();
      await dag.page.getByText('time: open_time, ISO-8601, UTC').waitFor();
      await dag.page.getByRole('tab', { name: 'Chart' }).click();
      await dag.page.getByRole('tab', { name: 'About' }).click();
      await dag.page.getByText('time: open_time, ISO-8601, UTC').waitFor();
      const asked = dag.sent.filter((message) => message.type === 'request' && message.kind === 'source');
      assert.equal(asked.length, 1);
      await box(dag, 'fast').click();
      await dag.page.getByText('Made by').waitFor();
      assert.equal(await dag.page.getByText('Read as').count(), 0);
    }));

  it('are zoomed by the wheel, panned by a drag, and whole again after a double click', () =>
    look(twelve(), {}, async (dag) => {
      await open(dag, 'fast');
      const { mouse } = dag.page;
      const over = await middleOf(dag, '.u-over');
      await mouse.move(over.x, over.y);
      const closer = await readAfter(dag, () => mouse.wheel(0, -400));
      assert.ok(widthOf(closer) < (END - START) / 2, JSON.stringify(closer));
      assert.ok(closer.start > START && closer.end < END);
      const panned = await readAfter(dag, async () => {
        await mouse.down();
        await mouse.move(over.x + over.width / 4, over.y, { steps: 4 });
        await mouse.up();
      });
      const share = (closer.start - panned.start) / widthOf(closer);
      assert.ok(share > 0.2 && share < 0.3, `panned by ${share} of what is seen`);
      assert.ok(Math.abs(widthOf(panned) - widthOf(closer)) < 1);
      const whole = await readAfter(dag, () => mouse.dblclick(over.x, over.y));
      assert.deepEqual([whole.start, whole.end], [START, END]);
    }));

  it('are zoomed and panned by the keyboard as well, and the graph stays where it is', () =>
    look(twelve(), {}, async (dag) => {
      await open(dag, 'fast');
      const { keyboard } = dag.page;
      await dag.page.getByRole('group', { name: /^Chart of fast/ }).focus();
      const closer = await readAfter(dag, async () => {
        for (let press = 0; press < 3; press++) await keyboard.press('+');
      });
      assert.ok(widthOf(closer) < (END - START) / 2);
      const right = await readAfter(dag, () => keyboard.press('ArrowRight'));
      assert.ok(right.start > closer.start && Math.abs(widthOf(right) - widthOf(closer)) < 1);
      const left = await readAfter(dag, () => keyboard.press('ArrowLeft'));
      assert.ok(Math.abs(left.start - closer.start) < 1);
      const whole = await readAfter(dag, () => keyboard.press('0'));
      assert.deepEqual([whole.start, whole.end], [START, END]);
      assert.equal((await dag.kept())['camera'], null);
    }));

  it('never leave what there is, however far one goes', () =>
    look(twelve(), {}, async (dag) => {
      await open(dag, 'fast');
      await dag.page.getByRole('group', { name: /^Chart of fast/ }).focus();
      const read = await readAfter(dag, async () => {
        for (const key of ['+', '+', '+', ...Array.from({ length: 40 }, () => 'ArrowRight')])
          await dag.page.keyboard.press(key);
      });
      assert.equal(read.end, END);
      assert.ok(read.start > START && read.start < END);
    }));

  it('fill their pane, whose size is a person’s, by hand or by key, and is kept', () =>
    look(research(20), { width: 1400, height: 900 }, async (dag) => {
      await open(dag, 'BTC price');
      const sizes = async (): Promise<{ pane: number; chart: number; filled: number }> => {
        const pane = await middleOf(dag, 'aside.details');
        const chart = await middleOf(dag, '.chart-frame');
        return { pane: pane.width, chart: chart.width, filled: chart.height / pane.height };
      };
      const before = await sizes();
      assert.ok(before.filled > 0.6, `the chart takes ${before.filled} of its pane`);
      const edge = await middleOf(dag, '.splitter');
      await dag.page.mouse.move(edge.x, edge.y);
      await dag.page.mouse.down();
      await dag.page.mouse.move(edge.x - 200, edge.y, { steps: 4 });
      await dag.page.mouse.up();
      const wide = await sizes();
      assert.ok(Math.abs(wide.pane - before.pane - 200) < 4, `${before.pane} → ${wide.pane}`);
      assert.ok(wide.chart > before.chart + 150);
      await dag.page.waitForFunction(
        (least) => document.querySelector('.uplot')!.clientWidth > least,
        before.chart + 150,
      );
      await dag.page.getByRole('separator').focus();
      await dag.page.keyboard.press('ArrowRight');
      assert.ok((await sizes()).pane < wide.pane);
      const kept = await dag.kept();
      await look(research(20), { width: 1400, height: 900, kept }, async (again) => {
        await again.page.locator('.uplot').first().waitFor();
        assert.equal((await middleOf(again, 'aside.details')).width, (await sizes()).pane);
      });
    }));

  it('have the size that was last chosen in another panel', () =>
    look(research(20), { width: 1400, height: 900 }, async (dag) => {
      await open(dag, 'BTC price');
      await dag.page.getByRole('separator').focus();
      for (let press = 0; press < 4; press++) await dag.page.keyboard.press('ArrowLeft');
      const { width } = await middleOf(dag, 'aside.details');
      const split = { beside: width, below: null };
      await dag.until(
        (message) =>
          message.type === 'request' &&
          message.kind === 'keepSplit' &&
          isDeepStrictEqual(message.payload, split),
      );
      // Another panel: VS Code kept nothing of it, the host remembers.
      await look({ ...research(20), split }, { width: 1400, height: 900 }, async (again) => {
        await open(again, 'BTC price');
        assert.equal((await middleOf(again, 'aside.details')).width, width);
      });
    }));

  it('are below the graph where the panel is tall, with a splitter of their own', () =>
    look(research(20), { width: 700, height: 1000 }, async (dag) => {
      await open(dag, 'BTC price');
      const [graph, pane] = [await middleOf(dag, '.graph'), await middleOf(dag, 'aside.details')];
      assert.ok(pane.y > graph.y);
      await dag.page.getByRole('separator').focus();
      for (let press = 0; press < 4; press++) await dag.page.keyboard.press('ArrowUp');
      assert.ok((await middleOf(dag, 'aside.details')).height > pane.height + 60);
    }));

  it('show states on an axis that names each, and numbers of other sizes on axes of their own', () =>
    look(research(7), { width: 1400, height: 900 }, async (dag) => {
      await open(dag, 'decision');
      assert.equal(await dag.page.locator('.uplot').count(), 4);
      const legend = dag.page.locator('.chart-legend');
      await legend.getByText(/^action (hold_btc|hold_eth|stay_in_cash)$/).waitFor();
      await legend.getByText(/^price 2[\d,.]+$/).waitFor();
    }));

  it('are read again when what is stored became another, though it covers and counts the same', () =>
    look(twelve(), {}, async (dag) => {
      await open(dag, 'fast');
      const state = twelve();
      const nodes = state.nodes!.map((node) => (node.name === 'fast' ? { ...node, version: '2' } : node));
      const again = await readAfter(dag, () => dag.tell({ ...state, nodes }));
      assert.deepEqual([again.start, again.end], [START, END]);
      await dag.page.getByRole('tab', { name: 'Table' }).click();
      await dag.page.getByText('Rows 1 to 100 of 504').waitFor();
      const before = dag.sent.length;
      await dag.tell({ ...state, nodes: nodes.map((node) => ({ ...node, version: '3' })) });
      await dag.until(
        (message) =>
          message.type === 'request' && message.kind === 'rows' && dag.sent.indexOf(message) >= before,
      );
    }));

  it('call nothing fresh while code and data are being looked at', () =>
    look(twelve(), {}, async (dag) => {
      await open(dag, 'fast');
      const badge = dag.page.locator('.badge');
      await badge.getByText('fresh', { exact: true }).waitFor();
      const checking = {
        ...{ fraction: 0.45, percent: '45 %', what: 'checking prices.csv' },
        ...{ left: null, bars: null, node: null },
      };
      await dag.tell(twelve({ checking }));
      await badge.getByText('checking…').waitFor();
      await dag.page.locator('.progress').getByText('45 % · checking prices.csv').waitFor();
      await dag.page.locator('.node[data-id="fast"][aria-label*="checking…"]').waitFor();
      assert.equal(await dag.page.locator('.node.is-fresh').count(), 0);
      // What is known to be stale stays so.
      assert.equal(await dag.page.locator('.node.is-changed').count(), 1);
      await dag.tell(twelve());
      await badge.getByText('fresh', { exact: true }).waitFor();
    }));

  it('say in chart and table which version they are of, where that is not the one of now', () => {
    const before = seriesOf(wave(800));
    const told = (judged: boolean) => ({
      ...replies,
      readNode: () => ({ ...before, versions: before.versions.map((version) => ({ ...version, judged })) }),
      rows: (asked: Page) => ({ ...pageOf(asked), judged }),
    });
    const says = async (dag: DagPage, node: string, which: string): Promise<void> => {
      await open(dag, node);
      await dag.page.getByText(new RegExp(`^${which} · 2023-03-01`)).waitFor();
      await dag.page.getByRole('tab', { name: 'Table' }).click();
      await dag.page.getByText(new RegExp(`^${which} · Rows 1 to 100`)).waitFor();
      await dag.page.getByRole('tab', { name: 'Chart' }).click();
    };
    return look(twelve(), { replies: told(false) }, async (dag) => {
      await says(dag, 'slow', 'rows of an earlier version, from before the change');
      await says(dag, 'noise', 'rows of the last run, which may have used other code');
      await look(twelve(), { replies: told(true) }, async (other) => {
        await says(other, 'crossover', 'rows from before the change');
        await open(other, 'fast');
        await other.page
          .locator('.note')
          .getByText(/^2023-03-01/)
          .waitFor();
      });
    });
  });

  it('are offered to be run where nothing is stored over what is looked at, of any version', () => {
    const nothing = {
      ...replies,
      readNode: () => ({ interval: 3600, versions: [], difference: null }),
      rows: (asked: Page) => ({ ...pageOf(asked), total: 0 }),
    };
    return look(twelve(), { replies: nothing }, async (dag) => {
      await box(dag, 'slow').click();
      for (const tab of ['Chart', 'Table']) {
        await dag.page.getByRole('tab', { name: tab }).click();
        await dag.page.getByText(/^slow has no values yet\./).waitFor();
      }
      await dag.page.locator('.empty vscode-button', { hasText: 'Materialize' }).waitFor();
    });
  });

  const bare = panelNodeOf('fast', ['price'], {
    standing: 'empty',
    why: 'Nothing of it was ever computed.',
    rows: 0,
    coverage: [],
  });

  it('say before the first run what they would show, with a button that makes it so', () =>
    look(
      stateOf([panelNodeOf('price', [], { standing: 'empty', rows: 0, coverage: [] }), bare]),
      { replies: { ...replies, readNode: () => Promise.reject(new Error('asked for what is not there')) } },
      async (dag) => {
        for (const tab of ['Chart', 'Table', 'Before and After']) {
          await box(dag, 'fast').click();
          await dag.page.getByRole('tab', { name: tab }).click();
          await dag.page
            .getByText('fast has no values yet. Materialize 2023-03-01 → 2023-03-22 to see them here.')
            .waitFor();
          assert.equal(await dag.page.getByRole('alert').count(), 0);
        }
        await dag.page.locator('.empty vscode-button', { hasText: 'Materialize' }).click();
        await dag.until((message) => message.type === 'request' && message.kind === 'materialize');
        assert.deepEqual(dag.payloadOf('materialize'), { start: START, end: END });
        assert.equal(dag.payloadOf('readNode'), undefined);
        assert.equal(dag.payloadOf('rows'), undefined);
      },
    ));

  it('say so where a node failed at once, and where nothing may be run', async () => {
    const failed = { ...bare, standing: 'failed' as const, why: 'fast failed: no price.' };
    await look(stateOf([panelNodeOf('price'), failed]), {}, async (dag) => {
      await box(dag, 'fast').click();
      await dag.page.getByText('fast failed before its first row.').waitFor();
      await dag.page.locator('.empty vscode-button', { hasText: 'Reveal in Source' }).waitFor();
    });
    await look(stateOf([panelNodeOf('price'), bare], { trusted: false }), {}, async (dag) => {
      await box(dag, 'fast').click();
      await dag.page.locator('.empty vscode-button', { hasText: 'Manage Trust' }).click();
      await dag.until((message) => message.type === 'request' && message.kind === 'retry');
    });
  });

  it('tell an error once, where the values would be', () =>
    look(
      twelve(),
      { replies: { ...replies, readNode: () => Promise.reject(new Error('The cache is held.')) } },
      async (dag) => {
        await box(dag, 'fast').click();
        await dag.page.locator('.inline-error vscode-button').waitFor();
        await dag.until((message) => message.type === 'request' && message.kind === 'log');
        assert.equal(await dag.page.getByRole('alert').count(), 1);
      },
    ));
});
