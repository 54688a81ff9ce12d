import assert from 'node:assert/strict';
import fc from 'fast-check';

import type { PriceBar } from '../../src/live/money/book.js';
import { Desk } from '../../src/live/money/desk.js';
import { Meter } from '../../src/live/money/metrics.js';
import { ordersFor } from '../../src/live/money/orders.js';
import { parseWorld } from '../../src/live/world/load.js';
import type { World } from '../../src/live/world/schema.js';
import type { RunEventBody } from '../../src/sdk/live/live.js';
import { cases } from '../support/profile.js';

const MINUTE = 60;
const price = fc.double({ min: 0.01, max: 1e5, noNaN: true });
const weight = fc.oneof(
  fc.constant(null),
  fc.constant(undefined),
  fc.boolean(),
  fc.double({ min: -2, max: 2 }),
);

interface Slot {
  readonly bars: readonly (readonly [number, number] | null)[];
  readonly decisions: readonly (number | boolean | null | undefined)[];
}

const slots = (symbols: number): fc.Arbitrary<Slot[]> =>
  fc.array(
    fc.record({
      bars: fc.array(fc.option(fc.tuple(price, price)), { minLength: symbols, maxLength: symbols }),
      decisions: fc.array(weight, { minLength: symbols, maxLength: symbols }),
    }),
    { maxLength: 60 },
  );

const world: fc.Arbitrary<World> = fc
  .record({
    lot: fc.constantFrom(0, 0.001, 1, 10),
    minNotional: fc.constantFrom(0, 10, 500),
    maxWeight: fc.constantFrom(0.3, 1, 2),
    gross: fc.constantFrom(0.5, 1, 3),
    feeBps: fc.constantFrom(0, 10, 100),
    slippageBps: fc.constantFrom(0, 5, 50),
    feePerUnit: fc.constantFrom(0, 0.01),
    threshold: fc.constantFrom(0, 0.2),
    hysteresis: fc.constantFrom(0, 0.1),
    topK: fc.constantFrom(undefined, 1, 2),
    rebalance: fc.constantFrom('change', 'slot'),
  })
  .map(({ lot, minNotional, maxWeight, gross, feeBps, slippageBps, feePerUnit, ...policy }) =>
    worldOf({
      limits: { lot, minNotional, maxWeight, gross },
      fills: { feeBps, slippageBps, feePerUnit },
      policy: JSON.parse(JSON.stringify(policy)) as object,
    }),
  );

function worldOf(more: object = {}): World {
  const text = JSON.stringify({ mode: 'paper', feed: { kind: 'replay' }, ...more });
  return { name: 'w', ...parseWorld(text, 'w.yaml') };
}

type Dated = RunEventBody & { readonly asOf: number };

function trade(at: World, all: readonly Slot[], symbols: readonly string[]): { desk: Desk; events: Dated[] } {
  const desk = new Desk(at, symbols);
  const events = all.flatMap(({ bars, decisions }, i) => {
    const asOf = (i + 1) * MINUTE;
    const closing = bars.map(
      (bar): PriceBar | null => bar && { ts: asOf - MINUTE, open: bar[0], close: bar[1] },
    );
    return desk.slot(asOf, closing, decisions).map((event) => ({ asOf, ...event }));
  });
  return { desk, events };
}

function of<T extends RunEventBody['type']>(events: readonly Dated[], type: T) {
  return events.filter((event): event is Extract<Dated, { type: T }> => event.type === type);
}

