import type { PanelDifference, PanelSeries, PanelVersion } from '../../../src/panel/requests.js';
import type { PanelNode, PanelState } from '../../../src/panel/state.js';
import type { Table } from '../../../src/sdk/table.js';
import { panelNodeOf } from '../../panel/states.js';

const DAY = 86_400;
export const START = 1_677_628_800;
export const END = START + 21 * DAY;
const at = (day: number): number => START + day * DAY;

const full = { coverage: [[START, END]], rows: 30_240 } as const satisfies Partial<PanelNode>;

/** Twelve nodes, one in each way a node can stand. */
export function twelve(rest: Partial<PanelState> = {}): PanelState {
  const nodes = [
    panelNodeOf('BTC price', [], {
      ...full,
      label: 'csv',
      unavailable: [[START, at(2)]],
      coverage: [[at(2), at(19)]],
      notYet: [[at(19), END]],
    }),
    panelNodeOf('ETH price', [], { ...full, label: 'csv' }),
    panelNodeOf('funding', [], { ...full, label: 'parquet', interval: 3600, rows: 504 }),
    panelNodeOf('fast', ['BTC price'], { ...full, label: 'sma', reused: [[START, at(9)]] }),
    panelNodeOf('slow', ['BTC price'], {
      ...full,
      label: 'sma',
      standing: 'changed',
      why: 'Period of `BTC price`: 20 → 30; code of `weigh()` in src/lib/weights.ts changed.',
      changes: [
        { text: 'period of `BTC price`: 20 → 30', file: 'src/momentum.ts' },
        { text: 'code of `weigh()` in src/lib/weights.ts changed', file: 'src/lib/weights.ts' },
      ],
      coverage: [],
      stale: [[START, END]],
      rows: 0,
    }),
    panelNodeOf('spread', ['BTC price', 'ETH price'], {
      ...full,
      standing: 'partial',
      why: 'Complete in 3 of 5 stretches of the range.',
      coverage: [
        [START, at(5)],
        [at(7), at(9)],
        [at(10), at(14)],
      ],
      rows: 15_840,
    }),
    panelNodeOf('carry', ['funding'], { ...full, interval: 3600, rows: 504 }),
    panelNodeOf('crossover', ['fast', 'slow'], {
      ...full,
      standing: 'maybe-stale',
      why: 'slow, which it depends on, changed: the next run finds out whether that reaches it.',
      coverage: [[START, at(6)]],
      stale: [[at(6), END]],
      rows: 8640,
    }),
    panelNodeOf('zscore', ['spread'], {
      ...full,
      standing: 'failed',
      why: 'zscore failed at the bar 2023-03-09T03:00:00Z (asOf 2023-03-09T04:00:00Z): the standard deviation is 0 (src/momentum.ts:31).',
      coverage: [[START, at(8)]],
      failed: [[at(8), END]],
      rows: 11_520,
    }),
    panelNodeOf('pairs', ['zscore', 'spread'], {
      ...full,
      standing: 'blocked',
      why: 'zscore, which it depends on, failed.',
      coverage: [[START, at(8)]],
      failed: [[at(8), END]],
      rows: 11_520,
    }),
    panelNodeOf('noise', ['ETH price'], {
      ...full,
      standing: 'uncached',
      why: 'It captures a WeakMap, which cannot be hashed: it is computed each time.',
    }),
    panelNodeOf('signal', ['crossover', 'pairs', 'carry', 'noise'], {
      ...full,
      standing: 'empty',
      why: 'Nothing of it was ever computed.',
      coverage: [],
      rows: 0,
    }),
  ];
  return stateOf(nodes, rest);
}

export function stateOf(nodes: readonly PanelNode[] | null, rest: Partial<PanelState> = {}): PanelState {
  return {
    key: '/p/momentum.ts#Momentum',
    strategy: 'Momentum',
    nodes,
    range: [START, END],
    data: [START, END],
    edited: false,
    problem: null,
    running: null,
    checking: null,
    result: '12 nodes · 9 from cache · 3 computed · 1.4 s',
    trusted: true,
    texts: null,
    split: { beside: null, below: null },
    ...rest,
  };
}

