import assert from 'node:assert/strict';
import { panelNodeOf } from '../panel/states.js';
import { segmentsOf, shares, segmentAt } from '../../webview/axis/segments.js';
import { snapped } from '../../webview/axis/snap.js';
import { ticksOf } from '../../src/present/ticks.js';
import type { Table } from '../../src/sdk/table.js';
import { copyText, numberTexts, timeTexts } from '../../webview/details/cells.js';
import { sentences } from '../../webview/details/difference.js';
import { chartData } from '../../webview/details/series.js';
import { prefixGroups } from '../../webview/graph/collapse.js';
import { mermaidOf } from '../../webview/graph/picture/mermaid.js';
import { graphOf, reach, reachSeconds } from '../../webview/graph/model.js';
import { sceneOf } from '../../webview/graph/scene.js';
import { stepFrom } from '../../webview/graph/steps.js';
import type { Direction } from '../../webview/layout/flow.js';
import { quickLayout } from '../../webview/layout/quick.js';
import { FIRST_VIEW, parseViewState } from '../../webview/ui/view-state.js';
import { candles, decisions } from './support/states.js';

const all = { focus: 'all', roots: [], collapsed: false, open: [] } as const;
const nodes = [
  panelNodeOf('price'),
  panelNodeOf('sma_5', ['price']),
  panelNodeOf('sma_20', ['price'], { standing: 'failed' }),
  panelNodeOf('sma_50', ['price']),
  panelNodeOf('cross "x"', ['sma_5', 'sma_20']),
];
const graph = graphOf(nodes);

describe('the graph of the panel', () => {
  it('reaches up, down and around', () => {
    assert.deepEqual([...reach(graph, ['sma_5'], 'up')].sort(), ['price', 'sma_5']);
    assert.deepEqual([...reach(graph, ['sma_5'], 'down')].sort(), ['cross "x"', 'sma_5']);
    assert.deepEqual([...reach(graph, ['sma_5'], 'around')].sort(), ['cross "x"', 'price', 'sma_5']);
    assert.deepEqual([...reach(graph, ['gone'], 'up')], []);
  });

  it('adds windows up along the longest way, and ends on a cycle', () => {
    assert.equal(reachSeconds(graph, 'price'), 60);
    assert.equal(reachSeconds(graph, 'sma_5'), 5 * 60);
    assert.equal(reachSeconds(graph, 'cross "x"'), 9 * 60);
    const cycle = graphOf([panelNodeOf('a', ['b']), panelNodeOf('b', ['a'])]);
    assert.ok(Number.isFinite(reachSeconds(cycle, 'a')));
  });

  it('puts names of one prefix together, in one box that stands as its worst member', () => {
    assert.deepEqual([...prefixGroups(graph.nodes())], [['sma', ['sma_5', 'sma_20', 'sma_50']]]);
    const scene = sceneOf(graph, { ...all, collapsed: true });
    assert.deepEqual([...scene.byId.keys()], ['price', 'sma…', 'cross "x"']);
    assert.equal(scene.byId.get('sma…')?.standing, 'failed');
    assert.deepEqual(scene.edges, [
      { from: 'price', to: 'sma…' },
      { from: 'sma…', to: 'cross "x"' },
    ]);
    assert.equal(sceneOf(graph, { ...all, collapsed: true, open: ['sma'] }).items.length, 5);
  });

  it('has the same shape as long as boxes and edges are the same', () => {
    const fresh = nodes.map((node) => ({ ...node, standing: 'fresh' as const, rows: 0 }));
    assert.equal(sceneOf(graphOf(fresh), all).shape, sceneOf(graph, all).shape);
    assert.notEqual(sceneOf(graphOf(nodes.slice(1)), all).shape, sceneOf(graph, all).shape);
  });

  it('is walked by the arrow keys along its edges', () => {
    const scene = sceneOf(graph, all);
    const input = { ids: [...scene.byId.keys()], edges: scene.edges };
    const placed = (direction: Direction): Parameters<typeof stepFrom>[1] => ({
      direction,
      positions: quickLayout(input, { direction, most: Infinity }),
    });
    const right = placed('right');
    assert.equal(stepFrom(scene, right, null, 'right'), 'price');
    assert.equal(stepFrom(scene, right, 'cross "x"', 'right'), null);
    assert.ok(stepFrom(scene, right, 'price', 'right')?.startsWith('sma_'));
    assert.equal(stepFrom(scene, right, 'sma_5', 'left'), 'price');
    assert.notEqual(stepFrom(scene, right, 'sma_20', 'up') ?? stepFrom(scene, right, 'sma_20', 'down'), null);
    const down = placed('down');
    assert.ok(stepFrom(scene, down, 'price', 'down')?.startsWith('sma_'));
    assert.equal(stepFrom(scene, down, 'sma_5', 'up'), 'price');
    assert.notEqual(
      stepFrom(scene, down, 'sma_20', 'left') ?? stepFrom(scene, down, 'sma_20', 'right'),
      null,
    );
  });

  it('is written as Mermaid, names quoted', () => {
    const text = mermaidOf(
      sceneOf(graphOf([panelNodeOf('price'), panelNodeOf('a "b" <c>', ['price'])]), all),
      'right',
    );
    assert.equal(text, 'flowchart LR\n  n0(["price"])\n  n1["a #quot;b#quot; #lt;c#gt;"]\n  n0 --> n1\n');
  });
});

