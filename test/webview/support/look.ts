import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import type { PanelState } from '../../../src/panel/state.js';
import { PageServer, type DagPage, type Replies, type ShowOptions } from './page.js';
import { candles, decisions, seriesOf, wave } from './states.js';

/** A page of 504 rows. */
export const pageOf = ({ from, count }: { from: number; count: number }) => ({
  judged: true,
  total: 504,
  from,
  table: candles(Math.min(count, 504 - from)),
});

/** A host that knows what the states of these tests need. */
export const replies: Replies = {
  readNode: ({ node }: { node: string }) =>
    node.endsWith('price')
      ? seriesOf(candles(200))
      : node === 'decision'
        ? seriesOf(decisions(400))
        : seriesOf(wave(800, 8), wave(800)),
  rows: pageOf,
  source: () => ({ lines: ['time: open_time, ISO-8601, UTC', 'columns: open number, close number'] }),
  materialize: () => ({ summary: '12 nodes · 12 computed · 2.0 s' }),
  saveFile: () => ({ saved: true }),
  keepSplit: () => null,
};

type Look = (
  state: PanelState | null,
  options: ShowOptions,
  act: (dag: DagPage) => Promise<void>,
) => Promise<void>;

/** A browser for the tests of one `describe`; shows a state, looks at it, and expects that nothing failed in the page. */
export function lookAtPages(): Look {
  let server: PageServer | null = null;
  before(async () => {
    server = await PageServer.open();
  });
  after(() => server?.close());
  return async (state, options, act) => {
    const dag = await (server as PageServer).show(state, { replies, ...options });
    try {
      // Until the layout is there boxes may go elsewhere under the hand.
      if (state?.nodes?.length) await dag.page.locator('.graph[aria-busy=false]').waitFor();
      await act(dag);
      // The page's policy included.
      assert.deepEqual(dag.errors, []);
    } finally {
      await dag.page.close();
    }
  };
}

export function box(dag: DagPage, name: string): Locator {
  return dag.page.locator(`[data-id="${name}"]`);
}
