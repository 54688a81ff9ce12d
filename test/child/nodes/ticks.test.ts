// Slow (12 s): runs in a child process.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { submit } from '../../../src/client/runner.js';
import { Database, sqlText } from '../../../src/sources/sql/database.js';
import { rowValue, type RowValue, type Table } from '../../../src/sdk/table.js';
import { Project, refused, storedTables, withChild } from '../../support/project.js';

const CHILD = resolve(import.meta.dirname, '../../../dist/child.js');

const STRATEGY = `
import { barsOf, csvHistory, Node, sma, Strategy, StreamInput } from 'seamless-dag';

export class Main extends Strategy {
  setup(): void {
    const ticks = new StreamInput({ tags: ['ticks'], interval: 'tick', historyProvider: csvHistory('ticks.csv') });
    const quotes = new StreamInput({ tags: ['quotes'], interval: 'tick', historyProvider: csvHistory('quotes.csv') });
    const bars = barsOf({ name: 'bars', input: ticks, interval: '1m', columns: { fee: 'sum' } });
    const days = barsOf({ name: 'days', input: ticks, interval: '1d', calendar: 'XNYS' });
    const mids = barsOf({ name: 'mids', input: quotes, interval: '5m', price: 'mid' });
    const flow = barsOf({
      name: 'flow',
      input: ticks,
      interval: '1m',
      reduce: (all, { open, close }) => ({
        buys: all.values('side').filter((side) => side === 'buy').length,
        last: all.row(-1).id,
        inside: all.ts[0] >= open && all.ts[all.length - 1] < close,
      }),
    });
    const lately = new Node({ name: 'lately', input: ticks, interval: '1m', period: '90s', computeFn: (view) => view.window(ticks).length });
    const fast = sma({ name: 'fast', input: bars, period: 3 });
    this.addNodes([bars, days, mids, flow, lately, fast]);
  }
}
`;

interface Tick {
  /** Microseconds. */
  readonly time: number;
  readonly price: number;
  readonly qty: number;
  readonly side: string;
  readonly fee: number;
  readonly id: number;
}

const START = Date.parse('2024-03-04T13:00:00Z') * 1000;
/** A microsecond before a bar, at its open, and several at once. */
const STEPS = [0, 0, 1, 250_000, 999_999, 7_000_000, 0, 63_000_000];

function made(count: number, from = 0): Tick[] {
  let time = START;
  return Array.from({ length: from + count }, (_, id): Tick => {
    time += STEPS[(id * 7919) % STEPS.length] as number;
    if (id % 50 === 49) time += 60_000_000 - (time % 60_000_000);
    const price = 100 + ((id * 37) % 101) / 8;
    return { time, price, qty: id % 9, side: id % 3 ? 'buy' : 'sell', fee: (id % 4) / 4, id };
  }).slice(from);
}

const line = ({ time, price, qty, side, fee, id }: Tick): string =>
  `${time},${price},${qty},${side},${fee},${id}\n`;
const HEAD = 'time,price,qty,side,fee,id\n';
const QUOTES = `Gmt time,Ask,Bid\n04.03.2024 14:30:00.001,11,10\n04.03.2024 14:31:00.500,13,12\n04.03.2024 14:40:00.000,9,8\n`;

const ticks = made(4000);
const files = { 'main.ts': STRATEGY, 'ticks.csv': HEAD + ticks.map(line).join(''), 'quotes.csv': QUOTES };
const all = { start: START / 1e6 - 3600, end: START / 1e6 + 10 * 86_400 };

function rowsOf(table: Table | undefined): [number, RowValue][] {
  assert.ok(table);
  return Array.from(table.ts, (ts, index) => [ts, rowValue(table, index)]);
}

/** The ticks of each slot of so many seconds, from the definition, without the last one, which is not over. */
function slots(seconds: number): [ts: number, those: readonly Tick[]][] {
  const found = new Map<number, Tick[]>();
  for (const tick of ticks) {
    const open = Math.floor(tick.time / 1e6 / seconds) * seconds;
    found.set(open, [...(found.get(open) ?? []), tick]);
  }
  return [...found].slice(0, -1);
}