describe('from signal to money', () => {
  const symbols = ['A', 'B', 'C'];

  it('cash and positions conserve, and costs are never negative', () => {
    fc.assert(
      fc.property(world, slots(3), (at, all) => {
        const { desk, events } = trade(at, all, symbols);
        const { cash, positions, fees, capital } = desk.summary;
        const fills = of(events, 'fill');
        let left = capital;
        const units = new Map<string, number>();
        for (const { symbol, quantity, price: paid, fee, slippage } of fills) {
          assert.ok(fee >= 0 && slippage >= 0);
          left -= quantity * paid + fee;
          units.set(symbol, (units.get(symbol) ?? 0) + quantity);
        }
        assert.equal(cash, left);
        assert.equal(
          fees,
          fills.reduce((sum, { fee }) => sum + fee, 0),
        );
        for (const [symbol, quantity] of units) assert.equal(positions[symbol] ?? 0, quantity);
      }),
      cases(2000, 300),
    );
  });

  it('nothing is filled at the bar that gave the signal, and every order once', () => {
    fc.assert(
      fc.property(world, slots(2), (at, all) => {
        const { events } = trade(at, all, symbols.slice(0, 2));
        const orders = new Map(of(events, 'order').map((order) => [order.order, order]));
        const filled = new Set<number>();
        for (const fill of of(events, 'fill')) {
          const order = orders.get(fill.order);
          assert.ok(order && fill.at >= order.asOf);
          assert.equal(fill.quantity, order.quantity);
          assert.ok(!filled.has(fill.order));
          filled.add(fill.order);
        }
      }),
      cases(2000, 300),
    );
  });

  it('orders come to lots, limits and what is worth it', () => {
    const holding = fc.record({
      symbol: fc.constantFrom(...symbols),
      weight: fc.double({ min: -1, max: 1, noNaN: true }),
      price,
      quantity: fc.double({ min: -10, max: 10, noNaN: true }),
      pending: fc.double({ min: -10, max: 10, noNaN: true }),
    });
    fc.assert(
      fc.property(
        world,
        fc.array(holding, { maxLength: 3 }),
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        (at, holdings, equity) => {
          const orders = ordersFor(holdings, equity, at);
          for (const { symbol, quantity, target } of orders) {
            const found = holdings.filter((each) => each.symbol === symbol);
            const { lot, minNotional } = at.limits;
            assert.ok(
              found.some(
                // The smallest numbers there are have few digits: 1e-300 is nothing in any money.
                (each) =>
                  Math.abs(target) * each.price <= Math.abs(each.weight) * equity * (1 + 1e-9) + 1e-300,
              ),
            );
            if (lot > 0) assert.ok(Math.abs(target / lot - Math.round(target / lot)) < 1e-6);
            if (target !== 0) assert.ok(found.some((each) => Math.abs(quantity) * each.price >= minNotional));
            assert.ok(
              found.some(
                (each) =>
                  Math.abs(each.quantity + each.pending + quantity - target) <=
                  1e-9 * (1 + Math.abs(target) + Math.abs(each.quantity) + Math.abs(each.pending)),
              ),
            );
          }
          // Once they are filled, nothing is left to do.
          const after = holdings.map((each, i) => {
            const order = ordersFor([each], equity, at)[0];
            return {
              ...(holdings[i] as (typeof holdings)[number]),
              pending: each.pending + (order?.quantity ?? 0),
            };
          });
          for (const each of after) {
            const [again] = ordersFor([each], equity, at);
            assert.ok(!again || Math.abs(again.quantity) <= 1e-6 * (1 + Math.abs(again.target)));
          }
        },
      ),
      cases(2000, 300),
    );
  });

  it('what is closed leaves nothing, however many orders were on their way', () => {
    fc.assert(
      fc.property(world, slots(2), (at, all) => {
        const { events } = trade(at, all, ['A', 'B']);
        const held = new Map<string, number>();
        const target = new Map<number, number>();
        let next: number | null = null;
        for (const event of events) {
          if (event.type === 'allocation') next = event.quantity;
          if (event.type === 'order')
            target.set(event.order, next ?? assert.fail('What is ordered was allocated.'));
          if (event.type !== 'fill') continue;
          const after = (held.get(event.symbol) ?? 0) + event.quantity;
          held.set(event.symbol, after);
          if (target.get(event.order) === 0) assert.equal(after, 0);
        }
      }),
      cases(2000, 300),
    );
    // Three orders wait for one bar: -2.92 + 22.64 - 11.97 - 7.75 is not 0 in floating point.
    const waits = { bars: [null] };
    const { desk, events } = trade(
      worldOf({ capital: 100, limits: { lot: 0.01 } }),
      [
        { bars: [[1, 1]], decisions: [-0.0292] },
        { bars: [[1, 1]], decisions: [0.1972] },
        { ...waits, decisions: [0.0775] },
        { ...waits, decisions: [0] },
        { bars: [[1, 1]], decisions: [0] },
      ],
      ['A'],
    );
    assert.equal(of(events, 'fill').length, 4);
    assert.deepEqual(desk.summary.positions, {});
    assert.equal(desk.summary.trades.length, 2);
  });

  it('a broker that fills in parts leaves nothing of what is closed', () => {
    const desk = new Desk({ ...worldOf(), mode: 'live', allowLive: true }, ['A']);
    const bar = { open: 1, close: 1 };
    desk.slot(60, [{ ts: 0, ...bar }], [0.3]);
    const fill = { price: 1, fee: 0, at: 60 };
    desk.filled({ execution: 'a', order: 1, quantity: 0.3, ...fill });
    desk.slot(120, [{ ts: 60, ...bar }], [0]);
    desk.filled({ execution: 'b', order: 2, quantity: -0.1, ...fill });
    desk.filled({ execution: 'c', order: 2, quantity: -0.2, ...fill });
    const { positions, trades, open } = desk.summary;
    assert.deepEqual([positions, trades.length, open], [{}, 1, []]);
  });

  it('metrics of capital that is gone are numbers, or null where there is none', () => {
    const meter = new Meter(100, 365);
    [50, 0, -20, -10, 0].forEach((equity, day) => meter.add((day + 1) * 86_400, equity, true));
    const { totalReturn, maxDrawdown, cagr, volatility, sharpe, sortino } = meter.metrics([], 0);
    assert.deepEqual([totalReturn, cagr, volatility, sharpe, sortino], [-1, null, null, null, null]);
    assert.equal(maxDrawdown, 1.2);
  });

  it('without a decision, or with an old one, no orders are made, and that is said', () => {
    const bar = [100, 100] as const;
    const none = trade(worldOf(), [{ bars: [bar], decisions: [null] }], ['A']).events;
    assert.deepEqual(
      none.map(({ type }) => type),
      ['activation'],
    );
    const idle = { bars: [bar], decisions: [undefined] };
    const slotsOf = [{ bars: [bar], decisions: [1] }, idle, idle, idle];
    const { events } = trade(worldOf({ decisionTtl: '2m', policy: { rebalance: 'slot' } }), slotsOf, ['A']);
    const [active, inactive] = of(events, 'activation');
    assert.equal(active?.active, true);
    assert.equal(inactive?.active, false);
    assert.match(inactive.reason, /older than 120 s/);
    const shadow = trade({ ...worldOf(), mode: 'shadow' }, slotsOf, ['A']).events;
    assert.deepEqual(of(shadow, 'order'), []);
    assert.deepEqual(of(trade(worldOf({ activation: 'freeze' }), slotsOf, ['A']).events, 'order'), []);
  });

  it('a known trade comes to known money', () => {
    const at = worldOf({ capital: 1000, limits: { lot: 1 }, fills: { feeBps: 100, slippageBps: 0 } });
    const { desk, events } = trade(
      at,
      [
        { bars: [[10, 10]], decisions: [0.5] },
        { bars: [[11, 12]], decisions: [0.5] },
        { bars: [[12, 12]], decisions: [0] },
        { bars: [[13, 13]], decisions: [0] },
      ],
      ['A'],
    );
    // 500 / (10 · 1.01) is 49.5: 49 units, bought at 11, sold at 13.
    assert.deepEqual(
      of(events, 'fill').map(({ quantity, price: paid, at: when }) => [quantity, paid, when]),
      [
        [49, 11, 60],
        [-49, 13, 180],
      ],
    );
    const fees = 49 * 11 * 0.01 + 49 * 13 * 0.01;
    const { equity, trades } = desk.summary;
    assert.ok(Math.abs(equity - (1000 + 49 * 2 - fees)) < 1e-9);
    assert.equal(trades.length, 1);
    assert.ok(Math.abs((trades[0]?.profit ?? 0) - (98 - fees)) < 1e-9);
  });

  it('metrics are those of their definitions', () => {
    const DAY = 86_400;
    const points = fc.array(fc.double({ min: 10, max: 1000, noNaN: true }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 4 }), (equities, perDay) => {
        const meter = new Meter(100, 365);
        const times = equities.map((_, i) => Math.round(((i + 1) * DAY) / perDay));
        equities.forEach((equity, i) => meter.add(times[i] as number, equity, i % 2 === 0));
        const found = meter.metrics([], 0);
        const ends = new Map(equities.map((equity, i) => [Math.ceil((times[i] as number) / DAY), equity]));
        const days = [100, ...ends.values()];
        const returns = days.slice(1).map((equity, i) => equity / (days[i] as number) - 1);
        const mean = returns.reduce((a, b) => a + b) / returns.length;
        const variance = returns.reduce((sum, r) => sum + (r - mean) ** 2, 0) / (returns.length - 1);
        if (returns.length > 1) near(found.volatility, Math.sqrt(variance * 365));
        if (found.sharpe !== null) near(found.sharpe, (mean / Math.sqrt(variance)) * Math.sqrt(365));
        near(found.totalReturn, (equities.at(-1) as number) / 100 - 1);
        let [deepest, longest] = [0, 0];
        equities.forEach((equity, i) => {
          for (let j = 0; j <= i; j++) {
            const peak = Math.max(100, ...equities.slice(0, j + 1));
            deepest = Math.max(deepest, 1 - equity / peak);
          }
        });
        // From the slot of each peak, or the first one for the capital, to the first slot that reaches it again, or the last.
        let peak = 100;
        let since = times[0] as number;
        let under = false;
        equities.forEach((equity, i) => {
          const now = times[i] as number;
          if (equity < peak) under = true;
          if (under) longest = Math.max(longest, now - since);
          if (equity >= peak) [peak, since, under] = [equity, now, false];
        });
        near(found.maxDrawdown, deepest);
        assert.equal(found.drawdownSeconds, longest);
      }),
      cases(1000, 200),
    );
  });
});

function near(a: number | null, b: number): void {
  assert.ok(a !== null && Math.abs(a - b) <= 1e-9 * (1 + Math.abs(b)), `${a} is not ${b}`);
}
