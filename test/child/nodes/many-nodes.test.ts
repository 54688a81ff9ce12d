// Slow (35 s): long ranges, run again and again in a child.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { rowValue } from '../../../src/sdk/table.js';
import { exact } from '../../support/worlds/runs.js';
import { cases } from '../../support/profile.js';
import {
  Child,
  CSV_HEADER,
  csvLines,
  minute,
  Project,
  runFresh,
  storedTables,
  type Ran,
} from '../../support/project.js';

/** More nodes than V8's inspector is asked about one by one: their functions tell themselves what they captured. */
const COUNT = 1100;
const BARS = 40;
const ALL = { start: minute(0), end: minute(BARS) };

/** What an edit may change: the number that some nodes are made with, the code of all of one kind, a helper of a few. */
interface Version {
  readonly special: number;
  readonly by: number;
  readonly offset: number;
  readonly helper: string;
}

const FIRST: Version = { special: 17, by: 0, offset: 1, helper: 'value' };

const version: fc.Arbitrary<Version> = fc.record({
  special: fc.integer({ min: 0, max: COUNT / 2 - 1 }),
  by: fc.integer({ min: 0, max: 2 }),
  offset: fc.constantFrom(1, 2),
  helper: fc.constantFrom('value', '-value', 'value * shared.factor'),
});

function files({ special, by, offset, helper }: Version): Record<string, string> {
  return {
    'lib/make.ts': `
import { Node, type DagNode } from 'seamless-dag';
const shared = { factor: 3 };
export function helper(value: number): number { return ${helper}; }
export function scaled(input: DagNode, index: number, by: number) {
  const scale = (value: number): number => value * (index % 7) + by;
  return new Node({ name: 'scaled' + index, input, period: 1, computeFn: (view) => scale(view.window(input).column('close')[0]) });
}
export function shifted(input: DagNode, index: number) {
  return new Node({ name: 'shifted' + index, input, period: 2, computeFn(view) {
    const [before, now] = view.window(input).column();
    return index % 100 === 0 ? helper(now) : now - before + ${offset};
  } });
}
`,
    'main.ts': `
import { csvHistory, Strategy, StreamInput } from 'seamless-dag';
import { scaled, shifted } from './lib/make';
export class Main extends Strategy {
  setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    for (let index = 0; index < ${COUNT / 2}; index++) {
      const first = scaled(price, index, index === ${special} ? ${by} : 0);
      this.addNodes([first, shifted(first, index)]);
    }
  }
}
`,
  };
}

describe('a strategy of more than a thousand nodes', () => {
  let project: Project;
  let child: Child;
  before(() => {
    child = new Child();
    project = new Project({ ...files(FIRST), 'bars.csv': CSV_HEADER + csvLines(0, BARS) });
  });
  after(async () => {
    await child.end();
    project.remove();
  });

  const run = (): Promise<Ran> => child.run(project, ALL);

  /** What is stored of all nodes that edits can reach one by one, and of every tenth other, bit for bit. */
  async function stored(dir: string, { report }: Ran, reached: ReadonlySet<string>): Promise<unknown> {
    const nodes = report.nodes.filter(
      ({ name }, index) => index % 10 === 0 || reached.has(name) || /00$/.test(name),
    );
    return [...(await storedTables(dir, { ...report, nodes }))].map(([name, table]) => [
      name,
      Array.from(table.ts, (ts, row) => `${ts} ${exact(rowValue(table, row))}`),
    ]);
  }

  it('is a hit when it is loaded again, and by another process', async () => {
    assert.equal((await run()).report.hits, 0);
    for (let again = 0; again < 2; again++) assert.equal((await run()).report.hits, COUNT + 1);
    assert.equal((await runFresh(project, ALL)).report.hits, COUNT + 1);
  });

  it('has one node and what depends on it computed again when a value that it captured is edited', async () => {
    project.write(files({ ...FIRST, by: 1 }));
    const { report } = await run();
    const computed = report.nodes
      .filter(({ computedRanges }) => computedRanges.length > 0)
      .map(({ name }) => name);
    assert.deepEqual(computed.toSorted(), ['scaled17', 'shifted17']);
  });

  it('holds what a run in an empty cache by another process holds, after any edits', async () => {
    let caches = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(version, { minLength: 1, maxLength: 3 }), async (edits) => {
        let last: Ran | null = null;
        for (const edit of edits) {
          project.write(files(edit));
          last = await run();
        }
        const warm = last ?? assert.fail('There was no edit.');
        const cacheDir = project.path(`cold-${++caches}`);
        const cold = await runFresh(project, { ...ALL, cacheDir });
        const reached = new Set(edits.flatMap(({ special }) => [`scaled${special}`, `shifted${special}`]));
        assert.deepEqual(
          await stored(project.cacheDir, warm, reached),
          await stored(cacheDir, cold, reached),
        );
        assert.equal((await runFresh(project, ALL)).report.hits, COUNT + 1);
      }),
      cases(3),
    );
  });

  it('says where a function that keeps a state changes it, in the lines of its author', async () => {
    const counting = files(FIRST);
    project.write({
      ...counting,
      'lib/make.ts': (counting['lib/make.ts'] ?? '').replace(
        'const scale = (value: number): number => value',
        'let calls = 0;\n  const scale = (value: number): number => calls++ * value',
      ),
    });
    const { report } = await run();
    const { failure } =
      report.nodes.find(({ name }) => name === 'scaled0') ?? assert.fail('It has no scaled0.');
    assert.match(failure?.message ?? '', /calls/);
    assert.deepEqual(failure?.location, { file: project.path('lib/make.ts'), line: 7, column: 44 });
  });
});
