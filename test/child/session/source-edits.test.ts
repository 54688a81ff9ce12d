// Slow (50 s): a run for every edit of every kind of source.
import assert from 'node:assert/strict';
import { cpSync, utimesSync } from 'node:fs';

import { DuckDBInstance } from '@duckdb/node-api';

import { union, type RangeSet } from '../../../src/engine/plan/ranges.js';
import type { RunReport, Span } from '../../../src/engine/run/reporting/report.js';
import type { Table } from '../../../src/sdk/table.js';
import { openStore } from '../../../src/store/store.js';
import { profile } from '../../support/profile.js';
import { naiveWork, type NaiveBar, type NaiveDag } from '../../support/naive-reach.js';
import {
  callsOf,
  Child,
  closeOf,
  minute,
  nodeOf,
  Project,
  runFresh,
  states,
  storedTables,
} from '../../support/project.js';

/** A minute's bar: its number and its close. */
interface Bar {
  readonly index: number;
  readonly close: number;
}

const HOUR = 3600;
const BARS = 900;
/** Before the first bar there may be to after the last. */
const RANGE = { start: minute(-200), end: minute(BARS + 100) };

/** Minutes with holes, and bars of hours that open at half past: what reads both fires on one of three grids. */
const STRATEGY = `
import { readFileSync } from 'node:fs';
import { csvHistory, Node, parquetHistory, Strategy, StreamInput } from 'seamless-dag';
import { called } from './lib/called';

const told = {
  kind: 'told',
  options: {},
  version: () => JSON.parse(readFileSync('BARS', 'utf8')).version,
  bounds: () => {
    const { rows } = JSON.parse(readFileSync('BARS', 'utf8'));
    return { first: rows[0].ts, last: rows.at(-1).ts };
  },
  fetch: ({ start, end }) =>
    JSON.parse(readFileSync('BARS', 'utf8')).rows.filter(({ ts }) => ts >= start && ts < end),
};

const sum = (window) => window.column('close').reduce((sum, close, index) => sum + close * (index + 1), 0);

export class Main extends Strategy {
  setup(): void {
    const price = new StreamInput({ name: 'price', tags: ['price'], interval: '1m', historyProvider: PROVIDER });
    const hours = new StreamInput({ name: 'hours', tags: ['hours'], interval: '1h',
      historyProvider: csvHistory('hours.csv', { phase: 1800 }) });
    const mean = new Node({ name: 'mean', input: price, period: 5, computeFn: (view) => {
      called('mean', view);
      return sum(view.window(price));
    } });
    const fast = new Node({ name: 'fast', interval: '5m', input: price, period: 3, computeFn: (view) => {
      called('fast', view);
      return { close: sum(view.window(price)), up: view.latest(price).close > 100 };
    } });
    const slow = new Node({ name: 'slow', interval: '1h', input: [fast, price], period: [13, 1], computeFn: (view) => {
      called('slow', view);
      return sum(view.window(fast)) - view.latest(price).close;
    } });
    const mixed = new Node({ name: 'mixed', interval: '1m', input: [mean, slow], period: [2, 2], computeFn: (view) => {
      called('mixed', view);
      return view.latest(mean) - view.window(slow).column()[0] / 7;
    } });
    const half = new Node({ name: 'half', interval: '1h', input: [hours, mean], period: [2, 3], computeFn: (view) => {
      called('half', view);
      return sum(view.window(hours)) + view.window(mean).column()[0];
    } });
    this.addNodes([price, hours, mean, fast, slow, mixed, half]);
  }
}
`;

function dagOf(bars: readonly Bar[]): NaiveDag {
  const minutes = bars.map(({ index, close }): NaiveBar => ({ ts: minute(index), is: String(close) }));
  const hours = HOURS.map((ts): NaiveBar => ({ ts, is: 'hour' }));
  return {
    price: { interval: 60, phase: 0, bars: minutes },
    hours: { interval: HOUR, phase: 1800, bars: hours },
    mean: { interval: 60, phase: 0, inputs: [{ name: 'price', lookback: 5 }] },
    fast: { interval: 300, phase: 0, inputs: [{ name: 'price', lookback: 3 }] },
    slow: {
      interval: HOUR,
      phase: 0,
      inputs: [
        { name: 'fast', lookback: 13 },
        { name: 'price', lookback: 1 },
      ],
    },
    mixed: {
      interval: 60,
      phase: 0,
      inputs: [
        { name: 'mean', lookback: 2 },
        { name: 'slow', lookback: 2 },
      ],
    },
    half: {
      interval: HOUR,
      phase: 1800,
      inputs: [
        { name: 'hours', lookback: 2 },
        { name: 'mean', lookback: 3 },
      ],
    },
  };
}

