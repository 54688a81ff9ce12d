import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';

import { encodeLine, type JournalLine } from '../../src/live/journal/codec.js';
import { JournalReader } from '../../src/live/journal/journal.js';
import {
  JOURNAL_VERSION,
  removeRun,
  runFolder,
  summaries,
  type RunRecord,
} from '../../src/live/journal/runs.js';
import { Curve } from '../../src/live/money/curve.js';
import type { PriceBar } from '../../src/live/money/book.js';
import { Desk } from '../../src/live/money/desk.js';
import { recordedPrices, shownPrices } from '../../src/live/report/prices.js';
import { yearsOf } from '../../src/live/report/returns.js';
import { tradingReport } from '../../src/live/report/trading-report.js';
import { parseWorld } from '../../src/live/world/load.js';
import type { World } from '../../src/live/world/schema.js';
import type { RunEventBody } from '../../src/sdk/live/live.js';
import { cases } from '../support/profile.js';
import type { TradingReport } from '../../src/protocol/live-results.js';

const MINUTE = 60;
const DAY = 86_400;

function worldOf(more: object = {}): World {
  return {
    name: 'w',
    ...parseWorld(JSON.stringify({ mode: 'paper', feed: { kind: 'replay' }, ...more }), 'w.yaml'),
  };
}

function recordOf(world: World, run = 'w-1'): RunRecord {
  const started = '2023-03-01T00:00:00.000Z';
  return {
    version: JOURNAL_VERSION,
    run,
    file: '/p/s.ts',
    className: 'S',
    world,
    prints: { A: 'a' },
    started,
  };
}

/** Opens and closes of each symbol's bar; null: none. */
type Bars = readonly (readonly [open: number, close: number] | null)[];

interface Slot {
  readonly bars: Bars;
  readonly decisions: readonly (number | null | undefined)[];
}

/** What a run over a feed writes of these slots, and the desk that made it. */
function recorded(world: World, slots: readonly Slot[], symbols: readonly string[]) {
  const desk = new Desk(world, symbols);
  let seq = 1;
  const lines: JournalLine[] = [];
  const write = (asOf: number, events: readonly RunEventBody[]): void => {
    lines.push({ seq, asOf, events });
    seq += events.length;
  };
  const ready = { run: 'w-1', strategy: 'S', world: 'w', mode: world.mode, nodes: ['A'], history: null };
  write(0, [{ type: 'ready', ...ready, symbols }]);
  slots.forEach(({ bars, decisions }, i) => {
    const ts = i * MINUTE;
    const told = bars.flatMap((bar, at): RunEventBody[] => {
      if (!bar) return [];
      return [{ type: 'bar', stream: symbols[at] as string, ts, row: { open: bar[0], close: bar[1] } }];
    });
    const prices = bars.map((bar): PriceBar | null => bar && { ts, open: bar[0], close: bar[1] });
    write(ts + MINUTE, [...told, ...desk.slot(ts + MINUTE, prices, decisions)]);
  });
  return { desk, lines };
}

const price = fc.double({ min: 1, max: 1000, noNaN: true });
const slotOf = (symbols: number): fc.Arbitrary<Slot> =>
  fc.record({
    // The first symbol has a bar in each slot.
    bars: fc
      .tuple(
        fc.tuple(price, price),
        ...Array.from({ length: symbols - 1 }, () => fc.option(fc.tuple(price, price))),
      )
      .map((bars): Bars => bars),
    decisions: fc.array(fc.option(fc.double({ min: -1, max: 1, noNaN: true })), {
      minLength: symbols,
      maxLength: symbols,
    }),
  });

