import assert from 'node:assert/strict';
import fc from 'fast-check';

import type { PriceBar } from '../../src/live/money/book.js';
import { Desk } from '../../src/live/money/desk.js';
import { parseWorld } from '../../src/live/world/load.js';
import type { World } from '../../src/live/world/schema.js';
import type { RunEventBody } from '../../src/sdk/live/live.js';
import { cases } from '../support/profile.js';

const MINUTE = 60;
const SYMBOLS = ['A', 'B'];

type Dated = RunEventBody & { readonly asOf: number };
type Fill = Extract<Dated, { type: 'fill' }>;

function worldOf(fills: object, more: object = {}): World {
  const text = JSON.stringify({ mode: 'paper', feed: { kind: 'replay' }, fills, ...more });
  return { name: 'w', ...parseWorld(text, 'w.yaml') };
}

const world: fc.Arbitrary<World> = fc
  .record({
    fills: fc.record(
      {
        at: fc.constant('limit'),
        offsetBps: fc.constantFrom(0, 5, 50, 500),
        restBars: fc.constantFrom(1, 2, 5),
        unfilled: fc.constantFrom('take', 'cancel'),
        feeBps: fc.constantFrom(0, 10),
        feePerUnit: fc.constantFrom(0, 0.01),
        slippageBps: fc.constantFrom(0, 20),
        makerFeeBps: fc.constantFrom(-2, 0, 4),
        makerFeePerUnit: fc.constantFrom(-0.002, 0),
      },
      { requiredKeys: ['at'] },
    ),
    lot: fc.constantFrom(0, 1),
    rebalance: fc.constantFrom('change', 'slot'),
  })
  .map(({ fills, lot, rebalance }) => worldOf(fills, { limits: { lot }, policy: { rebalance } }));

/** Prices of few digits meet limits exactly, which is where `through` and `touched` differ. */
const bar: fc.Arbitrary<Omit<PriceBar, 'ts'> | null> = fc.option(
  fc
    .tuple(...([0, 1, 2, 3] as const).map(() => fc.integer({ min: 96, max: 104 })))
    .map(([open = 0, close = 0, a = 0, b = 0]) => ({
      open,
      close,
      low: Math.min(open, close, a, b),
      high: Math.max(open, close, a, b),
    })),
  { freq: 6 },
);

interface Slot {
  readonly bars: readonly (Omit<PriceBar, 'ts'> | null)[];
  readonly decisions: readonly (number | undefined)[];
}

const slots: fc.Arbitrary<Slot[]> = fc.array(
  fc.record({
    bars: fc.tuple(bar, bar),
    decisions: fc.array(fc.constantFrom(undefined, undefined, 0, 0.5, 1, -0.5), {
      minLength: 2,
      maxLength: 2,
    }),
  }),
  { maxLength: 60 },
);

function trade(at: World, all: readonly Slot[]): { desk: Desk; events: Dated[] } {
  const desk = new Desk(at, SYMBOLS);
  const events = all.flatMap(({ bars, decisions }, i) => {
    const asOf = (i + 1) * MINUTE;
    const closing = bars.map((each): PriceBar | null => each && { ts: asOf - MINUTE, ...each });
    return desk.slot(asOf, closing, decisions).map((event) => ({ asOf, ...event }));
  });
  return { desk, events };
}

function of<T extends RunEventBody['type']>(events: readonly Dated[], type: T) {
  return events.filter((event): event is Extract<Dated, { type: T }> => event.type === type);
}

