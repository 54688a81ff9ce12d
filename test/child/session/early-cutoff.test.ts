// Slow (20 s): run again and again in a child.
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';

import type { RunReport, Span } from '../../../src/engine/run/reporting/report.js';
import { exact } from '../../support/worlds/runs.js';
import { rowValue, type Table } from '../../../src/sdk/table.js';
import {
  callsOf,
  Child,
  chunksOf,
  CSV_HEADER,
  csvLines,
  minute,
  nodeOf,
  Project,
  storedTables,
  type Ran,
} from '../../support/project.js';

/** Slots of a chunk: as borders of blocks of more slots are borders of these, too, the first is at minute 600. */
const CHUNK = 1024;
/** Three chunks of minutes, whose borders are at 600 and 1 624; they end on the hour. */
const BARS = 3864;
const ALL = { start: minute(0), end: minute(BARS) };
const SECOND = minute(600);
const THIRD = minute(600 + CHUNK);
/** `brittle` fails there. */
const FAILS = minute(2664);

/** What a call prints, for the bars that close on the hour. */
const CALLED = `
export function called(node: string, view: { readonly asOf: number }): void {
  if (view.asOf % 3600 === 0) console.log('call', node, view.asOf);
}
`;

/** Minutes into hours and back, windows of many bars, a scan, records and nulls, and a node that fails. */
const MAIN = `
import { csvHistory, Node, ScanNode, Strategy, StreamInput } from 'seamless-dag';
import { called } from './lib/called';
import { THRESHOLD } from './lib/limits';

export class Main extends Strategy {
  setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const top = new Node({ name: 'top', input: price, period: 3, computeFn: (view) => {
      called('top', view);
      const closes = view.window(price).column('close');
      const value = closes[0] - closes[2];
      return value > THRESHOLD ? null : value;
    } });
    const level = new Node({ name: 'level', input: top, period: 20, computeFn: (view) => {
      called('level', view);
      let sum = 0;
      for (const value of view.window(top).column()) sum += Number.isNaN(value) ? 0 : value;
      return { sum, up: sum > 0, note: sum > 0 ? null : 'down' };
    } });
    const hour = new Node({ name: 'hour', input: level, period: 5, interval: '1h', computeFn: (view) => {
      called('hour', view);
      return view.window(level).row(-1).sum > 0 ? 1 : -0;
    } });
    const day = new Node({ name: 'day', input: hour, period: 24, interval: '1h', computeFn: (view) => {
      called('day', view);
      let ups = 0;
      for (const value of view.window(hour).column()) ups += value;
      return ups > 30 ? undefined : ups;
    } });
    const total = new ScanNode({ name: 'total', input: top, period: 1, init: () => ({ sum: 0 }),
      step: (state, view) => {
        called('total', view);
        const sum = state.sum + (view.latest(top) ?? 0);
        return { state: { sum }, value: sum };
      } });
    const mixed = new Node({ name: 'mixed', input: [price, hour, total], period: [4, 3, 2], interval: '1m', computeFn: (view) => {
      called('mixed', view);
      return view.window(total).column()[0] * view.window(hour).column()[2] + view.window(price).column('close')[3];
    } });
    const brittle = new Node({ name: 'brittle', input: [mixed, level], period: 2, interval: '5m', computeFn: (view) => {
      called('brittle', view);
      if (view.asOf === ${FAILS}) throw new Error('It fails on purpose.');
      return view.latest(level).sum;
    } });
    const after = new Node({ name: 'after', input: brittle, period: 3, computeFn: (view) => {
      called('after', view);
      return view.latest(brittle) > 0;
    } });
    this.addNodes([day, mixed, after]);
  }
}
`;

const LIMITS = `export const THRESHOLD = 7;\n`;
const HOURS = (from: number, to: number): number => Math.floor(to / 3600) - Math.floor(from / 3600);
const DEPENDENTS = ['level', 'hour', 'day', 'total', 'mixed'];
const NODES = ['top', ...DEPENDENTS];

/** The rows of a table with every bit. */
function bytesOf(table: Table): string[] {
  return Array.from(table.ts, (ts, index) => `${ts} ${exact(rowValue(table, index))}`);
}

