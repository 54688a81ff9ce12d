import assert from 'node:assert/strict';
import { resolveGraph } from '../../../src/engine/graph/graph.js';
import type { GraphDescription, NodeDescription } from '../../../src/engine/ports/host.js';

function stream(name: string, interval: number | null, more: Partial<NodeDescription> = {}): NodeDescription {
  const source = { kind: 'csv', options: {} };
  const own = { hash: 'h' };
  return {
    name,
    kind: 'stream',
    label: 'csv',
    interval,
    leastHistory: 1,
    inputs: [],
    own,
    source,
    location: null,
    ...more,
  };
}

function node(
  name: string,
  inputs: readonly [number, number | null][],
  more: Partial<NodeDescription> = {},
): NodeDescription {
  const edges = inputs.map(([index, period]) => ({ node: index, period }));
  const own = { hash: 'h' };
  return {
    name,
    kind: 'node',
    label: 'node',
    interval: null,
    leastHistory: 1,
    inputs: edges,
    own,
    source: null,
    location: null,
    ...more,
  };
}

function graph(nodes: NodeDescription[], defaults: Partial<GraphDescription> = {}): GraphDescription {
  return { strategy: 'Test', nodes, interval: null, period: null, ...defaults };
}

describe('resolving a graph', () => {
  it('sorts inputs before what depends on them, in whatever order they were added', () => {
    const { order } = resolveGraph(graph([node('b', [[1, 1]]), node('a', [[2, 1]]), stream('s', 60)]));
    assert.deepEqual(order, [2, 1, 0]);
  });

  it('takes the interval of a node, else of the strategy, else the common one of its inputs', () => {
    const nodes = [stream('s', 60), node('own', [[0, 1]], { interval: 300 }), node('common', [[1, 1]])];
    assert.deepEqual(
      resolveGraph(graph(nodes)).nodes.map(({ interval }) => interval),
      [60, 300, 300],
    );
    const byDefault = resolveGraph(graph([stream('s', null), node('n', [[0, 1]])], { interval: 3600 }));
    assert.deepEqual(
      byDefault.nodes.map(({ interval }) => interval),
      [3600, 3600],
    );
  });

  it('gives consumers of a stream at least the history the stream asks for', () => {
    const nodes = [stream('s', 60, { leastHistory: 30 }), node('n', [[0, 5]])];
    assert.deepEqual(resolveGraph(graph(nodes)).nodes[1]?.edges, [{ node: 0, period: 5, lookback: 30 }]);
  });

  it('keeps the grid of an input with the same interval', () => {
    const source = { kind: 'csv', options: { phase: 52_200 } };
    const nodes = [
      stream('s', 86_400, { source }),
      node('day', [[0, 1]]),
      node('hour', [[0, 1]], { interval: 3600 }),
    ];
    assert.deepEqual(
      resolveGraph(graph(nodes)).nodes.map(({ phase }) => phase),
      [52_200, 52_200, 0],
    );
  });

  const refusals: [string, GraphDescription, string, RegExp][] = [
    ['no nodes', graph([]), 'strategy', /Test has no nodes.*addNodes/],
    [
      'a cycle, by its path',
      graph([
        stream('s', 60),
        node('a', [[2, 1]]),
        node('b', [
          [1, 1],
          [0, 1],
        ]),
      ]),
      'cycle',
      /a → b → a|b → a → b/,
    ],
    ['a node that is its own input', graph([node('a', [[0, 1]], { interval: 60 })]), 'cycle', /a → a/],
    ['a stream without interval', graph([stream('s', null)]), 'interval', /^s has no interval/],
    [
      'inputs of unequal intervals',
      graph([
        stream('m', 60),
        stream('h', 3600),
        node('n', [
          [0, 1],
          [1, 1],
        ]),
      ]),
      'interval',
      /n has inputs of unequal intervals \(m 1m, h 1h\)/,
    ],
    ['no period', graph([stream('s', 60), node('n', [[0, null]])]), 'period', /n has no period/],
    [
      'a phase that is no whole number of seconds',
      graph([stream('s', 60, { source: { kind: 'csv', options: { phase: 0.5 } } })]),
      'source',
      /The source of s has phase 0\.5: it must be a whole number of seconds/,
    ],
    [
      'a phase that is no number',
      graph([stream('s', 60, { source: { kind: 'csv', options: { phase: '9:30' } } })]),
      'source',
      /The source of s has phase "9:30": it must be/,
    ],
    ...[60, 300, 3600].map((interval): [string, GraphDescription, string, RegExp] => [
      `inputs of one interval and different phases, for a node of ${interval} s`,
      graph([
        stream('p', 300),
        stream('q', 300, { source: { kind: 'csv', options: { phase: 120 } } }),
        node(
          'n',
          [
            [1, 1],
            [0, 1],
          ],
          { interval },
        ),
      ]),
      'interval',
      /n has two inputs with a bar each 5m that never open together: q has phase 120, p has phase 0/,
    ]),
    [
      'a computed input whose grid is another than that of a stream',
      graph([
        stream('p', 300, { source: { kind: 'csv', options: { phase: 120 } } }),
        stream('m', 60),
        node('five', [[1, 1]], { interval: 300 }),
        node('n', [
          [0, 1],
          [2, 1],
        ]),
      ]),
      'interval',
      /p has phase 120, five has phase 0/,
    ],
    ['two equal names', graph([stream('s', 60), stream('s', 60)]), 'duplicate-node', /two nodes named s/],
  ];
  for (const [what, description, code, message] of refusals) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => resolveGraph(description),
        (error: { code?: string; message: string }) => {
          assert.equal(error.code, code);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }

  it('takes a chain of ten thousand nodes', () => {
    const chain = Array.from({ length: 10_000 }, (_, index) => node(`n${index}`, [[index, 1]]));
    assert.equal(resolveGraph(graph([stream('s', 60), ...chain])).order.length, 10_001);
  });
});