/** A made-up graph of many nodes: streams, factors on them, and what is built on factors. */
export function many(count: number): PanelState {
  let seed = 7;
  const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) / 0x7fffffff;
  const streams = Math.max(1, Math.floor(count / 20));
  const kinds = ['sma', 'ema', 'rsi', 'zscore', 'rank', 'beta', 'vol', 'skew', 'carry', 'mom'];
  const names: string[] = [];
  const nodes = Array.from({ length: count }, (_, index) => {
    const depth = Math.floor((index - streams) / streams);
    const stream = index % streams;
    const kind = kinds[Math.max(0, depth) % kinds.length] ?? 'node';
    const name = index < streams ? `price_${index}` : `${kind}_${stream}_${depth}`;
    names.push(name);
    const inputs =
      index < streams
        ? []
        : [
            names[
              depth < 8 || random() < 0.3 ? stream : stream + streams * (1 + Math.floor(random() * depth))
            ] ?? '',
          ];
    if (depth > 10 && random() < 0.3) inputs.push(names[streams * 3 + Math.floor(random() * streams)] ?? '');
    const gap = START + Math.floor(random() * 18) * DAY;
    const coverage: [number, number][] =
      random() < 0.6
        ? [[START, END]]
        : [
            [START, gap],
            [gap + DAY, END],
          ];
    const standing = coverage.length === 1 ? 'fresh' : 'partial';
    return panelNodeOf(
      name,
      inputs.filter((input) => input !== name),
      { rows: 30_000, coverage, standing },
    );
  });
  return stateOf(nodes);
}

/** Made-up prices as candles, an hour each. */
export function candles(rows: number): Table {
  let price = 23_000;
  let seed = 3;
  const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) / 0x7fffffff;
  const columns = ['open', 'high', 'low', 'close', 'volume'].map(() => new Float64Array(rows));
  for (let row = 0; row < rows; row++) {
    const close = price * (1 + (random() - 0.495) * 0.012);
    const bar = [
      price,
      Math.max(price, close) * 1.003,
      Math.min(price, close) * 0.997,
      close,
      100 * random(),
    ];
    bar.forEach((value, at) => ((columns[at] as Float64Array)[row] = value));
    price = close;
  }
  return {
    shape: 'record',
    ts: Float64Array.from({ length: rows }, (_, row) => START + row * ((END - START) / rows)),
    names: ['open', 'high', 'low', 'close', 'volume'],
    columns: columns.map((values) => ({ type: 'number', values, valid: null })),
    present: null,
  };
}

/** A wave of numbers, with a hole of two days from the fifth on. */
export function wave(rows: number, lift = 0): Table {
  const ts = Float64Array.from({ length: rows }, (_, row) => START + row * ((END - START) / rows)).filter(
    (time) => time < at(5) || time >= at(7),
  );
  const values = ts.map(
    (time) => Math.sin((time - START) / (2 * DAY)) * 40 + 100 + (time > at(12) ? lift : 0),
  );
  return {
    shape: 'value',
    ts,
    names: ['value'],
    columns: [{ type: 'number', values, valid: null }],
    present: null,
  };
}

export function seriesOf(table: Table, before?: Table): PanelSeries {
  const coverage: PanelVersion['coverage'] = [
    [START, at(5)],
    [at(7), END],
  ];
  const version = (each: Table, until: number | null): PanelVersion => ({
    judged: until === null,
    since: START,
    until,
    rows: 1_000_000,
    coverage: each.shape === 'value' ? coverage : [[START, END]],
    table: each,
  });
  const difference: PanelDifference = {
    compared: coverage,
    common: 27_360,
    changed: 12_960,
    onlyBefore: 0,
    onlyAfter: 0,
    largest: { ts: at(15), column: 'value', difference: 8 },
    first: { ts: at(12), before: '98.25', after: '106.25' },
    spans: [[at(12), END]],
  };
  return {
    interval: 60,
    versions: [version(table, null), ...(before ? [version(before, END)] : [])],
    difference: before ? difference : null,
  };
}

/**
 * A strategy as people write them: prices of a few symbols, indicators on each, what compares them, one decision. Names are
 * as long as in life.
 */