describe('the time axis', () => {
  it('grows what was dragged to whole bars, in either direction, within what is shown', () => {
    assert.deepEqual(snapped(130, 290, 60, [0, 6000]), [120, 300]);
    assert.deepEqual(snapped(290, 130, 60, [0, 6000]), [120, 300]);
    assert.deepEqual(snapped(-500, 9000, 3600, [0, 6000]), [0, 7200]);
    assert.deepEqual(snapped(120, 120, 60, [0, 6000]), null);
  });

  it('has round times, no more than fit', () => {
    const day = 86_400;
    assert.deepEqual(
      ticksOf([0, 10 * day], 5).map(({ text }) => text),
      ['1970-01-01', '1970-01-03', '1970-01-05', '1970-01-07', '1970-01-09'],
    );
    assert.deepEqual(
      ticksOf([0, 7200], 2).map(({ text }) => text),
      ['1970-01-01', '01:00'],
    );
    assert.deepEqual(
      ticksOf([0, 20 * 365 * day], 5).map(({ text }) => text),
      ['1970', '1975', '1980', '1985'],
    );
    for (const span of [7, 500, 9e4, 3e6, 9e7, 3e9])
      assert.ok(ticksOf([1e9, 1e9 + span], 8).length <= 9, String(span));
  });

  it('tells stretches of a bar apart down to half a pixel, and never has more than pixels', () => {
    const spans = Array.from({ length: 10_000 }, (_, at): [number, number] => [at * 10, at * 10 + 5]);
    assert.ok(segmentsOf(spans, 'covered', [0, 100_000], 100).length <= 100);
    assert.deepEqual(
      segmentsOf(
        [
          [0, 25],
          [50, 100],
        ],
        'covered',
        [0, 100],
        100,
      ),
      [
        { kind: 'covered', from: 0, to: 25 },
        { kind: 'covered', from: 50, to: 100 },
      ],
    );
  });

  it('names the stretch at a time, gaps included', () => {
    const node = panelNodeOf('a', [], {
      coverage: [
        [0, 100],
        [200, 300],
      ],
      notYet: [[500, 600]],
    });
    assert.deepEqual(segmentAt(node, [0, 600], 250), { kind: 'covered', span: [200, 300] });
    assert.deepEqual(segmentAt(node, [0, 600], 150), { kind: 'gap', span: [100, 200] });
    assert.deepEqual(segmentAt(node, [0, 600], 400), { kind: 'gap', span: [300, 500] });
    assert.deepEqual(segmentAt(node, [0, 600], 550), { kind: 'not-yet', span: [500, 600] });
  });

  it('shows the share of nodes that are complete', () => {
    const half = [
      panelNodeOf('a', [], { coverage: [[0, 100]] }),
      panelNodeOf('b', [], { coverage: [[50, 100]] }),
    ];
    assert.deepEqual([...shares(half, [0, 100], 4)], [0.5, 0.5, 1, 1]);
  });
});