describe('bars of ticks', () => {
  it('have what their slots have, cold, in parts and after a file grew, and so do SQL and exports', async () => {
    const [project, parts] = [new Project(files), new Project(files)];
    try {
      await withChild(async (child) => {
        const report = await child.materialize(project, all);
        const cold = await storedTables(project.cacheDir, report);
        assert.deepEqual(
          rowsOf(cold.get('ticks')).map(([ts, value]) => [ts, (value as { id: number }).id]),
          ticks.map(({ time, id }) => [time / 1e6, id]),
        );
        assert.deepEqual(
          rowsOf(cold.get('bars')),
          slots(60).map(([ts, those]) => {
            const prices = those.map(({ price }) => price);
            const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
            return [
              ts,
              {
                open: prices[0],
                high: Math.max(...prices),
                low: Math.min(...prices),
                close: prices.at(-1),
                volume: sum(those.map(({ qty }) => qty)),
                fee: sum(those.map(({ fee }) => fee)),
                ticks: those.length,
              },
            ];
          }),
        );
        assert.deepEqual(
          rowsOf(cold.get('flow')),
          slots(60).map(([ts, those]) => [
            ts,
            {
              buys: those.filter(({ side }) => side === 'buy').length,
              last: those.at(-1)?.id,
              inside: true,
            },
          ]),
        );
        assert.deepEqual(
          rowsOf(cold.get('lately')),
          slots(60).map(([ts]) => {
            const [from, to] = [ts - 30, ts + 60].map((time) => time * 1e6) as [number, number];
            return [ts, ticks.filter(({ time }) => time >= from && time < to).length];
          }),
        );
        assert.deepEqual(
          rowsOf(cold.get('mids')).map(([ts, value]) => [ts, (value as { close: number }).close]),
          [[Date.parse('2024-03-04T14:30:00Z') / 1000, 12.5]],
        );
        // The day of New York begins after the first ticks, and ends within the others.
        const [open, close] = ['2024-03-04T14:30:00Z', '2024-03-04T21:00:00Z'].map(
          (text) => Date.parse(text) * 1000,
        );
        const session = ticks.filter(({ time }) => time >= (open ?? 0) && time < (close ?? 0));
        assert.ok(session.length > 100 && session.length < ticks.length);
        const [day] = rowsOf(cold.get('days'));
        assert.equal(day?.[0], (open ?? 0) / 1e6);
        assert.equal((day[1] as { ticks: number }).ticks, session.length);

        // A file that grows, ranges in any order and with ends between two ticks of one microsecond's neighbours.
        parts.write({ 'ticks.csv': HEAD + ticks.slice(0, 1200).map(line).join('') });
        await child.materialize(parts, { start: START / 1e6 + 100, end: START / 1e6 + 2000.25 });
        parts.append('ticks.csv', ticks.slice(1200, 2501).map(line).join(''));
        await child.materialize(parts, { start: START / 1e6 + 900, end: START / 1e6 + 9000 });
        parts.append('ticks.csv', ticks.slice(2501).map(line).join(''));
        const again = await child.materialize(parts, all);
        const warm = await storedTables(parts.cacheDir, again);
        for (const [name, table] of cold) assert.deepEqual(rowsOf(warm.get(name)), rowsOf(table), name);
        const hit = await child.materialize(parts, all);
        assert.deepEqual(new Set(hit.nodes.map(({ state }) => state)), new Set(['hit']));

        const sql = await child.request('sql', {
          projectRoot: project.root,
          strategy: 'main.ts#Main',
          most: 10,
          sql: `SELECT count(*), count(DISTINCT ts), min(epoch_us(time))::DOUBLE, max(epoch_us(time))::DOUBLE FROM ticks`,
        });
        assert.deepEqual(sql.rows[0], [
          ticks.length,
          new Set(ticks.map(({ time }) => time)).size,
          ticks[0]?.time,
          ticks.at(-1)?.time,
        ]);
        const paths = { parquet: project.path('out/t.parquet'), csv: project.path('out/t.csv') };
        for (const format of ['parquet', 'csv'] as const) {
          const asked = { projectRoot: project.root, strategy: 'main.ts#Main', nodes: ['ticks'], ...all };
          await child.request('export', { ...asked, format, path: paths[format] });
        }
        const ends = (text: string): string[] =>
          text
            .trimEnd()
            .split('\n')
            .slice(1)
            .map((each) => each.split(',')[0] ?? '');
        const times = ends(readFileSync(paths.csv, 'utf8'));
        assert.equal(times.length, ticks.length);
        assert.deepEqual(
          times.map((time) => Date.parse(`${time.slice(0, 19)}Z`) * 1000 + Number(time.slice(20, 26))),
          ticks.map(({ time }) => time),
        );
        const database = new Database(project.root);
        const [row] = await database.rows(
          `SELECT list(id::INTEGER)::VARCHAR AS ids, count(DISTINCT time)::DOUBLE AS times FROM ${sqlText(paths.parquet)}`,
        );
        database.close();
        assert.equal(row?.['ids'], JSON.stringify(ticks.map(({ id }) => id)).replaceAll(',', ', '));
        // Beside bars, too: each tick is there once.
        await child.request('export', {
          projectRoot: project.root,
          strategy: 'main.ts#Main',
          nodes: ['ticks', 'bars'],
          ...all,
          format: 'csv',
          path: paths.csv,
        });
        const joined = ends(readFileSync(paths.csv, 'utf8'));
        const apart = slots(60).filter(([ts]) => !ticks.some(({ time }) => time === ts * 1e6));
        assert.equal(joined.length, ticks.length + apart.length);
      });
    } finally {
      project.remove();
      parts.remove();
    }
  });

  it('corrected, inserted or taken away change the bars that have them in reach, and no others', async () => {
    const project = new Project(files);
    try {
      await withChild(async (child) => {
        await child.materialize(project, all);
        const at = 2000;
        const wrong = ticks[at] as Tick;
        for (const [what, change] of Object.entries({
          corrected: (list: Tick[]) => (list[at] = { ...wrong, price: 1 }),
          'taken away': (list: Tick[]) => list.splice(at, 1),
          inserted: (list: Tick[]) => list.splice(at, 0, { ...wrong, id: -1 }),
        })) {
          const changed = [...ticks];
          change(changed);
          const cold = new Project({ ...files, 'ticks.csv': HEAD + changed.map(line).join('') });
          project.write({ 'ticks.csv': HEAD + changed.map(line).join('') });
          try {
            const report = await child.materialize(project, all);
            const slot = Math.floor(wrong.time / 60e6) * 60;
            const computed = (name: string) =>
              report.nodes.find((node) => node.name === name)?.computedRanges;
            assert.deepEqual(computed('bars'), [[slot, slot + 60]], what);
            const warm = await storedTables(project.cacheDir, report);
            const fresh = await storedTables(cold.cacheDir, await child.materialize(cold, all));
            for (const [name, table] of fresh) assert.deepEqual(rowsOf(warm.get(name)), rowsOf(table), name);
          } finally {
            cold.remove();
          }
          project.write({ 'ticks.csv': files['ticks.csv'] });
          await child.materialize(project, all);
        }
      });
    } finally {
      project.remove();
    }
  });

  it('are refused where they would be counted, with the way out, which works', async () => {
    const node =
      "new Node({ name: 'n', input: ticks, period: 3, computeFn: (view) => view.window(ticks).length })";
    const strategy = (made: string, stream = "interval: 'tick'"): string => `
import { barsOf, csvHistory, Node, resample, sma, Strategy, StreamInput, Universe } from 'seamless-dag';
export class Main extends Strategy {
  setup(): void {
    const ticks = new StreamInput({ tags: ['ticks'], ${stream}, historyProvider: csvHistory('ticks.csv') });
    this.addNodes([ticks, ${made}]);
  }
}
`;
    const wrong: readonly (readonly [string, string, RegExp, string?])[] = [
      [
        node,
        'interval',
        /would have to fire at each tick: say at which bars it fires, such as interval: '1m', or make bars with barsOf/,
      ],
      [
        node.replace('period', "interval: '1m', period"),
        'period',
        /counts its window in ticks of ticks: make bars of them with barsOf.*or count the window in time: period: '1m'/,
      ],
      [
        "resample({ name: 'n', input: ticks, interval: '1m' })",
        'interval',
        /is 'tick', which is for a StreamInput alone.*barsOf/,
      ],
      ["sma({ name: 'n', input: ticks, period: 3 })", 'interval', /barsOf/],
      [
        "barsOf({ name: 'n', input: ticks, interval: '1m' })",
        'interval',
        /make no sense|leave its calendar out, and say it where bars are made: barsOf\(\{ …, calendar: 'XNYS' \}\)/,
        "interval: 'tick', calendar: 'XNYS'",
      ],
      [
        "barsOf({ name: 'n', input: ticks, interval: '5m' })",
        'interval',
        /makes bars of ticks, but ticks has bars of 1m: write resample/,
        "interval: '1m'",
      ],
    ];
    for (const [made, code, says, stream] of wrong) {
      const project = new Project({ ...files, 'main.ts': strategy(made, stream) });
      try {
        await withChild((child) => refused(child.materialize(project, all), code as 'interval', says));
      } finally {
        project.remove();
      }
    }
    const right = [
      "barsOf({ name: 'bars', input: ticks, interval: '1m' })",
      "barsOf({ name: 'days', input: ticks, interval: '1d', calendar: 'XNYS' })",
      node.replace('period: 3', "interval: '1m', period: '1m'"),
    ];
    const project = new Project({ ...files, 'main.ts': strategy(right.join(', ')) });
    try {
      await withChild(async (child) => {
        const report = await child.materialize(project, all);
        assert.deepEqual(
          report.nodes.map(({ failure }) => failure),
          [null, null, null, null],
        );
      });
    } finally {
      project.remove();
    }
  });

  it('are refused in a universe, as what is traded and in worlds that are live, with ways out that work', async () => {
    const strategy = (made: string): string => `
import { barsOf, csvHistory, Node, Strategy, StreamInput, Universe } from 'seamless-dag';
export class Main extends Strategy {
  setup(): void {
    ${made}
  }
}
`;
    const stream =
      "new StreamInput({ tags: ['ticks'], interval: 'tick', historyProvider: csvHistory('ticks.csv') })";
    const decides = `const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('minutes.csv') });
      const weight = new Node({ name: 'weight', input: bars, period: 1, computeFn: (view) => (view.latest(bars).close > 100 ? 1 : 0) });`;
    const trades = (what: string): string =>
      `const ticks = ${stream}; const bars = barsOf({ name: 'bars', input: ticks, interval: '1m' }); ${decides}
      this.addNodes([ticks, bars, price, weight]); this.trade(weight, ${what});`;
    const begin = Math.floor(all.start / 60) * 60;
    const minutes = Array.from(
      { length: 200 },
      (_, at) => `${begin + 3600 + at * 60},100,101,99,100,1\n`,
    ).join('');
    const project = new Project({
      ...files,
      'many.csv': `time,symbol,price\n1709560800000000,A,1\n1709560800000000,B,2\n1709560900000000,A,3\n`,
      'minutes.csv': `time,open,high,low,close,volume\n${minutes}`,
      'worlds/paper.yaml': 'mode: paper\nfeed: { kind: replay }\n',
      'worlds/back.yaml': `mode: backtest\nstart: ${begin + 3600}\nend: ${begin + 3600 + 6000}\n`,
    });
    const set = (made: string): void => project.write({ 'main.ts': strategy(made) });
    const begun = (world: string) =>
      submit(`${project.path('main.ts')}#Main`, { world }, { childPath: CHILD });
    try {
      await withChild(async (child) => {
        set(
          "this.addNodes([new Universe({ name: 'u', interval: 'tick', history: csvHistory('many.csv'), symbol: 'symbol' })]);",
        );
        const { message } = await refused(
          child.materialize(project, all),
          'interval',
          /Universe u cannot have ticks/,
        );
        const [, history = ''] =
          /make a StreamInput with interval: 'tick' for each symbol, such as (csvHistory\(.*?\)),/.exec(
            message,
          ) ?? [];
        const own = history.replace('ticks.csv', 'many.csv').replace('AAPL', 'A');
        set(`this.addNodes([new StreamInput({ tags: ['A'], interval: 'tick', historyProvider: ${own} })]);`);
        assert.equal((await child.materialize(project, all)).nodes[0]?.rows, 2);
        set(trades('ticks'));
        await refused(
          child.materialize(project, all),
          'strategy',
          /trades ticks, which has ticks, and orders are filled at bars: give this\.trade a StreamInput of its bars/,
        );
        set(trades('price'));
        await child.materialize(project, all);
      });
      await refused(
        begun('paper').then((run) => run.result),
        'usage',
        /World paper is paper, and its feed has bars, but ticks has ticks: run the strategy in a backtest, or give it a stream of bars in place of barsOf/,
      );
      await (
        await begun('back')
      ).result;
      set(
        trades('price')
          .replace(/const ticks = .*?; const bars = .*?;/, '')
          .replace('[ticks, bars, price', '[price')
          .replaceAll('bars', 'price'),
      );
      await (
        await begun('paper')
      ).result;
    } finally {
      project.remove();
    }
  });

  it('without a column of prices say what to write', async () => {
    for (const [head, says] of [
      ['time,bid,ask', /say price: 'mid' for the middle of bid and ask, or price: 'bid'/],
      ['time,a,b', /has no column with prices; it has a, b: say which is it with price: 'a'/],
    ] as const) {
      const text = `${head}\n1709560800000000,1,2\n1709560900000000,1,2\n`;
      const project = new Project({ ...files, 'ticks.csv': text });
      try {
        await withChild(async (child) => {
          const report = await child.materialize(project, all);
          const failure = report.nodes.find(({ name }) => name === 'bars')?.failure;
          assert.match(failure?.message ?? '', says);
        });
      } finally {
        project.remove();
      }
    }
  });
});
