// Slow (8 s): whole runs of the Core Loop.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import fc from 'fast-check';

import { submit } from '../../src/client/runner.js';
import {
  lastSlots,
  RecentCloses,
  uncorrelatedWeights,
  type SlotCloses,
} from '../../src/live/money/correlation.js';
import { Desk } from '../../src/live/money/desk.js';
import { parseWorld } from '../../src/live/world/load.js';
import type { World } from '../../src/live/world/schema.js';
import type { RunEvent } from '../../src/sdk/live/live.js';
import { cases } from '../support/profile.js';
import { minute, Project } from '../support/project.js';
import { journalOf, killedAfter } from './kills/killed.js';
import { bar, eventsOf, inParity, only } from './support.js';

const CHILD = resolve(import.meta.dirname, '../../dist/child.js');
const SLOTS = 8;

function worldOf(policy: object): World {
  return {
    name: 'w',
    ...parseWorld(JSON.stringify({ mode: 'paper', feed: { kind: 'replay' }, policy }), 'w'),
  };
}

/** Pearson's, by its definition; NaN where it is none. */
function correlationOf(a: readonly number[], b: readonly number[]): number {
  const mean = (of: readonly number[]): number => of.reduce((sum, each) => sum + each, 0) / of.length;
  const [ma, mb] = [mean(a), mean(b)];
  const sum = (of: (i: number) => number): number => a.reduce((total, _, i) => total + of(i), 0);
  const x = (i: number): number => (a[i] as number) - ma;
  const y = (i: number): number => (b[i] as number) - mb;
  return sum((i) => x(i) * y(i)) / Math.sqrt(sum((i) => x(i) ** 2) * sum((i) => y(i) ** 2));
}

function returnsOf(slots: readonly SlotCloses[], symbol: number): number[] {
  const closes = slots.slice(-SLOTS - 1).map((each) => each[symbol] ?? Number.NaN);
  return closes.slice(1).map((close, i) => close / (closes[i] as number) - 1);
}

// Few prices: many symbols then move together, or not at all.
const close = fc.option(fc.constantFrom(10, 10.5, 11, 12, 9), { freq: 20 });
const slotsOf = (symbols: number) =>
  fc.array(fc.array(close, { minLength: symbols, maxLength: symbols }), {
    minLength: SLOTS - 2,
    maxLength: 20,
  });
const weight = fc.constantFrom(-0.5, -0.2, 0, 0.1, 0.2, 0.5, 1);

function recentOf(slots: readonly SlotCloses[]): RecentCloses {
  const recent = new RecentCloses(SLOTS);
  for (const each of slots) recent.add(each);
  return recent;
}

