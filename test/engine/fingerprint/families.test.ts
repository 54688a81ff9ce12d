import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fingerprints } from '../../../src/engine/fingerprint/fingerprints.js';
import { resolveGraph, type GraphNode } from '../../../src/engine/graph/graph.js';
import type { EdgeDescription, NodeDescription } from '../../../src/engine/ports/host.js';
import { cases } from '../../support/profile.js';

/** A family: a node for each symbol over earlier families. */
interface Family {
  readonly hash: string;
  readonly label: string;
  readonly interval: number | null;
  readonly scan: boolean;
  readonly inputs: readonly { readonly family: number; readonly window: Omit<EdgeDescription, 'node'> }[];
}

const SYMBOLS = ['A', 'B', 'C'];

const family: fc.Arbitrary<Family> = fc.record({
  hash: fc.constantFrom('one', 'two'),
  label: fc.constantFrom('node', 'sma'),
  interval: fc.constantFrom(null, 86_400, 172_800),
  scan: fc.boolean(),
  inputs: fc.array(
    fc.record({
      family: fc.nat(9),
      window: fc.constantFrom<Omit<EdgeDescription, 'node'>>(
        { period: 2 },
        { period: 3 },
        { period: null },
        { period: null, span: 172_800 },
        { period: 1, gather: true },
      ),
    }),
    { minLength: 1, maxLength: 2 },
  ),
});

/** Each symbol's stream begins later, and some have another phase or more history. */
const stream = (symbol: number, odd: boolean): NodeDescription => ({
  name: `price[${SYMBOLS[symbol] ?? ''}]`,
  kind: 'stream',
  label: 'csv',
  interval: 86_400,
  leastHistory: odd ? 5 : 1,
  inputs: [],
  own: { hash: 'built-in' },
  source: { kind: 'csv', options: { symbol, ...(odd && { phase: 3600 }) } },
  location: null,
});

/** @param bySymbol all nodes of one symbol, then those of the next: neighbours are seldom alike */
function described(families: readonly Family[], odd: number, bySymbol: boolean): NodeDescription[] {
  const members = SYMBOLS.map((_, symbol) => symbol);
  const at = (index: number, symbol: number): number =>
    bySymbol ? symbol * (families.length + 1) + index : index * SYMBOLS.length + symbol;
  const nodes: NodeDescription[] = [];
  for (const symbol of members) {
    nodes[at(0, symbol)] = stream(symbol, symbol === odd);
    for (const [index, { hash, label, interval, scan, inputs }] of families.entries()) {
      nodes[at(index + 1, symbol)] = {
        name: `${index}[${SYMBOLS[symbol] ?? ''}]`,
        kind: 'node',
        label,
        interval,
        scan,
        leastHistory: 1,
        inputs: inputs.map(({ family: input, window }) => ({
          ...window,
          node: at(input % (index + 1), symbol),
        })),
        own: { hash },
        source: null,
        location: null,
      };
    }
  }
  return nodes;
}

/** Nodes as they were resolved, by name, with their fingerprints; or the error. */
function resolved(nodes: readonly NodeDescription[]): unknown {
  try {
    const graph = resolveGraph({ strategy: 'Test', nodes, interval: null, period: 7 });
    const prints = fingerprints(graph, 'nonce');
    return new Map(
      graph.nodes.map(({ index, name, edges, description: _, ...rest }) => [
        name,
        {
          ...rest,
          edges: edges.map((edge) => ({ ...edge, node: (graph.nodes[edge.node] as GraphNode).name })),
          print: prints[index],
        },
      ]),
    );
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

describe('members of a family', () => {
  it('are resolved and hashed alike, whether they follow one another or not', () => {
    fc.assert(
      fc.property(fc.array(family, { minLength: 1, maxLength: 4 }), fc.nat(3), (families, odd) => {
        const together = resolved(described(families, odd, false));
        assert.deepEqual(together, resolved(described(families, odd, true)));
      }),
      cases(500),
    );
  });

  it('have other code hashes where one has another window, grid or input', () => {
    const families: Family[] = [
      {
        hash: 'one',
        label: 'node',
        interval: null,
        scan: false,
        inputs: [{ family: 0, window: { period: 2 } }],
      },
    ];
    const prints = resolved(described(families, 1, false)) as Map<string, { print: { codeHash: string } }>;
    const [a, b, c] = SYMBOLS.map((symbol) => prints.get(`0[${symbol}]`)?.print.codeHash);
    assert.equal(a, c);
    assert.notEqual(a, b);
  });
});
