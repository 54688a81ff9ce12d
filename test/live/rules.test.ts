import assert from 'node:assert/strict';
import fc from 'fast-check';

import type { JournalLine } from '../../src/live/journal/codec.js';
import type { Entry } from '../../src/live/journal/journal.js';
import type { PriceBar } from '../../src/live/money/book.js';
import { Desk, type Rule } from '../../src/live/money/desk.js';
import { WorldRules } from '../../src/live/run/rules.js';
import { parseWorld } from '../../src/live/world/load.js';
import type { FollowedWorld, Rules, WorldSaid } from '../../src/live/world/messages.js';
import type { World } from '../../src/live/world/schema.js';
import type { RunEventBody } from '../../src/sdk/live/live.js';
import { cases } from '../support/profile.js';

const MINUTE = 60;
const SYMBOLS = ['A', 'B'];

const rule: fc.Arbitrary<Rule> = fc.record({
  inactive: fc.constantFrom('', '', 'The world is silent.'),
  activation: fc.constantFrom('active', 'active', 'freeze', 'drain'),
  share: fc.constantFrom(1, 0.5, 0.05, 0),
});

const price = fc.double({ min: 0.01, max: 1e4, noNaN: true });
const slot = fc.record({
  bars: fc.tuple(fc.option(fc.tuple(price, price)), fc.option(fc.tuple(price, price))),
  decisions: fc.tuple(
    fc.option(fc.double({ min: -1, max: 1, noNaN: true }), { nil: undefined }),
    fc.option(fc.double({ min: -1, max: 1, noNaN: true }), { nil: undefined }),
  ),
  rule: fc.option(rule, { nil: null, freq: 6 }),
});

const world: fc.Arbitrary<World> = fc
  .record({
    hysteresis: fc.constantFrom(0, 0.3),
    threshold: fc.constantFrom(0, 0.2),
    rebalance: fc.constantFrom('change', 'slot'),
    lot: fc.constantFrom(0, 0.1, 5),
    minNotional: fc.constantFrom(0, 500),
    ttl: fc.constantFrom(undefined, 120),
  })
  .map(({ lot, minNotional, ttl, ...policy }) => {
    const more = { limits: { lot, minNotional }, policy, ...(ttl !== undefined && { decisionTtl: ttl }) };
    const text = JSON.stringify({ mode: 'paper', feed: { kind: 'replay' }, ...more });
    return { name: 'w', ...parseWorld(text, 'w.yaml') };
  });

/** What is held and on its way, symbol by symbol, as the events have it. */
class Net {
  readonly held = new Map(SYMBOLS.map((symbol) => [symbol, 0]));
  readonly waiting = new Map(SYMBOLS.map((symbol) => [symbol, 0]));

  take(event: RunEventBody): void {
    const add = (map: Map<string, number>, symbol: string, quantity: number): void =>
      void map.set(symbol, (map.get(symbol) ?? 0) + quantity);
    if (event.type === 'order') add(this.waiting, event.symbol, event.quantity);
    if (event.type !== 'fill') return;
    add(this.waiting, event.symbol, -event.quantity);
    add(this.held, event.symbol, event.quantity);
  }

  of(symbol: string): number {
    return (this.held.get(symbol) ?? 0) + (this.waiting.get(symbol) ?? 0);
  }
}

const barsOf = (asOf: number, bars: readonly (readonly [number, number] | null)[]) =>
  bars.map((bar): PriceBar | null => bar && { ts: asOf - MINUTE, open: bar[0], close: bar[1] });