describe('what moves together', () => {
  it('is held once, by its largest weight, and nothing else is touched', () => {
    let dropped = 0;
    const max = 0.6;
    fc.assert(
      fc.property(slotsOf(4), fc.array(weight, { minLength: 4, maxLength: 4 }), (slots, weights) => {
        const left = uncorrelatedWeights(weights, recentOf(slots), { max });
        const isOneBet = (i: number, j: number): boolean =>
          slots.length > SLOTS &&
          correlationOf(returnsOf(slots, i), returnsOf(slots, j)) *
            Math.sign((weights[i] as number) * (weights[j] as number)) >
            max + 1e-9;
        const others = [0, 1, 2, 3];
        for (const i of others) {
          if (left[i] === weights[i]) {
            if (left[i] !== 0) assert.ok(others.every((j) => j === i || left[j] === 0 || !isOneBet(i, j)));
            continue;
          }
          dropped += 1;
          assert.equal(left[i], 0);
          const size = Math.abs(weights[i] as number);
          const by = others.filter((j) => left[j] !== 0 && Math.abs(left[j] as number) >= size);
          // To the last bit either may be right.
          assert.ok(
            by.some(
              (j) =>
                isOneBet(i, j) ||
                Math.abs(correlationOf(returnsOf(slots, i), returnsOf(slots, j))) > max - 1e-9,
            ),
          );
        }
      }),
      cases(3000, 600),
    );
    assert.ok(dropped > 20, `${dropped} were dropped`);
  });

  it('is told of two sides: a pair is kept, a short of the opposite is not', () => {
    const up = [10, 11, 10, 12, 11, 13, 12, 14, 11];
    const slots = up.map((each) => [each, 2 * each, 100 / each, 50]);
    const left = (...weights: number[]) => uncorrelatedWeights(weights, recentOf(slots), { max: 0.9 });
    assert.deepEqual(left(0.3, 0.2, 0, 0), [0.3, 0, 0, 0]);
    assert.deepEqual(left(0.2, 0.2, 0, 0), [0.2, 0, 0, 0]);
    assert.deepEqual(left(0.3, -0.2, 0, 0), [0.3, -0.2, 0, 0]);
    assert.deepEqual(left(0.3, 0, -0.2, 0), [0.3, 0, 0, 0]);
    assert.deepEqual(left(0.3, 0, 0.2, 0), [0.3, 0, 0.2, 0]);
    // Of what stands still nothing can be said.
    assert.deepEqual(left(0.3, 0, 0, 0.2), [0.3, 0, 0, 0.2]);
    // And a slot too few is not known, either.
    assert.deepEqual(
      uncorrelatedWeights([0.3, 0.2, 0, 0], recentOf(slots.slice(1)), { max: 0.9 }),
      [0.3, 0.2, 0, 0],
    );
  });

  it('depends on the last slots alone: warmed up, told anew from a journal, or gone through, bit for bit', () => {
    fc.assert(
      fc.property(slotsOf(3), slotsOf(3), (before, slots) => {
        const whole = recentOf([...before, ...slots]);
        const written = JSON.parse(JSON.stringify(before.slice(-SLOTS - 1))) as SlotCloses[];
        const resumed = recentOf([...written, ...slots]);
        for (const i of [0, 1, 2]) assert.deepEqual(resumed.direction(i), whole.direction(i));
      }),
      cases(1000, 300),
    );
  });

  it('changes nothing where the policy does not ask', () => {
    fc.assert(
      fc.property(
        slotsOf(3),
        slotsOf(3),
        fc.array(weight, { minLength: 3, maxLength: 3 }),
        (before, slots, decided) => {
          const events = (warm: readonly SlotCloses[]) => {
            const desk = new Desk(worldOf({ rebalance: 'slot' }), ['A', 'B', 'C']);
            desk.warm(warm);
            return slots.map((closes, i) =>
              desk.slot(
                60 * (i + 1),
                closes.map((each) => (each === null ? null : { ts: 60 * i, open: each, close: each })),
                decided,
              ),
            );
          };
          assert.deepEqual(events(before), events([]));
        },
      ),
      cases(300, 100),
    );
  });

  it('goes by the slots of all symbols: a close stays until the next', () => {
    const closes = [
      [
        [60, 1],
        [120, 2],
        [180, 3],
      ],
      [[120, 7]],
      [],
    ] as const;
    assert.deepEqual(lastSlots(closes, 2), [
      [2, 7, null],
      [3, 7, null],
    ]);
  });
});

const STRATEGY = `
import { CrossNode, csvHistory, Node, Strategy, Universe } from 'seamless-dag';

export class Momentum extends Strategy {
  setup(): void {
    const all = new Universe({ name: 'stocks', interval: '1m', history: csvHistory('bars.csv'), symbol: 'ticker' });
    const move = new Node({ name: 'move', input: all, period: 5, computeFn: (view) => {
      const close = view.window(all).column('close');
      return (close[4] ?? 0) / (close[0] ?? 1) - 1;
    } });
    const weight = new CrossNode({ name: 'weight', input: move, computeFn: (section) => section.column(move).map((each) => Math.round(1000 * each) / 100) });
    this.addNodes([weight]);
    this.trade(weight, all);
  }
}
`;
const BARS = 300;
const FROM = 100;