describe('the report of a run', () => {
  it('a known run comes to known trades, positions and equity', () => {
    const world = worldOf({ capital: 1000, limits: { lot: 1 }, fills: { feeBps: 100 } });
    const { lines } = recorded(
      world,
      [
        { bars: [[10, 10]], decisions: [0.5] },
        { bars: [[11, 12]], decisions: [0.5] },
        { bars: [[12, 12]], decisions: [0] },
        { bars: [[13, 13]], decisions: [-0.5] },
        { bars: [[14, 15]], decisions: [-0.5] },
        { bars: [[16, 16]], decisions: [-0.5] },
      ],
      ['A'],
    );
    const { outcome, positions, state, years, inactive } = tradingReport(recordOf(world), lines, true);
    assert.equal(state, 'running');
    assert.equal(inactive, null);
    // 49 units, bought at 11 in the second minute, sold at 13 in the fourth: two bars.
    const paid = (49 * 11 + 49 * 13) * 0.01;
    assert.deepEqual(outcome?.trades, [
      {
        symbol: 'A',
        side: 'long',
        quantity: 49,
        opened: 60,
        closed: 180,
        entry: 11,
        exit: 13,
        fees: paid,
        profit: 98 - paid,
        bars: 2,
      },
    ]);
    // Equity is then 1000 + 98 − 11.76; half of it at 13 · 1.01 is 41 units, sold at 14, worth 16.
    const [open] = outcome.open;
    const fee = 41 * 14 * 0.01;
    assert.deepEqual(open, {
      symbol: 'A',
      side: 'short',
      quantity: 41,
      opened: 240,
      entry: 14,
      price: 16,
      fees: fee,
      profit: -(41 * 16 - 41 * 14) - fee,
      bars: 2,
    });
    assert.deepEqual(positions, [
      {
        symbol: 'A',
        points: [
          [60, 49],
          [180, 0],
          [240, -41],
          [360, -41],
        ],
      },
    ]);
    const equity = 1000 + 98 - paid - fee - 41 * 2;
    assert.ok(Math.abs(outcome.equity - equity) < 1e-9);
    assert.equal(outcome.curve.length, 6);
    const [, , deepest] = outcome.curve.at(-1) ?? [0, 0, 0];
    // The peak is after the fourth minute, when the units were sold.
    assert.ok(Math.abs(deepest - (1 - equity / (1000 + 98 - paid))) < 1e-9);
    assert.deepEqual(years, [
      {
        year: 1970,
        total: outcome.equity / 1000 - 1,
        months: [outcome.equity / 1000 - 1, ...Array<null>(11).fill(null)],
      },
    ]);
  });

  it('of a run that goes on is what the run itself says as it ends', () => {
    const worlds = fc.record({ feeBps: fc.constantFrom(0, 10), slippageBps: fc.constantFrom(0, 20) });
    fc.assert(
      fc.property(worlds, fc.array(slotOf(2), { minLength: 1, maxLength: 60 }), (fills, slots) => {
        const world = worldOf({ fills, policy: { rebalance: 'slot' } });
        const { desk, lines } = recorded(world, slots, ['A', 'B']);
        const { outcome } = tradingReport(recordOf(world), lines, true);
        assert.deepEqual(outcome, desk.summary);
      }),
      cases(500, 100),
    );
  });

  it('says why there are no fills, and has no numbers before the first slot', () => {
    const shadow = { ...worldOf(), mode: 'shadow' as const };
    const { lines } = recorded(shadow, [{ bars: [[1, 1]], decisions: [1] }], ['A']);
    const report = tradingReport(recordOf(shadow), lines, false);
    assert.equal(report.state, 'cut off');
    assert.match(report.inactive ?? '', /mode shadow/);
    assert.deepEqual(report.positions, []);
    const none = tradingReport(recordOf(shadow), lines.slice(0, 1), true);
    assert.equal(none.outcome, null);
    assert.deepEqual([none.years, none.positions], [[], []]);
  });

  it('a backtest that did not end has no numbers, for its journal has no prices', () => {
    const world = { ...worldOf(), mode: 'backtest' as const };
    const { lines } = recorded(world, [{ bars: [[1, 1]], decisions: [1] }], ['A']);
    const failed: JournalLine = {
      seq: 90,
      asOf: 60,
      events: [{ type: 'error', node: null, message: 'No.' }],
    };
    const report = tradingReport(recordOf(world), [...lines, failed], false);
    assert.deepEqual([report.state, report.problem, report.outcome], ['failed', 'No.', null]);
  });

  it('an end that a run went on from is not its end', () => {
    const world = worldOf();
    const { desk, lines } = recorded(world, [{ bars: [[1, 1]], decisions: [1] }], ['A']);
    const { run, className: strategy } = recordOf(world);
    const finished: RunEventBody = {
      ...{ type: 'finished', run, strategy, world: 'w', mode: 'paper', reason: 'stopped' },
      computedNodes: null,
      ...desk.summary,
    };
    const end: JournalLine = { seq: 50, asOf: 60, events: [finished] };
    assert.equal(tradingReport(recordOf(world), [...lines, end], false).state, 'finished');
    const again = tradingReport(recordOf(world), [...lines, end, lines[0] as JournalLine], true);
    assert.equal(again.state, 'running');
  });
});

