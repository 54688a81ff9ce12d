// Slow (15 s): seventy streams, run again and again in a child.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bytesOf } from '../../support/worlds/runs.js';
import { cases } from '../../support/profile.js';
import {
  Child,
  CSV_HEADER,
  csvLines,
  minute,
  nodeOf,
  Project,
  runFresh,
  storedTables,
  type Files,
  type Ran,
} from '../../support/project.js';

/** So many inputs make `breadth` read from the store, after all symbols are done. */
const SYMBOLS = 70;
const BARS = 40;
const FEW = 6;

/** What happens between two runs: files of the first symbols that change or grow, code that is edited, another range. */
interface Change {
  readonly symbol: number;
  readonly bars: number;
  readonly corrected: number | null;
  readonly lag: number;
  readonly range: readonly [number, number];
}

const change: fc.Arbitrary<Change> = fc.record({
  symbol: fc.nat(FEW - 1),
  bars: fc.integer({ min: 20, max: BARS }),
  corrected: fc.option(fc.nat(19)),
  lag: fc.integer({ min: 1, max: 2 }),
  range: fc.constantFrom([0, BARS] as const, [0, 15] as const, [10, 30] as const),
});

function code(lag: number): Files {
  return {
    'main.ts': `
import { columns, csvHistory, Node, sma, Strategy, StreamInput } from 'seamless-dag';
export class Panel extends Strategy {
  setup(): void {
    const moves: Node<number>[] = [];
    for (let n = 0; n < ${SYMBOLS}; n++) {
      const price = new StreamInput({ tags: ['s' + n], interval: '1m', historyProvider: csvHistory('data/s' + n + '.csv') });
      const mean = sma({ name: 's' + n + '.mean', input: price, period: 3 });
      const move = new Node<number>({ name: 's' + n + '.move', input: [price, mean], period: ${lag}, computeFn: columns((series) => {
        const [at, means] = [series.of(price), series.of(mean)];
        const out = new Float64Array(series.length);
        for (let i = 0; i < out.length; i++) out[i] = at.column('close')[at.end[i]! - ${lag}]! - means.column('value')[means.end[i]! - 1]!;
        return out;
      }) });
      moves.push(move);
      this.addNodes([price, mean, move]);
    }
    const breadth = new Node<number>({ name: 'breadth', input: moves, period: 1, computeFn: (view) =>
      moves.filter((move) => (view.latest(move) as number) > 0).length });
    this.addNodes([breadth, new Node<number>({ name: 'after', input: [breadth, moves[0]!], period: 2, computeFn: (view) =>
      view.window(breadth).column('value')[0]! + (view.latest(moves[0]!) as number) })]);
  }
}
`,
  };
}

function data(symbol: number, bars: number, corrected: number | null): Files {
  const close = (index: number): number =>
    100 + ((index * (7 + symbol)) % 13) + (index === corrected ? 50 : 0);
  return { [`data/s${symbol}.csv`]: CSV_HEADER + csvLines(0, bars, close) };
}

describe('a symbol per stream and node, by hand, with a node that reads them all', () => {
  let project: Project;
  let child: Child;
  before(() => {
    child = new Child();
    const files = Array.from({ length: SYMBOLS }, (_, symbol) => data(symbol, BARS, null));
    project = new Project(Object.assign({ ...code(1) }, ...files) as Files);
  });
  after(async () => {
    await child.end();
    project.remove();
  });

  const bytes = async (dir: string, { report }: Ran): Promise<unknown> =>
    [...(await storedTables(dir, report))].map(([name, table]) => [name, bytesOf(table)]);

  it('holds what a run in an empty cache holds, whatever changed before', async () => {
    let caches = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        for (const { symbol, bars, corrected, lag, range } of changes) {
          project.write({ ...code(lag), ...data(symbol, bars, corrected) });
          const wanted = { start: minute(range[0]), end: minute(range[1]) };
          const warm = await child.run(project, wanted);
          const cacheDir = project.path(`cold-${++caches}`);
          const cold = await runFresh(project, { ...wanted, cacheDir });
          assert.deepEqual(await bytes(project.cacheDir, warm), await bytes(cacheDir, cold));
          assert.ok(nodeOf(cold.report, 'after').rows > 0);
        }
      }),
      cases(8, 1),
    );
  });
});