const HOURS = Array.from({ length: 24 }, (_, i) => Math.floor(minute(-200) / HOUR) * HOUR + 1800 + i * HOUR);

/** Bars without those of some minutes, as a market has them. */
const ORIGINAL: readonly Bar[] = Array.from({ length: BARS }, (_, index) => ({
  index,
  close: closeOf(index),
})).filter(({ index }) => index % 37 !== 5 && (index < 300 || index > 311));

interface Edit {
  readonly name: string;
  readonly bars: readonly Bar[];
}

const bar = (index: number): Bar => ({ index, close: closeOf(index) });
const EDITS: readonly Edit[] = [
  { name: 'append', bars: [...ORIGINAL, ...Array.from({ length: 70 }, (_, i) => bar(BARS + i))] },
  {
    name: 'correct one value in the middle',
    bars: ORIGINAL.map((each) => (each.index === 450 ? { ...each, close: 7 } : each)),
  },
  {
    name: 'correct one value before a hole',
    bars: ORIGINAL.map((each) => (each.index === 299 ? { ...each, close: 7 } : each)),
  },
  {
    name: 'insert a missing bar',
    bars: [...ORIGINAL, bar(305)].sort((a, b) => a.index - b.index),
  },
  { name: 'delete a bar', bars: ORIGINAL.filter(({ index }) => index !== 600) },
  { name: 'prepend', bars: [...Array.from({ length: 90 }, (_, i) => bar(i - 90)), ...ORIGINAL] },
  { name: 'truncate', bars: ORIGINAL.filter(({ index }) => index < 777) },
  {
    name: 'several at once',
    bars: ORIGINAL.filter(({ index }) => index !== 610).map((each) =>
      each.index === 200 || each.index === 840 ? { ...each, close: 9 } : each,
    ),
  },
  { name: 'same bytes, new date', bars: ORIGINAL },
  { name: 'same values, written differently', bars: ORIGINAL },
];

interface Source {
  readonly kind: string;
  readonly provider: string;
  readonly file: string;
  readonly write: (project: Project, bars: readonly Bar[], differently: boolean) => Promise<void>;
}

const SOURCES: readonly Source[] = [
  {
    kind: 'CSV',
    provider: "csvHistory('bars.csv')",
    file: 'bars.csv',
    write: (project, bars, differently) => {
      const cell = (close: number): string =>
        differently ? `"${close}0"`.replace(/^"(\d+)0"$/, '"$1.0"') : String(close);
      const lines = bars.map(({ index, close }) => `${minute(index)},${cell(close)}`);
      project.write({ 'bars.csv': ['time,close', ...lines].join(differently ? '\r\n' : '\n') });
      return Promise.resolve();
    },
  },
  {
    kind: 'Parquet',
    provider: "parquetHistory('bars.parquet')",
    file: 'bars.parquet',
    write: async (project, bars, differently) => {
      const instance = await DuckDBInstance.create(':memory:');
      const connection = await instance.connect();
      const values = bars.map(({ index, close }) => `(${minute(index)}::BIGINT, ${close}::DOUBLE)`).join(',');
      const layout = differently ? 'ROW_GROUP_SIZE 2048, COMPRESSION zstd' : 'COMPRESSION snappy';
      await connection.run(
        `COPY (SELECT * FROM (VALUES ${values}) bars(time, close)) TO '${project.path('bars.parquet')}' (FORMAT parquet, ${layout})`,
      );
      connection.closeSync();
      instance.closeSync();
    },
  },
  {
    kind: 'a provider of the author’s own',
    provider: 'told',
    file: 'bars.json',
    write: (project, bars, differently) => {
      const rows = bars.map(({ index, close }) => ({ ts: minute(index), close }));
      const version = differently ? 'another' : JSON.stringify(rows);
      project.write({ 'bars.json': JSON.stringify({ version, rows }) });
      return Promise.resolve();
    },
  },
];

/** Slots as ranges. */
function ranges(slots: readonly number[], interval: number): Span[] {
  return union(slots.map((start) => ({ start, end: start + interval }))).map(({ start, end }) => [
    start,
    end,
  ]);
}