describe('the rules of a world', () => {
  it('make no orders while frozen, and nothing but reductions while drained, until all is flat', () => {
    let drained = 0;
    fc.assert(
      fc.property(world, fc.array(slot, { maxLength: 40 }), (at, slots) => {
        const desk = new Desk(at, SYMBOLS);
        const net = new Net();
        let now: Rule = { inactive: '', activation: 'active', share: 1 };
        for (const [i, { bars, decisions, rule: next }] of slots.entries()) {
          const asOf = (i + 1) * MINUTE;
          if (next) {
            const staged = desk.stage(next);
            assert.equal(staged === null, JSON.stringify(next) === JSON.stringify(now));
            assert.equal(staged?.refusal ?? null, null);
            // Looking at it changes nothing, and what it says of a drain is what comes.
            if (staged && next.inactive === '' && next.activation === 'drain')
              for (const { symbol, quantity } of staged.orders) assert.equal(quantity, -net.of(symbol) || 0);
            if (next.activation === 'freeze' || next.inactive !== '')
              assert.deepEqual(staged?.orders ?? [], []);
            desk.govern(next);
            now = next;
          }
          for (const event of desk.slot(asOf, barsOf(asOf, bars), decisions)) {
            const before = event.type === 'order' ? net.of(event.symbol) : 0;
            net.take(event);
            if (event.type !== 'order') continue;
            assert.ok(now.inactive === '' && now.activation !== 'freeze', 'an order while frozen');
            if (now.activation === 'drain') assert.equal(event.quantity, -before);
          }
          if (now.inactive === '' && now.activation === 'drain') {
            drained++;
            for (const symbol of SYMBOLS) assert.equal(Math.abs(net.of(symbol)) < 1e-9, true, symbol);
          }
        }
      }),
      cases(2000, 300),
    );
    assert.ok(drained > 100);
  });

  it('staged is not in force, and looking at it changes nothing of what comes', () => {
    fc.assert(
      fc.property(world, fc.array(slot, { maxLength: 30 }), (at, slots) => {
        const [plain, looking] = [new Desk(at, SYMBOLS), new Desk(at, SYMBOLS)];
        for (const [i, { bars, decisions, rule: next }] of slots.entries()) {
          const asOf = (i + 1) * MINUTE;
          if (next) looking.stage(next);
          assert.deepEqual(
            looking.slot(asOf, barsOf(asOf, bars), decisions),
            plain.slot(asOf, barsOf(asOf, bars), decisions),
          );
        }
      }),
      cases(1000, 200),
    );
  });

  it('come into force whole or not at all, wherever a run is cut off', () => {
    const rules: fc.Arbitrary<Rules> = rule.map(({ share, ...rest }) => ({
      ...rest,
      allocations: { M: share },
    }));
    const said: fc.Arbitrary<readonly WorldSaid[]> = fc.oneof(
      fc
        .tuple(rules, fc.constantFrom('commit', 'abort', 'nothing'))
        .map(([next, end]): WorldSaid[] => [
          { type: 'staged', set: 0, ...next },
          ...(end === 'commit' ? [{ type: 'governed' as const, set: 0, ...next }] : []),
          ...(end === 'abort' ? [{ type: 'dropped' as const, set: 0, reason: 'No.' }] : []),
        ]),
      rules.map((next): WorldSaid[] => [{ type: 'governed', set: null, ...next }]),
    );
    const at: World = {
      name: 'w',
      ...parseWorld(JSON.stringify({ mode: 'paper', feed: { kind: 'replay' } }), 'w.yaml'),
    };
    const first: Rules = { inactive: '', activation: 'active', allocations: {} };
    fc.assert(
      fc.property(fc.array(said, { maxLength: 8 }), fc.nat(40), rules, (all, cut, then) => {
        const answers: number[] = [];
        const follow: FollowedWorld = {
          now: first,
          said: {
            [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: null }) }),
          },
          answer: (set) => void answers.push(set),
          close: () => undefined,
        };
        const entries: Entry[] = [];
        const running = new WorldRules('M', new Desk(at, SYMBOLS), follow);
        entries.push(...running.begin(first, [], 0));
        all.forEach((messages, set) => {
          for (const message of messages)
            running.take(
              'set' in message && message.set !== null ? { ...message, set } : message,
              entries,
              0,
            );
          // Answered once it is on disk, and each of them once.
          assert.ok(!answers.includes(set));
          running.answer();
        });
        assert.equal(new Set(answers).size, answers.length);
        const lines: JournalLine[] = entries
          .slice(0, cut)
          .map((entry, i) => ({ seq: i + 1, asOf: 0, events: entry.events }));
        const events = lines.flatMap((line) => line.events);
        const desk = new Desk(at, SYMBOLS);
        for (const event of events) if (event.type === 'world') desk.govern(event);
        const open = events.findLast(({ type }) => type === 'staged' || type === 'dropped');
        const again = new WorldRules('M', desk, follow)
          .begin(then, lines, 1)
          .flatMap((entry) => entry.events);
        const share = then.allocations['M'] ?? 1;
        // What it goes on with is what the world is now.
        assert.equal(desk.stage({ inactive: then.inactive, activation: then.activation, share }), null);
        const ended = events.some(
          (event) => open?.type === 'staged' && event.type === 'world' && event.set === open.set,
        );
        const dropped = again.filter(({ type }) => type === 'dropped');
        assert.equal(dropped.length, open?.type === 'staged' && !ended ? 1 : 0);
      }),
      cases(2000, 300),
    );
  });
});