export function research(count: number, rest: Partial<PanelState> = {}): PanelState {
  const symbols = ['BTC', 'ETH', 'SOL', 'XRP', 'ADA', 'DOT', 'AVAX', 'LINK', 'DOGE', 'LTC'];
  const used = symbols.slice(0, Math.max(1, Math.min(symbols.length, Math.ceil(count / 14))));
  const inputs = new Map<string, readonly string[]>();
  const add = (name: string, ...of: readonly string[]): string => {
    if (inputs.size < count - 1) inputs.set(name, of);
    return inputs.has(name) ? name : (of[0] ?? name);
  };
  for (const symbol of used) add(`${symbol} price`);
  const trends: string[] = [];
  for (let round = 0; inputs.size < count - 1; round++) {
    for (const symbol of used) {
      const price = `${symbol} price`;
      const low = symbol.toLowerCase();
      const days = 5 * (round + 1);
      const back = add(`${low}Return_${days}`, price);
      const fast = add(`${low}Fast_${days}`, price);
      const slow = add(`${low}Slow_${days * 4}`, price);
      const wide = add(`${low}Volatility_${days}`, back);
      const trend = add(`${low}TrendStrength_${days}`, fast, slow, wide);
      trends.push(trend);
    }
    trends.push(add(`crossMomentumRank_${round}`, ...trends.slice(-used.length)));
  }
  inputs.set('decision', trends.slice(-8));
  const standings = ['fresh', 'fresh', 'fresh', 'partial', 'changed', 'maybe-stale'] as const;
  const nodes = [...inputs].map(([name, of], index) =>
    panelNodeOf(name, of, { ...full, standing: standings[index % standings.length] ?? 'fresh' }),
  );
  return stateOf(nodes, rest);
}

/** What a strategy decides: a state, a number of percent, a price, and whether it trades. */
export function decisions(rows: number): Table {
  const ts = Float64Array.from({ length: rows }, (_, row) => START + row * ((END - START) / rows));
  const states = ['stay_in_cash', 'hold_btc', 'hold_eth'];
  const stateAt = (row: number): number => Math.floor((Math.sin(row / 37) + 1) * 1.49);
  return {
    shape: 'record',
    ts,
    names: ['action', 'targetPercent', 'price', 'trades'],
    columns: [
      { type: 'string', values: Array.from(ts, (_, row) => states[stateAt(row)] ?? ''), valid: null },
      { type: 'number', values: ts.map((_, row) => stateAt(row) * 40), valid: null },
      { type: 'number', values: ts.map((_, row) => 23_000 + 900 * Math.sin(row / 61)), valid: null },
      {
        type: 'boolean',
        values: Uint8Array.from(ts, (_, row) => Number(stateAt(row) !== stateAt(row - 1))),
        valid: null,
      },
    ],
    present: null,
  };
}

/** A universe: prices, momentum, ranks by cross-section, and weights, each of so many symbols. One symbol failed. */
export function universe(symbols: readonly string[]): PanelState {
  const full: Partial<PanelNode> = { coverage: [[START, END]], interval: DAY, rows: 21 };
  const node = (family: string, symbol: string | null, inputs: readonly string[], rest: Partial<PanelNode>) =>
    panelNodeOf(`${family}[${symbol ?? '*'}]`, inputs, {
      ...full,
      ...rest,
      family,
      ...(symbol !== null && { symbol }),
    });
  const each = (make: (symbol: string) => PanelNode): PanelNode[] => symbols.map(make);
  const ranks = (symbol: string): string => `rank[${symbol}]`;
  const late: Partial<PanelNode> = { unavailable: [[START, at(9)]], coverage: [[at(9), END]], rows: 12 };
  return stateOf([
    panelNodeOf('index', [], { ...full, label: 'csv' }),
    ...each((symbol) => node('prices', symbol, [], { label: 'csv', ...(symbol === 'LATE' && late) })),
    ...each((symbol) =>
      node('momentum', symbol, [`prices[${symbol}]`, 'index'], {
        label: 'roc',
        ...(symbol === 'LATE' && late),
        ...(symbol === 'BAD' && {
          standing: 'failed',
          why: 'Division by zero at 2023-03-12.',
          coverage: [[START, at(11)]],
          failed: [[at(11), END]],
          rows: 11,
        }),
      }),
    ),
    node(
      'rank',
      null,
      symbols.map((symbol) => `momentum[${symbol}]`),
      { label: 'cross-section' },
    ),
    ...each((symbol) => node('rank', symbol, ['rank[*]'], { label: 'cross-section' })),
    panelNodeOf('exposure', symbols.map(ranks), { ...full, label: 'cross-section' }),
  ]);
}
