// Slow (60 s): a browser.
import assert from 'node:assert/strict';
import { violationsIn } from '../support/axe.js';
import { box, lookAtPages, replies } from './support/look.js';
import { namedVariables } from './support/named-variables.js';
import { type DagPage, THEMES, themes, type ShowOptions } from './support/page.js';
import { END, many, START, stateOf, twelve, universe } from './support/states.js';
import { drawn } from '../vscode/harness/themes.js';
import type { PanelState } from '../../src/panel/state.js';

const DAY = 86_400;

const running = {
  fraction: 0.34,
  percent: '34 %',
  what: 'computing signal',
  left: '12 s left',
  bars: '3,400 of 10,000 bars',
  node: 'signal',
};

/** A node that is complete, and has lost slots. */
function withUnfired(): PanelState {
  const state = twelve();
  const why =
    'Complete over the range. 1,268 of 1,282 slots after its warm-up did not fire, missing funding in 1,268.';
  const nodes = (state.nodes ?? []).map((node) =>
    node.name === 'carry' ? { ...node, why, unfired: 1268 } : node,
  );
  return { ...state, nodes };
}

describe('the page of the DAG panel', () => {
  const look = lookAtPages();

  it('says ready, and shows each node with its name, standing and rows', () =>
    look(twelve(), {}, async (dag) => {
      await box(dag, 'zscore').waitFor();
      assert.equal(await dag.page.getByRole('option').count(), 12);
      const label = await box(dag, 'zscore').getAttribute('aria-label');
      assert.equal(label, 'zscore, node · 1m × 5, failed, 11,520 rows');
    }));

  it('says on a box that slots did not fire, and which input was missing where one points at it', () =>
    look(withUnfired(), {}, async (dag) => {
      const words = box(dag, 'carry').locator('.subtitle.unfired');
      await words.waitFor();
      assert.equal(await words.textContent(), '▲ 1,268 slots did not fire');
      const label = await box(dag, 'carry').getAttribute('aria-label');
      assert.equal(label, 'carry, 1,268 slots did not fire, fresh, 504 rows');
      assert.equal(await dag.page.locator('.subtitle.unfired').count(), 1);
      await box(dag, 'carry').hover();
      await dag.page.locator('.tooltip').getByText('missing funding in 1,268').waitFor();
      await box(dag, 'carry').click();
      await dag.page.locator('.why').getByText('missing funding in 1,268').waitFor();
    }));

  it('asks for values when a node is selected, remembers it, and lights what it is joined to', () =>
    look(twelve(), {}, async (dag) => {
      await box(dag, 'crossover').click();
      await dag.page.locator('.uplot').first().waitFor();
      assert.deepEqual(
        { ...(dag.payloadOf('readNode') as object), maxPoints: 0 },
        { node: 'crossover', start: START, end: END, maxPoints: 0 },
      );
      assert.equal((await dag.kept())['selected'], 'crossover');
      await dag.page.getByRole('heading', { name: 'crossover' }).waitFor();
      assert.match((await box(dag, 'noise').getAttribute('class')) ?? '', /\bdim\b/);
      assert.doesNotMatch((await box(dag, 'BTC price').getAttribute('class')) ?? '', /\bdim\b/);
      await dag.page.getByRole('tab', { name: 'Before and After' }).click();
      await dag.page.getByText('12,960 of 27,360 bars differ.').waitFor();
    }));

  it('turns the pages of a table, and copies what is shown', () =>
    look(twelve(), {}, async (dag) => {
      await box(dag, 'BTC price').click();
      await dag.page.getByRole('tab', { name: 'Table' }).click();
      await dag.page.getByText('Rows 1 to 100 of 504').waitFor();
      await dag.page.locator('vscode-button', { hasText: 'Last' }).click();
      await dag.page.getByText('Rows 501 to 504 of 504').waitFor();
      await dag.page.locator('vscode-button', { hasText: 'Copy' }).click();
      await dag.until((message) => message.type === 'request' && message.kind === 'copy');
      const { text } = dag.payloadOf('copy') as { text: string };
      assert.match(text, /^ts\topen\thigh\tlow\tclose\tvolume\n2023-03-01\t23000\t/);
    }));

  it('says all that changed of a node, with its file, and what was reused', () =>
    look(twelve(), {}, async (dag) => {
      await box(dag, 'slow').click();
      await dag.page.getByRole('tab', { name: 'About' }).click();
      const facts = dag.page.locator('.facts');
      await facts.getByText('period of `BTC price`: 20 → 30 (src/momentum.ts)').waitFor();
      await facts.getByText('code of `weigh()` in src/lib/weights.ts changed', { exact: true }).waitFor();
      await box(dag, 'fast').click();
      await facts.getByText('Reused').waitFor();
      await facts.getByText('2023-03-01 → 2023-03-10').waitFor();
    }));

  it('runs what was dragged on the time axis, snapped to bars', () =>
    look(twelve(), {}, async (dag) => {
      const axis = (await dag.page.locator('.axis').boundingBox())!;
      const x = (day: number): number => axis.x + (axis.width * day) / 21 + 0.3;
      await dag.page.mouse.move(x(4), axis.y + 20);
      await dag.page.mouse.down();
      await dag.page.mouse.move(x(9), axis.y + 20, { steps: 4 });
      await dag.page.mouse.up();
      await dag.page.getByText(/Chosen: 2023-03-05/).waitFor();
      await dag.page.locator('vscode-button', { hasText: 'Materialize Missing' }).click();
      await dag.until((message) => message.type === 'request' && message.kind === 'materialize');
      const { start, end, only } = dag.payloadOf('materialize') as {
        start: number;
        end: number;
        only: string;
      };
      assert.equal(only, 'missing');
      assert.deepEqual([start % 60, end % 60], [0, 0]);
      assert.ok(Math.abs(start - (START + 4 * DAY)) < 3600 && Math.abs(end - (START + 9 * DAY)) < 3600);
    }));

  it('is used from end to end by the keyboard', () =>
    look(twelve(), {}, async (dag) => {
      const { page } = dag;
      await box(dag, 'ETH price').waitFor();
      await page.locator('.graph').focus();
      await page.keyboard.press('ArrowRight');
      const first = await page.locator('.node.active').getAttribute('data-id');
      await page.keyboard.press('ArrowRight');
      await page.locator(`.node.active:not([data-id="${first ?? ''}"])`).waitFor();
      const active = await page.locator('.graph').getAttribute('aria-activedescendant');
      assert.equal(await page.locator('.node.active').getAttribute('id'), active);
      await page.keyboard.press('Enter');
      await page.locator('aside.details').waitFor();
      await page.locator('.graph').focus();
      await page.keyboard.press('/');
      await page.keyboard.type('cross');
      await page.getByText('1 found').waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'crossover' }).waitFor();
      await page.keyboard.press('Escape');
      await page.locator('.graph').focus();
      await page.keyboard.press('Escape');
      await page.locator('aside.details').waitFor({ state: 'hidden' });
    }));

  it('shows a part of the graph, and all of it again', () =>
    look(
      twelve(),
      {
        kept: {
          selected: 'spread',
          camera: null,
          chosen: null,
          focus: 'up',
          roots: ['spread'],
          collapsed: null,
          open: [],
          search: '',
          tab: 'chart',
          split: { beside: null, below: null },
        },
      },
      async (dag) => {
        await box(dag, 'spread').waitFor();
        assert.deepEqual(
          (
            await dag.page
              .getByRole('option')
              .evaluateAll((all) => all.map((each) => each.getAttribute('data-id')))
          ).sort(),
          ['BTC price', 'ETH price', 'spread'],
        );
        await dag.page.locator('.graph').focus();
        await dag.page.keyboard.press('Escape');
        await box(dag, 'signal').waitFor();
      },
    ));

  it('is after a reload where it was before', () =>
    look(twelve(), {}, async (dag) => {
      await box(dag, 'fast').click();
      await dag.page.locator('.graph').focus();
      await dag.page.keyboard.press('+');
      await dag.page.waitForFunction(
        () => (window as unknown as { kept: { camera: unknown } }).kept.camera !== null,
      );
      const kept = await dag.kept();
      await look(twelve(), { kept }, async (again) => {
        await again.page.getByRole('heading', { name: 'fast' }).waitFor();
        const { zoom } = kept['camera'] as { zoom: number };
        const transform = await again.page.locator('.drawing > g').getAttribute('transform');
        assert.ok(transform?.endsWith(`scale(${zoom})`), transform ?? '');
      });
    }));

  it('fills bars and moves counters while a run is in work, and lets it be cancelled', () =>
    look(twelve({ running }), {}, async (dag) => {
      await dag.page.getByText('34 % · computing signal').waitFor();
      assert.equal(await box(dag, 'signal').locator('.segment.covered').count(), 0);
      const coverage = [{ name: 'signal', coverage: [[START, START + 5 * DAY] as const], rows: 7200 }];
      await dag.post({
        type: 'progress',
        progress: { ...running, fraction: 0.5, percent: '50 %' },
        coverage,
      });
      await dag.page.getByText('50 % · computing signal').waitFor();
      await box(dag, 'signal').locator('.segment.covered').waitFor();
      assert.match((await box(dag, 'signal').getAttribute('aria-label')) ?? '', /running, 7,200 rows/);
      await dag.page.locator('vscode-button', { hasText: 'Cancel' }).click();
      await dag.until((message) => message.type === 'request' && message.kind === 'cancel');
      await dag.tell(twelve({ result: 'Cancelled.' }));
      await dag.page.getByText('Cancelled.').waitFor();
    }));

  it('names the stretch under the pointer, with its rows', () =>
    look(twelve(), {}, async (dag) => {
      await box(dag, 'spread').waitFor();
      const ground = (await box(dag, 'spread').locator('.ground').boundingBox())!;
      await dag.page.mouse.move(ground.x + ground.width * 0.05, ground.y + 3);
      const tooltip = dag.page.getByRole('tooltip');
      await tooltip.getByText('2023-03-01 → 2023-03-06').waitFor();
      await tooltip.getByText('504 rows').waitFor();
      await dag.page.mouse.move(ground.x + ground.width * 0.28, ground.y + 3);
      await tooltip.getByText('not materialized').waitFor();
    }));

  it('tells what went wrong in a sentence, with a way on', () =>
    look(
      twelve(),
      {
        replies: {
          ...replies,
          readNode: () => Promise.reject(new Error('The cache is held by another program.')),
        },
      },
      async (dag) => {
        await box(dag, 'fast').click();
        await dag.page
          .getByRole('alert')
          .filter({ hasText: 'The cache is held by another program.' })
          .first()
          .waitFor();
        await dag.page.locator('.inline-error vscode-button').waitFor();
      },
    ));

  it('tells of a message it cannot read, in the page and to the log', () =>
    look(twelve(), {}, async (dag) => {
      await dag.post({ type: 'state', state: { strategy: 'X' } as unknown as PanelState });
      await dag.until((message) => message.type === 'request' && message.kind === 'log');
      await dag.page.getByRole('alert').filter({ hasText: 'malformed' }).waitFor();
      await box(dag, 'signal').waitFor();
    }));

  it('names no variable of the theme that these tests do not have', async () => {
    const kept = new Set(Object.values(await themes()).flatMap((theme) => Object.keys(theme)));
    const { variables } = await namedVariables();
    assert.deepEqual(
      [...variables].filter((name) => !kept.has(name)),
      [],
      'run test/webview/support/read-themes.ts',
    );
  });

  it('groups many nodes by prefix, and opens a group on two clicks', () =>
    look(many(2000), {}, async (dag) => {
      await box(dag, 'sma…').dblclick();
      await dag.page.waitForFunction(() => !document.querySelector('[data-id="sma…"]'));
      assert.deepEqual((await dag.kept())['open'], ['sma']);
    }));

  const cycle = {
    kind: 'cycle',
    message: 'fast, slow and cross depend on each other: take one of these inputs away.',
    path: ['fast', 'slow', 'cross'],
  } as const;
  const scenes: readonly (readonly [
    string,
    PanelState | null,
    ShowOptions,
    ((dag: DagPage) => Promise<void>)?,
  ])[] = [
    ['graph', twelve(), {}],
    [
      'chart',
      twelve(),
      {},
      async (dag) => {
        await box(dag, 'BTC price').click();
        await dag.page.locator('.uplot').first().waitFor();
      },
    ],
    [
      'before-and-after',
      twelve(),
      {},
      async (dag) => {
        await box(dag, 'crossover').click();
        await dag.page.getByRole('tab', { name: 'Before and After' }).click();
        await dag.page.getByText('bars differ').waitFor();
      },
    ],
    [
      'table',
      twelve(),
      {},
      async (dag) => {
        await box(dag, 'BTC price').click();
        await dag.page.getByRole('tab', { name: 'Table' }).click();
        await dag.page.getByText('Rows 1 to 100').waitFor();
      },
    ],
    [
      'tooltip',
      twelve(),
      {},
      async (dag) => {
        const bar = (await box(dag, 'zscore').boundingBox())!;
        await dag.page.mouse.move(bar.x + bar.width * 0.8, bar.y + bar.height * 0.8);
        await dag.page.locator('.tooltip').getByText('failed').waitFor();
      },
    ],
    ['running', twelve({ running }), {}],
    [
      'narrow',
      twelve(),
      { width: 500 },
      async (dag) => {
        await box(dag, 'fast').click();
        await dag.page.locator('.uplot').first().waitFor();
      },
    ],
    ['grouped', many(2000), {}],
    ['hundreds', many(300), {}],
    ['one-node', stateOf(twelve().nodes!.slice(1, 2)), {}],
    ['untrusted', stateOf(null, { trusted: false }), {}],
    ['loading', null, {}],
    ['no-node', stateOf([]), {}],
    ['cycle', stateOf(null, { problem: cycle }), {}],
    [
      'failed',
      stateOf(null, {
        problem: { kind: 'failed', message: 'src/momentum.ts:12 could not be read: expected ")".', path: [] },
      }),
      {},
    ],
    ['failed-kept', twelve({ problem: cycle }), {}],
    [
      'deleted',
      stateOf(null, {
        problem: {
          kind: 'deleted',
          message: 'src/momentum.ts is gone. Bring it back, or close this panel.',
          path: [],
        },
      }),
      {},
    ],
    ['edited', twelve({ edited: true }), {}],
    [
      'family',
      universe(['AAPL', 'BAD', 'LATE', 'MSFT', 'XOM']),
      {},
      async (dag) => {
        await box(dag, 'momentum').click();
        await dag.page.locator('.symbols button').first().waitFor();
      },
    ],
  ];
  for (const [name, state, options, act] of scenes) {
    it(`bars nobody, in any theme: ${name}`, () =>
      look(state, options, async (dag) => {
        await dag.page.locator('.node, .far-box, .placeholder').first().waitFor({ state: 'attached' });
        await act?.(dag);
        if (name !== 'tooltip') await dag.page.mouse.move(2, 2);
        for (const theme of THEMES) {
          await dag.wear(theme);
          // The layout of the thread, and whatever fades.
          await dag.page.waitForTimeout(300);
          // A theme changes colours alone.
          assert.deepEqual(
            await violationsIn(dag.page.locator('body'), theme === THEMES[0] ? 'all' : 'colours'),
            [],
            theme,
          );
          assert.deepEqual(dag.errors, []);
          if (drawn.includes(theme)) await dag.picture(`dag-${name}-${theme}`);
          dag.errors.length = 0;
        }
      }));
  }
});