describe('the values of a node', () => {
  const numbers = {
    shape: 'value' as const,
    ts: Float64Array.of(0, 60, 300),
    names: ['value'],
    columns: [{ type: 'number' as const, values: Float64Array.of(1, NaN, -0), valid: null }],
    present: null,
  };

  const stored = (table: Table, coverage: readonly (readonly [number, number])[] = [[0, 360]]) => ({
    table,
    coverage,
  });
  const words = (values: string[]) => ({ type: 'string' as const, values, valid: null });

  it('leave a gap between stretches, and where there is no number', () => {
    const { x, panes } = chartData(
      stored(numbers, [
        [0, 120],
        [240, 360],
      ]),
    );
    assert.deepEqual(x, [0, 60, 180, 300]);
    assert.deepEqual(
      panes.map(({ kind, lines }) => [kind, lines.map(({ y }) => y)]),
      [['lines', [[1, null, null, -0]]]],
    );
  });

  it('are candles where the columns are, with what is no price below them', () => {
    const { panes } = chartData(stored(candles(10), []));
    assert.deepEqual(
      panes.map(({ kind, lines }) => [kind, lines.map(({ label }) => label)]),
      [
        ['candles', ['open', 'high', 'low', 'close']],
        ['lines', ['volume']],
      ],
    );
  });

  it('are states on an axis that names each of them, apart from numbers', () => {
    const { panes } = chartData(stored({ ...numbers, columns: [words(['up', 'down', 'up'])] }));
    assert.deepEqual(
      panes.map(({ kind, words: named, lines }) => [kind, named, lines[0]?.y]),
      [['states', ['up', 'down'], [0, 1, 0]]],
    );
    const mixed = chartData(stored(decisions(400), [[0, 2e9]])).panes;
    assert.deepEqual(
      mixed.map(({ kind, lines, words: named }) => [kind, lines.map(({ label }) => label), named]),
      [
        ['lines', ['targetPercent'], []],
        ['lines', ['price'], []],
        ['states', ['action'], ['hold_btc', 'hold_eth', 'stay_in_cash']],
        ['states', ['trades'], ['false', 'true']],
      ],
    );
  });

  it('of JSON are states where they are plain, and nothing to draw where they are lists or records', () => {
    const json = (values: string[]) => ({ ...words(values), type: 'json' as const });
    const plain = chartData(stored({ ...numbers, columns: [json(['1', '"a"', 'true'])] })).panes;
    assert.deepEqual(plain[0]?.words, ['1', '"a"', 'true']);
    assert.deepEqual(chartData(stored({ ...numbers, columns: [json(['1', '[2]', '3'])] })).panes, []);
    const many = Array.from({ length: 100 }, (_, at) => `order ${at}`);
    const ts = Float64Array.from(many.keys());
    assert.deepEqual(chartData(stored({ ...numbers, ts, columns: [words(many)] })).panes, []);
  });

  it('share an axis as long as none of them is flat on it', () => {
    const of = (...values: number[]) => ({
      type: 'number' as const,
      values: Float64Array.from(values),
      valid: null,
    });
    const table: Table = {
      ...numbers,
      shape: 'record',
      names: ['price', 'mean', 'weight', 'limit'],
      columns: [of(100, 120, 110), of(105, 115, 112), of(0, 1, 0.5), of(130, 130, 130)],
    };
    assert.deepEqual(
      chartData(stored(table)).panes.map(({ lines }) => lines.map(({ label }) => label)),
      [['price', 'mean', 'limit'], ['weight']],
    );
  });

  it('are put on one axis with those before, a state in one place for both', () => {
    const before = { ...numbers, ts: Float64Array.of(30, 60, 300) };
    const joined = chartData(stored(numbers), stored(before));
    assert.deepEqual(joined.x, [0, 30, 60, 300]);
    assert.deepEqual(joined.panes[0]?.before[0]?.y, [undefined, 1, null, -0]);
    const [states] = chartData(
      stored({ ...numbers, columns: [words(['up', 'down', 'up'])] }),
      stored({ ...numbers, columns: [words(['flat', 'up', 'down'])] }),
    ).panes;
    assert.deepEqual(states?.words, ['up', 'down', 'flat']);
    assert.deepEqual(
      [states.lines[0]?.y, states.before[0]?.y],
      [
        [0, 1, 0],
        [2, 0, 1],
      ],
    );
  });

  it('are copied in full, cells set apart by tabs', () => {
    assert.equal(
      copyText(numbers),
      'ts\tvalue\n1970-01-01\t1\n1970-01-01T00:01:00Z\tNaN\n1970-01-01T00:05:00Z\t-0\n',
    );
  });

  it('are rounded in a table, their points under each other', () => {
    const table: Table = {
      ts: Float64Array.of(0, 60, 120, 180),
      shape: 'value',
      names: ['value'],
      columns: [
        { type: 'number', values: Float64Array.of(-0.5644194234053108, 2, Number.NaN, 1234.5), valid: null },
      ],
      present: null,
    };
    assert.deepEqual(numberTexts(table, table.columns[0]!), [
      '-0.5644194',
      '2.0000000',
      'NaN',
      '1,234.5000000',
    ]);
    assert.deepEqual(timeTexts(table.ts), [
      '1970-01-01 00:00',
      '1970-01-01 00:01',
      '1970-01-01 00:02',
      '1970-01-01 00:03',
    ]);
    assert.deepEqual(timeTexts(Float64Array.of(0, 86_400)), ['1970-01-01', '1970-01-02']);
  });

  it('are compared in sentences', () => {
    const same = {
      compared: [],
      common: 10,
      changed: 0,
      onlyBefore: 0,
      onlyAfter: 0,
      largest: null,
      first: null,
      spans: [],
    };
    assert.deepEqual(sentences(same), ['All 10 bars are the same, bit for bit.']);
    const other = {
      ...same,
      changed: 2,
      onlyAfter: 1,
      largest: { ts: 60, column: 'value', difference: 0.5 },
    };
    assert.deepEqual(sentences(other), [
      '2 of 10 bars differ.',
      'Bars only in this version: 1.',
      'Largest difference: 0.5, in value at 1970-01-01T00:01:00Z.',
    ]);
  });
});

describe('what is remembered of the page', () => {
  it('is taken as it was, and let go where it is of another version', () => {
    const view = { ...FIRST_VIEW, selected: 'fast', camera: { x: 1, y: 2, zoom: 0.5 }, chosen: [0, 60] };
    assert.deepEqual(parseViewState(structuredClone(view)), view);
    assert.deepEqual(parseViewState({ selected: 3 }), FIRST_VIEW);
    assert.deepEqual(parseViewState(undefined), FIRST_VIEW);
  });
});