/** Bars that came, went or changed, by their opens. */
function editedBars(before: readonly Bar[], after: readonly Bar[]): number[] {
  const [old, now] = [before, after].map((bars) => new Map(bars.map(({ index, close }) => [index, close])));
  const all = new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])]);
  return [...all].filter((index) => old?.get(index) !== now?.get(index)).map(minute);
}

async function coverage(dir: string, report: RunReport): Promise<Record<string, RangeSet>> {
  const store = await openStore({ dir });
  try {
    const found: Record<string, RangeSet> = {};
    for (const { name } of report.nodes) {
      const { fingerprint } = (await store.findNode(report.strategy, name)) ?? assert.fail(name);
      found[name] = union((await store.coverage([fingerprint])).get(fingerprint) ?? []);
    }
    return found;
  } finally {
    await store.close();
  }
}

/** What a run in an empty cache comes to. */
interface Cold {
  readonly report: RunReport;
  readonly tables: ReadonlyMap<string, Table>;
  readonly coverage: Readonly<Record<string, RangeSet>>;
}

/** By the edit. */
const COLD = new Map<string, Cold>();

for (const source of SOURCES) {
  describe(`an edit of ${source.kind}`, () => {
    let child: Child;
    let project: Project;
    before(async () => {
      project = new Project({
        'hours.csv': ['time,close', ...HOURS.map((ts) => `${ts},${ts % 1013}`)].join('\n'),
      });
      const path = project.path('bars.json').replaceAll('\\', '/');
      project.write({ 'main.ts': STRATEGY.replaceAll('BARS', path).replace('PROVIDER', source.provider) });
      await source.write(project, ORIGINAL, false);
      await runFresh(project, RANGE);
      child = new Child();
      await child.materialize(project, { ...RANGE, cacheDir: project.path('other') });
    });
    after(async () => {
      await child.end();
      project.remove();
    });

    /** A run of the edited bars in an empty cache; at night one of each source, else one for all, which have the same bars. */
    async function coldOf(name: string, at: number): Promise<Cold> {
      const known = COLD.get(name);
      if (known && profile === 'fast') return known;
      const dir = project.path(`cold-${at}`);
      const report = await child.materialize(project, { ...RANGE, cacheDir: dir });
      const cold = { report, tables: await storedTables(dir, report), coverage: await coverage(dir, report) };
      COLD.set(name, cold);
      return cold;
    }

    for (const [at, { name, bars }] of EDITS.entries()) {
      it(`${name}: computes what had or has an edited bar in reach, and nothing else`, async () => {
        // A cache that knows the bars as they were at first, and nothing of the edits before this one.
        const cacheDir = project.path(`cache-${at}`);
        cpSync(project.cacheDir, cacheDir, { recursive: true });
        await source.write(project, bars, name.startsWith('same values'));
        if (name === 'same bytes, new date') utimesSync(project.path(source.file), 1e9, 1e9);
        const { report, lines } = await child.run(project, { ...RANGE, cacheDir });

        const work = naiveWork(dagOf(ORIGINAL), dagOf(bars), RANGE);
        for (const node of report.nodes) {
          const { slots = [], fires = [] } = work[node.name] ?? {};
          const expected = node.name === 'price' ? editedBars(ORIGINAL, bars) : slots;
          const known = expected.filter((open) => open < (node.notYet[0]?.[0] ?? Infinity));
          const computed = ranges(known, node.interval);
          // Slots that lacked history before and do so after do not fire, so the calls say what they cost: nothing.
          const isIdle = name === 'prepend' && node.name === 'mixed';
          if (!isIdle) assert.deepEqual(node.computedRanges, computed, `slots of ${node.name}`);
          if (node.kind === 'node') {
            assert.deepEqual(
              callsOf(lines, node.name),
              fires.map((open) => open + node.interval),
              `calls of ${node.name}`,
            );
          }
        }
        if (name.startsWith('same'))
          assert.ok(Object.values(states(report)).every((state) => state === 'hit'));

        const cold = await coldOf(name, at);
        for (const { name: node, coverage: spans, rows } of report.nodes) {
          assert.deepEqual(
            [node, spans, rows],
            [node, nodeOf(cold.report, node).coverage, nodeOf(cold.report, node).rows],
          );
        }
        assert.deepEqual(await storedTables(cacheDir, report), cold.tables);
        assert.deepEqual(await coverage(cacheDir, report), cold.coverage);
      });
    }
  });
}