describe('early cutoff, over several blocks and intervals', () => {
  let project: Project;
  let child: Child;
  let firstCache: string;
  let cacheDir: string | undefined;
  let caches = 0;
  chunksOf(CHUNK);
  before(() => {
    child = new Child();
  });
  after(() => child.end());
  before(async () => {
    project = new Project({});
    write();
    const { report } = await run();
    assert.equal(nodeOf(report, 'brittle').state, 'failed');
    assert.equal(nodeOf(report, 'after').state, 'blocked');
    firstCache = project.cacheDir;
  });
  after(() => project.remove());
  // Each test begins with the cache of that run, and the files as they were then.
  beforeEach(() => {
    write();
    cacheDir = project.path(`cache-${++caches}`);
    cpSync(firstCache, cacheDir, { recursive: true });
  });

  function write(): void {
    project.write({
      'main.ts': MAIN,
      'lib/called.ts': CALLED,
      'lib/limits.ts': LIMITS,
      'bars.csv': CSV_HEADER + csvLines(0, BARS),
    });
  }

  const run = (range = ALL): Promise<Ran> => child.run(project, { ...range, cacheDir });

  function edit(from: string, to: string, file = 'main.ts'): void {
    const before = file === 'main.ts' ? MAIN : LIMITS;
    assert.ok(before.includes(from), `${file} has no ${from}.`);
    project.write({ [file]: before.replace(from, () => to) });
  }

  /** What is stored is what a run in an empty cache stores, rows and coverage, bit for bit. */
  async function assertCold({ report }: Ran): Promise<void> {
    const coldDir = project.path(`cold-${++caches}`);
    const [start, end] = report.range;
    const cold = await child.run(project, { start, end, cacheDir: coldDir });
    const told = ({ nodes, coverageBounds }: RunReport): unknown => [
      coverageBounds,
      nodes.map(({ name, coverage, rows, failure }) => ({ name, coverage, rows, failure })),
    ];
    assert.deepEqual(told(report), told(cold.report));
    assert.ok(cacheDir);
    const [mine, theirs] = [await tables(cacheDir, report), await tables(coldDir, cold.report)];
    assert.deepEqual(mine, theirs);
  }

  async function tables(dir: string, report: RunReport): Promise<[string, string[]][]> {
    return [...(await storedTables(dir, report))].map(([name, table]) => [name, bytesOf(table)]);
  }

  /** Nothing of these was computed: neither says the report so, nor was their code called. */
  function assertAdopted({ report, lines }: Ran, names: readonly string[], range: Span = report.range): void {
    for (const name of names) {
      const { state, computedRanges, reusedRanges } = nodeOf(report, name);
      assert.deepEqual([name, state, computedRanges, reusedRanges], [name, 'reused', [], [range]]);
      assert.deepEqual(callsOf(lines, name), []);
    }
  }

  /** A node that fails is reused up to there, and called for that bar alone. */
  function assertFailedAgain({ report, lines }: Ran): void {
    const failed = FAILS - 300;
    assert.equal(nodeOf(report, 'brittle').state, 'failed');
    assert.deepEqual(nodeOf(report, 'brittle').reusedRanges, [[ALL.start, failed]]);
    assert.deepEqual(callsOf(lines, 'brittle'), [FAILS]);
    assert.deepEqual(nodeOf(report, 'after').computedRanges, []);
    assert.deepEqual(callsOf(lines, 'after'), []);
  }

  it('a node at the top with the same rows: all that depend on it are reused', async () => {
    edit('closes[0] - closes[2]', 'closes[0] - 1 * closes[2]');
    const ran = await run();
    assert.equal(nodeOf(ran.report, 'top').state, 'computed');
    assert.equal(callsOf(ran.lines, 'top').length, HOURS(ALL.start, ALL.end));
    assertAdopted(ran, DEPENDENTS);
    assertFailedAgain(ran);
    await assertCold(ran);
  });

  it('a node in the middle with the same rows, its own interval among others', async () => {
    edit('row(-1).sum > 0', 'row(-1).sum * 1 > 0');
    const ran = await run();
    assert.equal(nodeOf(ran.report, 'hour').state, 'computed');
    assert.equal(nodeOf(ran.report, 'top').state, 'hit');
    assertAdopted(ran, ['day', 'mixed']);
    assert.deepEqual(callsOf(ran.lines, 'level'), []);
    assertFailedAgain(ran);
    await assertCold(ran);
  });

  it('a scan with the same rows and states', async () => {
    edit('state.sum + (', '(state.sum * 1) + (');
    const ran = await run();
    assert.equal(nodeOf(ran.report, 'total').state, 'computed');
    assertAdopted(ran, ['mixed']);
    assert.deepEqual(callsOf(ran.lines, 'hour'), []);
    assertFailedAgain(ran);
    await assertCold(ran);
  });

  it('one after the other: hours alone, for which a chunk would be longer, then the top', async () => {
    edit('ups > 30', 'ups > 31 - 1');
    assert.deepEqual(nodeOf((await run()).report, 'day').computedRanges, [[ALL.start, ALL.end]]);
    const day = MAIN.replace('ups > 30', 'ups > 31 - 1');
    project.write({ 'main.ts': day.replace('closes[0] - closes[2]', 'closes[0] - 1 * closes[2]') });
    const ran = await run();
    assertAdopted(ran, DEPENDENTS);
    await assertCold(ran);
  });

  it('other rows in one block: the other blocks are reused', async () => {
    // Not near the end of an hour, which is at minutes 984 and 1044.
    const [from, to] = [minute(990), minute(1010)];
    edit('const value = ', `const value = view.asOf > ${from} && view.asOf <= ${to} ? 0.5 : `);
    const ran = await run();
    for (const name of ['level', 'mixed']) {
      const { computedRanges, reusedRanges } = nodeOf(ran.report, name);
      assert.deepEqual([name, computedRanges], [name, [[SECOND, name === 'mixed' ? ALL.end : THIRD]]]);
      assert.deepEqual(reusedRanges[0], [ALL.start, SECOND]);
    }
    assert.deepEqual(nodeOf(ran.report, 'level').reusedRanges[1], [THIRD, ALL.end]);
    // Hours have borders of their own: no more than the block and what looks back on it.
    const [hours, ...rest] = nodeOf(ran.report, 'hour').computedRanges;
    assert.ok(hours && rest.length === 0 && hours[0] > ALL.start && hours[1] < ALL.end, String(hours));
    // And those come out as they were.
    assertAdopted(ran, ['day']);
    await assertCold(ran);
  });

  it('a constant that is changed, and changed back: a hit, and nothing is called', async () => {
    edit('7', '6.5', 'lib/limits.ts');
    const changed = await run();
    assert.equal(nodeOf(changed.report, 'top').state, 'computed');
    await assertCold(changed);
    project.write({ 'lib/limits.ts': LIMITS });
    const back = await run();
    for (const name of NODES) {
      const { state, computedRanges, reusedRanges } = nodeOf(back.report, name);
      assert.deepEqual([name, state, computedRanges, reusedRanges], [name, 'hit', [], []]);
      assert.deepEqual(callsOf(back.lines, name), []);
    }
    await assertCold(back);
  });

  it('an edit and new bars at once: stored rows are reused, the new bars are computed', async () => {
    edit('closes[0] - closes[2]', 'closes[0] - 1 * closes[2]');
    project.append('bars.csv', csvLines(BARS, BARS + 3000));
    const longer = { start: ALL.start, end: minute(BARS + 3000) };
    const ran = await run(longer);
    assert.deepEqual(nodeOf(ran.report, 'top').computedRanges, [[longer.start, longer.end]]);
    for (const name of ['level', 'total', 'mixed']) {
      const { computedRanges, reusedRanges } = nodeOf(ran.report, name);
      assert.deepEqual([name, reusedRanges], [name, [[ALL.start, ALL.end]]]);
      assert.deepEqual([name, computedRanges], [name, [[ALL.end, longer.end]]]);
    }
    await assertCold(ran);
  });

  it('parts of the range after an edit, then all of it', async () => {
    edit('closes[0] - closes[2]', 'closes[0] - 1 * closes[2]');
    for (const range of [
      { start: minute(400), end: minute(1200) },
      { start: minute(2140), end: minute(3640) },
    ]) {
      await assertCold(await run(range));
    }
    await assertCold(await run());
  });
});
