import assert from 'node:assert/strict';
import fc from 'fast-check';

import type { Edge, GraphNode } from '../../../../src/engine/graph/graph.js';
import { firingsOf, type AtHand } from '../../../../src/engine/run/evaluation/evaluation.js';
import type { Firings } from '../../../../src/engine/run/evaluation/firing.js';
import { Grids } from '../../../../src/engine/run/evaluation/grids.js';
import { HeldRows } from '../../../../src/engine/run/evaluation/held.js';
import { KnownFirings } from '../../../../src/engine/run/evaluation/known-firings.js';
import { plainGrid } from '../../../../src/sdk/time/grid.js';
import { cases } from '../../../support/profile.js';

const STREAMS = 6;

const minutes = fc.constantFrom(1, 1, 1, 5);
/** Which of the first 40 slots have a bar: mostly all, so that streams have equal times. */
const bars = fc.oneof(
  { weight: 3, arbitrary: fc.constant(Array.from({ length: 40 }, (_, slot) => slot)) },
  { weight: 1, arbitrary: fc.uniqueArray(fc.nat(39), { maxLength: 40 }) },
);
const window = fc.oneof(
  { weight: 4, arbitrary: fc.record({ lookback: fc.constantFrom(1, 1, 2, 3, 7, 50) }) },
  { weight: 1, arbitrary: fc.constant({ lookback: 10, span: 240 }) },
  { weight: 1, arbitrary: fc.constant({ lookback: 1, gather: true as const }) },
);
const edges = fc.array(fc.tuple(fc.nat(STREAMS - 1), window), { minLength: 1, maxLength: 3 });
const range = fc.constantFrom({ start: 0, end: 2400 }, { start: 600, end: 2400 }, { start: 600, end: 1200 });

const shown = ({ opens, asOf, ends, lacking }: Firings): unknown => ({
  opens: [...opens],
  asOf: [...asOf],
  ends: ends.map((end) => [...end]),
  lacking,
});

describe('firings that are known', () => {
  it('are those that would be found, whatever was found before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(minutes, bars), { minLength: STREAMS, maxLength: STREAMS }),
        fc.array(fc.tuple(minutes, edges, range), { maxLength: 30 }),
        (streams, asked) => {
          const held = new HeldRows();
          const nodes = streams.map(
            ([each], index) => ({ index, name: `s${index}`, ...plainGrid(each * 60) }) as GraphNode,
          );
          streams.forEach(([each, slots], index) => {
            const ts = Float64Array.from(slots, (slot) => slot * each * 60).sort();
            const columns = [{ type: 'number' as const, values: ts.slice(), valid: null }];
            held.add(index, `s${index}`, [{ shape: 'value', ts, names: ['value'], columns, present: null }]);
          });
          const atHand: AtHand = { nodes, rows: (edge) => held.of(edge.node) };
          const known = new KnownFirings(atHand);
          const grids = new Grids();
          for (const [each, inputs, slots] of asked) {
            const node = {
              ...plainGrid(each * 60),
              edges: inputs.map(([input, how]): Edge => ({ node: input, period: how.lookback, ...how })),
            } as unknown as GraphNode;
            const given =
              known.of(node, slots) ?? known.add(node, slots, firingsOf(node, slots, atHand, grids));
            assert.deepEqual(shown(given), shown(firingsOf(node, slots, atHand, new Grids())));
          }
        },
      ),
      cases(3000, 300),
    );
  });

  it('are shared by nodes whose inputs have equal times, in arrays of their own', () => {
    const held = new HeldRows();
    const ts = [0, 60, 120, 180];
    const nodes = [0, 1].map((index) => ({ index, name: `s${index}`, ...plainGrid(60) }) as GraphNode);
    for (const { index, name } of nodes) {
      const columns = [{ type: 'number' as const, values: Float64Array.from(ts), valid: null }];
      held.add(index, name, [
        { shape: 'value', ts: Float64Array.from(ts), names: ['value'], columns, present: null },
      ]);
    }
    const atHand: AtHand = { nodes, rows: (edge) => held.of(edge.node) };
    const known = new KnownFirings(atHand);
    const reads = (input: number, lookback: number): GraphNode =>
      ({ ...plainGrid(60), edges: [{ node: input, period: lookback, lookback }] }) as unknown as GraphNode;
    const slots = { start: 120, end: 240 };
    const found = known.add(reads(0, 2), slots, firingsOf(reads(0, 2), slots, atHand, new Grids()));
    assert.equal(known.of(reads(1, 3), slots), found);
    assert.equal(known.of(reads(1, 4), slots), null);
  });
});
