// Slow (15 s): runs in a child process.
import assert from 'node:assert/strict';
import fc from 'fast-check';

import type { VerifiedNode } from '../../../src/protocol/results.js';
import type { Table } from '../../../src/sdk/table.js';
import {
  chunksOf,
  closeOf,
  CSV_HEADER,
  minute,
  nodeOf,
  Project,
  storedTables,
  withChild,
} from '../../support/project.js';
import { cases } from '../../support/profile.js';

/** What firing `i` gives, of `e` rows seen of `closes`, and what it gives when it sees no others. */
interface Shape {
  readonly what: string;
  readonly value: (often: number) => string;
  readonly honest: 'last' | 'nothing' | 'zero';
}

const LAST = 'closes[e - 1]';
const NEXT = '(closes[e] ?? closes[e - 1])';

/** The ways in which people look ahead without knowing. */
const SHAPES: readonly Shape[] = [
  {
    what: 'backfill',
    value: (often) => `(asOf[i] / 60) % ${often} < ${often} / 2 ? filled(closes, e - 1) : ${LAST}`,
    honest: 'last',
  },
  { what: 'seldom', value: (often) => `(asOf[i] / 60) % ${often} === 0 ? ${NEXT} : ${LAST}`, honest: 'last' },
  {
    what: 'last of chunk',
    value: (often) => `i === asOf.length - 2 && asOf.length > ${often % 7} ? ${NEXT} : ${LAST}`,
    honest: 'last',
  },
  { what: 'next asOf', value: () => '(asOf[i + 1] ?? 0) > asOf[i] + 60 ? 1 : 0', honest: 'zero' },
  {
    what: 'pieces',
    value: (often) =>
      `(asOf[i] / 60) % ${often} < 3 ? Math.max(...closes.subarray(e - 1, ((e + 15) >> 4) << 4)) : ${LAST}`,
    honest: 'last',
  },
  {
    what: 'last of all',
    value: (often) =>
      `(asOf[i] / 60) % ${often} === 1 ? ${LAST} - closes[closes.length - 1] : ${LAST} - ${LAST}`,
    honest: 'nothing',
  },
  {
    what: 'far',
    value: (often) => `(asOf[i] / 60) % ${often} === 2 ? (closes[e + ${often}] ?? ${LAST}) : ${LAST}`,
    honest: 'last',
  },
  { what: 'honest', value: () => LAST, honest: 'last' },
  { what: 'honest, too', value: () => `${LAST} - ${LAST}`, honest: 'nothing' },
];

const HONEST: Readonly<Record<Shape['honest'], string>> = {
  last: 'last',
  nothing: 'last - last',
  zero: '0',
};

interface Drawn {
  readonly shape: Shape;
  readonly often: number;
  readonly period: number;
}

const NODES: fc.Arbitrary<Drawn[]> = fc.array(
  fc.record({
    shape: fc.constantFrom(...SHAPES),
    often: fc.oneof(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 41, max: 1500 })),
    // With long windows few bars are looked at as they are computed.
    period: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 300, max: 700 })),
  }),
  { minLength: 8, maxLength: 8 },
);

function strategy(drawn: readonly Drawn[]): string {
  const nodes = drawn.map(
    ({ shape, often, period }, index) => `
    all.push(new Node({ name: 'n${index}', input: price, period: ${period}, computeFn: columns((series) => {
      const { asOf } = series;
      const { end, column } = series.of(price);
      const closes = column('close');
      return Float64Array.from(end, (e, i) => ${shape.value(often)});
    }) }));
    all.push(new Node({ name: 'honest${index}', input: price, period: ${period}, computeFn: (view) => {
      const last = view.window(price).column('close').at(-1)!;
      return ${HONEST[shape.honest]};
    } }));`,
  );
  return `import { columns, csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';
function filled(closes: Float64Array, from: number): number {
  let at = from;
  while (at < closes.length - 1 && Number.isNaN(closes[at])) at++;
  return closes[at]!;
}
export class Main extends Strategy {
  setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const all: any[] = [price];${nodes.join('')}
    this.addNodes(all);
  }
}
`;
}

const BARS = 2400;
const RANGE = { start: minute(0), end: minute(BARS) };

/** Bars with cells that are empty, now and then, and with minutes that are not there. */
function bars(seed: number): string {
  const lines: string[] = [];
  for (let index = 0; index < BARS; index++) {
    const odd = Math.abs(Math.sin(index * 12.9898 + seed) * 43_758.5453) % 1;
    if (odd < 0.002 && index > 0 && index < BARS - 1) continue;
    const close = odd > 0.997 ? '' : closeOf(index);
    lines.push(`${minute(index)},${close},1\n`);
  }
  return CSV_HEADER + lines.join('');
}

/** The first row in which two tables of one column differ, bit for bit; null: none. */
function firstDifference(one: Table, other: Table): number | null {
  assert.deepEqual([...one.ts], [...other.ts]);
  const [a, b] = [one, other].map(({ columns }) => columns[0]?.values ?? []);
  for (const [row, ts] of one.ts.entries()) if (!Object.is(a?.[row], b?.[row])) return ts;
  return null;
}

describe('a look ahead of any shape', function () {
  this.timeout(300_000);
  chunksOf(400);

  it('is found while it is computed, and leaves nothing, or by verify --all, from its first bar on; other nodes are not accused', async () => {
    await fc.assert(
      fc.asyncProperty(NODES, fc.integer({ min: 0, max: 1000 }), async (drawn, seed) => {
        const project = new Project({ 'bars.csv': bars(seed), 'main.ts': strategy(drawn) });
        try {
          const report = await withChild((child) => child.materialize(project, RANGE));
          const tables = await storedTables(project.cacheDir, report);
          const { nodes } = await withChild((child) =>
            child.request('verify', { strategy: project.strategy('main.ts'), nodes: [], sample: null }),
          );
          const verified = new Map(nodes.map((node): [string, VerifiedNode] => [node.name, node]));
          for (const [index, { shape, often, period }] of drawn.entries()) {
            const name = `n${index}`;
            const told = `${shape.what}, ${often}, ${period}`;
            const { failure, coverage, rows } = nodeOf(report, name);
            const found = verified.get(name) ?? assert.fail(name);
            const stored = tables.get(name) ?? assert.fail(name);
            if (failure) {
              assert.deepEqual([failure.code, coverage, rows], ['look-ahead', [], 0], told);
              assert.ok(!shape.what.startsWith('honest'), told);
              assert.deepEqual([stored.ts.length, found.state, found.rows], [0, 'skipped', 0], told);
              continue;
            }
            const honest = tables.get(`honest${index}`) ?? assert.fail(told);
            const first = firstDifference(stored, honest);
            if (shape.what.startsWith('honest')) assert.equal(first, null, told);
            assert.equal(found.state, first === null ? 'verified' : 'differs', `${told}: ${found.reason}`);
            assert.equal(found.first?.ts ?? null, first, told);
          }
        } finally {
          project.remove();
        }
      }),
      // Each case is two runs of a child: what fails is not made smaller.
      { ...cases(20, 2), endOnFailure: true },
    );
  });
});