/** What becomes of one order, from the bars after it alone. */
function fateOf(
  { fills }: World,
  order: Extract<Dated, { type: 'order' }>,
  all: readonly Slot[],
  replacedAt: number,
): string {
  const i = SYMBOLS.indexOf(order.symbol);
  const after = all
    .map(({ bars }, slot) => ({ bar: bars[i] ?? null, ts: slot * MINUTE }))
    .flatMap(({ bar: found, ts }) => (found && ts >= order.asOf ? [{ ...found, ts }] : []));
  const { quantity, limit } = order;
  assert.ok(limit !== undefined);
  const side = Math.sign(quantity);
  const units = Math.abs(quantity);
  const { restBars = 1, feeBps, feePerUnit, makerFeeBps = feeBps, makerFeePerUnit = feePerUnit } = fills;
  const slip = 1 + (side * fills.slippageBps) / 10_000;
  const tell = (ts: number, price: number, maker: boolean): string => {
    const [bps, perUnit] = maker ? [makerFeeBps, makerFeePerUnit] : [feeBps, feePerUnit];
    return `${ts} ${price} ${(units * price * bps) / 10_000 + units * perUnit} ${maker ? 'maker' : 'taker'}`;
  };
  for (const [nth, { ts, open, low, high }] of after.entries()) {
    if (nth === restBars) return tell(ts, open * slip, false);
    if (ts >= replacedAt) return 'cancelled';
    const crosses = side * (limit - open) >= 0;
    if (nth === 0 && crosses) {
      const price = side > 0 ? Math.min(open * slip, limit) : Math.max(open * slip, limit);
      return tell(ts, price, false);
    }
    if (side > 0 ? (low ?? NaN) < limit : (high ?? NaN) > limit) return tell(ts, limit, true);
    if (nth === restBars - 1 && fills.unfilled === 'cancel') return 'cancelled';
  }
  return replacedAt === Infinity ? 'open' : 'cancelled';
}