describe('returns by month', () => {
  const month = (text: string): number => Date.parse(`${text}T00:00:00Z`) / 1000;

  it('are those of equity between ends of months, the first from the capital', () => {
    // Midnight belongs to the day before: that of 1 January is the year before.
    const days = [
      [month('2022-12-31'), 110],
      [month('2023-01-01'), 120],
      [month('2023-02-01'), 90],
      [month('2023-04-02'), 180],
      [month('2023-04-03'), 135],
    ] as const;
    const none = (count: number): null[] => Array<null>(count).fill(null);
    assert.deepEqual(yearsOf(100, days), [
      { year: 2022, total: 120 / 100 - 1, months: [...none(11), 120 / 100 - 1] },
      { year: 2023, total: 135 / 120 - 1, months: [90 / 120 - 1, null, null, 135 / 90 - 1, ...none(8)] },
    ]);
    assert.deepEqual(yearsOf(100, []), []);
  });

  it('multiply to that of their year, and years to that of the run', () => {
    const equities = fc.array(fc.double({ min: 10, max: 1000, noNaN: true }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(equities, fc.integer({ min: 1, max: 40 }), (values, step) => {
        const days = values.map((equity, i) => [(19_000 + i * step) * DAY, equity] as const);
        const years = yearsOf(100, days);
        const product = (all: readonly (number | null)[]): number =>
          all.reduce<number>((so, each) => so * (1 + (each ?? 0)), 1);
        for (const { months, total } of years) near(product(months), 1 + total);
        near(product(years.map(({ total }) => total)), (values.at(-1) as number) / 100);
      }),
      cases(500, 100),
    );
  });
});

describe('the curve of equity', () => {
  it('stays small, and keeps the last equity and the deepest drawdown of what each point stands for', () => {
    const curve = new Curve();
    const slots = Array.from({ length: 50_001 }, (_, i) => {
      const equity = 100 + 50 * Math.sin(i / 900) + ((i * 7919) % 101) / 10;
      return { asOf: (i + 1) * MINUTE, equity };
    });
    let peak = 0;
    const drawdowns = slots.map(({ equity }) => {
      peak = Math.max(peak, equity);
      return 1 - equity / peak;
    });
    slots.forEach(({ asOf, equity }, i) => curve.add(asOf, equity, drawdowns[i] as number));
    const { points } = curve;
    assert.ok(points.length >= 1000 && points.length <= 2000, String(points.length));
    let from = 0;
    for (const [asOf, equity, drawdown] of points) {
      const to = asOf / MINUTE;
      assert.equal(equity, slots[to - 1]?.equity);
      assert.equal(drawdown, Math.max(...drawdowns.slice(from, to)));
      from = to;
    }
    assert.equal(from, slots.length);
  });
});

describe('prices of a run', () => {
  it('are what its feed said, with the fills among them', () => {
    const { lines } = recorded(
      worldOf(),
      [
        { bars: [[10, 11], null], decisions: [1, 0] },
        {
          bars: [
            [12, 13],
            [5, 6],
          ],
          decisions: [1, 0],
        },
        { bars: [null, null], decisions: [0, 0] },
        { bars: [[14, 15], null], decisions: [0, 0] },
      ],
      ['A', 'B'],
    );
    const prices = recordedPrices(lines, 'A');
    assert.deepEqual([...prices.table.ts], [0, 60, 180]);
    const shown = shownPrices(prices, { start: -Infinity, end: Infinity }, 100);
    assert.deepEqual(shown.whole, [0, 240]);
    assert.deepEqual(shown.table.names, ['open', 'close']);
    assert.deepEqual(
      shown.fills.map(({ at, quantity, price: paid }) => [at, Math.sign(quantity), paid]),
      [
        [60, 1, 12],
        [180, -1, 14],
      ],
    );
    const part = shownPrices(prices, { start: 61, end: 240 }, 100);
    assert.deepEqual([[...part.table.ts], part.filled], [[180], 1]);
    const one = shownPrices(recordedPrices(lines.slice(0, 2), 'A'), { start: 0, end: 60 }, 100);
    assert.deepEqual([one.whole, one.interval], [[0, 1], 0]);
    const none = shownPrices(recordedPrices([], 'A'), { start: 0, end: 60 }, 100);
    assert.deepEqual([none.whole, none.filled], [null, 0]);
  });
});

describe('runs that cannot be read', () => {
  let cacheDir: string;
  beforeEach(() => (cacheDir = mkdtempSync(join(tmpdir(), 'seamless-runs-'))));
  afterEach(() => rmSync(cacheDir, { recursive: true, force: true }));

  function add(run: string, record: unknown, lines: readonly JournalLine[] = []): string {
    const folder = runFolder(cacheDir, run);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'run.json'), typeof record === 'string' ? record : JSON.stringify(record));
    writeFileSync(join(folder, 'journal.jsonl'), lines.map(encodeLine).join(''));
    return folder;
  }

  it('are listed beside the others, say why, and can be removed', () => {
    const world = worldOf();
    const { lines } = recorded(world, [{ bars: [[1, 1]], decisions: [1] }], ['A']);
    add('good', recordOf(world, 'good'), lines);
    add('half', '{"version": 2, "run": "ha');
    add('other', { version: 1, run: 'other' });
    add('lacking', { version: JOURNAL_VERSION, run: 'lacking' });
    const torn = add('torn', recordOf(world, 'torn'), lines);
    writeFileSync(
      join(torn, 'journal.jsonl'),
      `not JSON\n${readFileSync(join(torn, 'journal.jsonl'), 'utf8')}`,
    );
    const cut = add('cut', recordOf(world, 'cut'), lines);
    // Killed while it wrote: what was not written whole never came to be.
    appendFileSync(join(cut, 'journal.jsonl'), '{"seq": 9, "asO');
    const found = new Map(summaries(cacheDir).map((each) => [each.run, each]));
    assert.equal(found.size, 6);
    assert.deepEqual([found.get('good')?.state, found.get('cut')?.state], ['cut off', 'cut off']);
    assert.match(found.get('half')?.problem ?? '', /Run half is damaged: run\.json/);
    assert.match(found.get('lacking')?.problem ?? '', /Run lacking is damaged: run\.json/);
    assert.match(found.get('other')?.problem ?? '', /another version of Seamless/);
    assert.match(found.get('torn')?.problem ?? '', /journal\.jsonl is damaged: line 1 /);
    for (const run of ['half', 'other', 'lacking', 'torn']) removeRun(cacheDir, run);
    assert.deepEqual(
      summaries(cacheDir)
        .map(({ run }) => run)
        .sort(),
      ['cut', 'good'],
    );
  });

  it('a line that is cut off at the end of a journal is not read', () => {
    const world = worldOf();
    const { lines } = recorded(world, [{ bars: [[1, 1]], decisions: [1] }], ['A']);
    const folder = add('cut', recordOf(world, 'cut'), lines);
    appendFileSync(join(folder, 'journal.jsonl'), '{"seq": 9, "asO');
    const read: TradingReport = tradingReport(recordOf(world, 'cut'), new JournalReader(folder).all(), false);
    assert.deepEqual(read, tradingReport(recordOf(world, 'cut'), lines, false));
  });
});

function near(a: number, b: number): void {
  assert.ok(Math.abs(a - b) <= 1e-9 * (1 + Math.abs(b)), `${a} is not ${b}`);
}