/** B moves as A does, but for some noise; C does not. */
function lines(): string {
  let text = 'time,ticker,open,close\n';
  for (let i = 0; i < BARS; i++) {
    const [a, c] = [bar(i), bar(i * 3 + 11)];
    text += `${minute(i)},A,${a.open},${a.close}\n`;
    text += `${minute(i)},B,${2 * a.open},${2 * a.close + ((i * 29) % 7) / 10}\n`;
    text += `${minute(i)},C,${c.open},${c.close}\n`;
  }
  return text;
}

describe('a policy about what moves together', () => {
  let at: Project;
  before(() => {
    const policy = 'policy: { correlation: { max: 0.8, slots: 30 } }\n';
    const feed = (speed: string | number) =>
      `feed: { kind: replay, start: ${minute(FROM)}, speed: ${speed} }\n`;
    const back = `mode: backtest\nstart: ${minute(FROM)}\nend: ${minute(BARS)}\n`;
    at = new Project({
      'main.ts': STRATEGY,
      'bars.csv': lines(),
      'worlds/back.yaml': back + policy,
      'worlds/without.yaml': back,
      'worlds/paper.yaml': `mode: paper\n${feed('max')}${policy}`,
      'worlds/slow.yaml': `mode: paper\n${feed(6000)}${policy}`,
    });
  });
  after(() => at.remove());

  const trading = (events: readonly RunEvent[]) => {
    const trades = new Set<RunEvent['type']>(['signal', 'decision', 'allocation', 'order', 'fill']);
    return events.filter(({ type }) => trades.has(type)).map(({ seq: _, ...event }) => event);
  };
  const run = async (world: string) => {
    const begun = await submit(`${at.path('main.ts')}#Momentum`, { world }, { childPath: CHILD });
    return { id: begun.id, events: await eventsOf(begun) };
  };

  /** Symbols that have a weight, at each slot that gives one to A or B. */
  function together(events: readonly RunEvent[]): number {
    const weights = new Map<string, number>();
    let slots = 0;
    let asOf = 0;
    const count = (): void => {
      if ((weights.get('stocks[A]') ?? 0) * (weights.get('stocks[B]') ?? 0) > 0) slots += 1;
    };
    for (const decision of only(events, 'decision')) {
      if (decision.asOf !== asOf) count();
      asOf = decision.asOf;
      weights.set(decision.symbol, decision.weight);
    }
    count();
    return slots;
  }

  it('is in force from the first slot, in a backtest as on paper, and in a run that was killed', async () => {
    const [back, without, paper] = [await run('back'), await run('without'), await run('paper')];
    assert.ok(together(without.events) > 50, `${together(without.events)} slots`);
    assert.equal(together(back.events), 0);
    assert.deepEqual(trading(paper.events), trading(back.events));
    assert.equal(only(paper.events, 'ready')[0]?.closes?.length, 31);
    assert.deepEqual(only(paper.events, 'ready')[0]?.closes, only(back.events, 'ready')[0]?.closes);
    assert.equal(only(without.events, 'ready')[0]?.closes, undefined);
    await inParity(at, paper.id, 3 * (BARS - FROM));
    let kills = 0;
    for (const [turn, writes] of [3, 5, Infinity].entries())
      if (!(await killedAfter(writes, { at, world: 'slow', run: 'killed', resume: turn > 0 }))) kills += 1;
    assert.equal(kills, 2);
    assert.deepEqual(trading(journalOf(at, 'killed')), trading(back.events));
  });

  it('is refused where it says nothing', () => {
    for (const [text, sentence] of [
      ['{ max: 1, slots: 30 }', /policy\.correlation\.max/],
      ['{ max: 0.8 }', /policy\.correlation\.slots is missing/],
      ['{ max: 0.8, slots: 2 }', /policy\.correlation\.slots/],
      ['{ max: 0.8, slot: 30 }', /no field policy\.correlation\.slot\. Did you mean slots/],
    ] as const) {
      const world = `mode: paper\nfeed: { kind: replay }\npolicy: { correlation: ${text} }\n`;
      assert.throws(() => parseWorld(world, 'w.yaml'), sentence);
    }
  });
});