describe('orders that rest at a price', () => {
  it('are filled as the bars after them say, and never by the bar that gave the signal', () => {
    const met = { maker: 0, taker: 0, cancelled: 0, open: 0 };
    fc.assert(
      fc.property(world, slots, (at, all) => {
        const { events } = trade(at, all);
        const fills = new Map(of(events, 'fill').map((fill) => [fill.order, fill]));
        const ends = new Map(of(events, 'cancelled').map((end) => [end.order, end]));
        assert.equal(fills.size, of(events, 'fill').length);
        for (const order of of(events, 'order')) {
          const fill = fills.get(order.order);
          const end = ends.get(order.order);
          assert.ok(!(fill && end));
          assert.ok(!fill || (fill.at >= order.asOf && fill.quantity === order.quantity));
          // What replaces an order is judged by the test below.
          const replacedAt = end && !/did not trade/.test(end.reason) ? end.asOf : Infinity;
          const told = fill
            ? `${fill.at} ${fill.price} ${fill.fee} ${fill.maker ? 'maker' : 'taker'}`
            : end
              ? 'cancelled'
              : 'open';
          assert.equal(told, fateOf(at, order, all, replacedAt));
          met[fill ? (fill.maker ? 'maker' : 'taker') : end ? 'cancelled' : 'open'] += 1;
        }
      }),
      cases(2000, 400),
    );
    for (const [kind, count] of Object.entries(met)) assert.ok(count > 20, `${kind}: ${count}`);
  });

  it('leave cash and units as their fills say; only a maker is paid, and no more than was declared', () => {
    fc.assert(
      fc.property(world, slots, (at, all) => {
        const { desk, events } = trade(at, all);
        const { cash, positions, capital, fees } = desk.summary;
        let left = capital;
        let paid = 0;
        const units = new Map(SYMBOLS.map((symbol) => [symbol, 0]));
        for (const { symbol, quantity, price, fee, slippage, maker } of of(events, 'fill')) {
          left -= quantity * price + fee;
          paid += fee;
          units.set(symbol, (units.get(symbol) ?? 0) + quantity);
          assert.ok(slippage >= 0);
          if (!maker) assert.ok(fee >= 0);
          else {
            const { makerFeeBps = 0, makerFeePerUnit = 0 } = at.fills;
            const least =
              (Math.abs(quantity) * price * Math.min(0, makerFeeBps)) / 10_000 +
              Math.abs(quantity) * Math.min(0, makerFeePerUnit);
            assert.ok(fee >= least * (1 + 1e-12) && slippage === 0);
          }
        }
        assert.equal(cash, left);
        assert.equal(fees, paid);
        for (const [symbol, quantity] of units) assert.equal(positions[symbol] ?? 0, quantity);
      }),
      cases(2000, 300),
    );
  });

  it('come, with what is held and what else is on its way, to what was asked for last', () => {
    fc.assert(
      fc.property(world, slots, (at, all) => {
        const { events } = trade(at, all);
        for (const symbol of SYMBOLS) {
          const open = new Map<number, number>();
          let [held, wanted] = [0, 0];
          for (const event of events) {
            if (!('symbol' in event) || event.symbol !== symbol) continue;
            if (event.type === 'allocation') wanted = event.quantity;
            if (event.type === 'fill') held += event.quantity;
            if (event.type === 'fill' || event.type === 'cancelled') open.delete(event.order);
            if (event.type !== 'order') continue;
            open.set(event.order, event.quantity);
            const all = [...open.values()].reduce((sum, quantity) => sum + quantity, held);
            assert.ok(Math.abs(all - wanted) <= 1e-9 * (1 + Math.abs(wanted)), `${all} is not ${wanted}`);
          }
        }
      }),
      cases(2000, 300),
    );
  });

  const flat = { open: 100, high: 100, low: 100, close: 100 };
  const slot = (each: Partial<PriceBar>, decision?: number): Slot => ({
    bars: [{ ...flat, ...each }, null],
    decisions: [decision, undefined],
  });
  const fillsOf = (fills: object, all: readonly Slot[]): Fill[] =>
    of(trade(worldOf({ at: 'limit', ...fills }, { capital: 1000, limits: { lot: 1 } }), all).events, 'fill');

  it('pay the maker’s fee where the market comes to them', () => {
    const fills = { offsetBps: 100, feeBps: 10, makerFeeBps: -1, slippageBps: 50 };
    const [fill] = fillsOf(fills, [slot({}, 0.5), slot({ low: 98 })]);
    assert.ok(fill);
    const { quantity, price, fee, slippage, maker, at } = fill;
    assert.deepEqual([quantity, price, maker, slippage, at], [4, 99, true, 0, 60]);
    assert.ok(Math.abs(fee - -4 * 99 * 0.0001) < 1e-12);
    // To touch it is not enough.
    assert.deepEqual(fillsOf({ ...fills, unfilled: 'cancel' }, [slot({}, 0.5), slot({ low: 99 })]), []);
  });

  it('pay the taker’s fee where the next bar opens beyond them, or nothing came to them', () => {
    const fills = { offsetBps: 100, feeBps: 10, makerFeeBps: 0 };
    const [gap] = fillsOf(fills, [slot({}, 0.5), slot({ open: 97, low: 96 })]);
    assert.deepEqual([gap?.price, gap?.maker, gap?.at], [97, false, 60]);
    const [taken] = fillsOf(fills, [slot({}, 0.5), slot({}), slot({ open: 103, high: 103 })]);
    assert.deepEqual([taken?.price, taken?.maker, taken?.at], [103, false, 120]);
    assert.ok((gap?.fee ?? 0) > 0 && (taken?.fee ?? 0) > 0);
  });

  it('are given up for what drains the world, at once and at the market', () => {
    const desk = new Desk(worldOf({ at: 'limit', offsetBps: 500, restBars: 10 }), ['A']);
    const at = (i: number, each: Partial<PriceBar>, decision?: number): RunEventBody[] =>
      desk.slot((i + 1) * MINUTE, [{ ...flat, ...each, ts: i * MINUTE }], [decision]);
    at(0, {}, 1);
    at(1, { low: 90 });
    at(2, {}, 0.5);
    desk.govern({ inactive: '', activation: 'drain', share: 1 });
    const events = at(3, {});
    const kinds = events.map(({ type }) => type);
    assert.deepEqual(kinds, ['decision', 'cancelled', 'allocation', 'order']);
    assert.ok(events.every((event) => event.type !== 'order' || event.limit === undefined));
    assert.deepEqual(
      at(4, {}).map(({ type }) => type),
      ['fill', 'activation'],
    );
    assert.deepEqual(desk.summary.positions, {});
  });
});
