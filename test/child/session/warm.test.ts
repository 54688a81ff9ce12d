// Slow (25 s): runs in a child process.
import assert from 'node:assert/strict';

import fc from 'fast-check';

import type { RunReport } from '../../../src/engine/run/reporting/report.js';
import { cases } from '../../support/profile.js';
import type { Table } from '../../../src/sdk/table.js';
import { BORDER, Child, closeOf, CSV_HEADER, minute, Project, storedTables } from '../../support/project.js';

/** What of the strategy may be edited. */
interface Version {
  readonly factor: number;
  readonly period: number;
  readonly comment: number;
  readonly loop: number;
}

/** A chain, two intervals, a node that gives a row only now and then, records, the column form, odd numbers. */
function strategy({ factor, period, comment, loop }: Version): string {
  return `
import { columns, csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';
// ${comment}
export class Main extends Strategy {
  setup() {
    const minutes = new StreamInput({ tags: ['minutes'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const hours = new StreamInput({ tags: ['hours'], interval: '1h', historyProvider: csvHistory('hours.csv') });
    const scaled = new Node({ name: 'scaled', input: minutes, period: ${period},
      computeFn: (view) => {
        const closes = view.window(minutes).column('close');
        return closes[0] * ${factor} - closes[closes.length - 1];
      } });
    const crossings = new Node({ name: 'crossings', input: scaled, period: 2,
      computeFn: (view) => {
        const [before, now] = view.window(scaled).column();
        return before > 0 === now > 0 ? undefined : now > 0;
      } });
    const lately = new Node({ name: 'lately', input: [crossings, scaled], interval: '1m', period: [2, 1],
      computeFn: (view) => ({ rises: view.latest(crossings), since: view.asOf - view.window(crossings).ts[0] }) });
    const mixed = new Node({ name: 'mixed', input: [scaled, hours], interval: '1m', period: [3, 2],
      computeFn: (view) => {
        const sum = view.window(scaled).column().reduce((a, b) => a + b, 0);
        const value = sum / view.window(hours).column('close')[0];
        return sum > 40 ? NaN : sum < -40 ? -0 : value;
      } });
    const slow = new Node({ name: 'slow', input: [mixed, hours], interval: '1h', period: [4, 1],
      computeFn: (view) => view.window(mixed).values() });
    const loops = [2, ${loop}].map((n) => new Node({ name: 'loop' + n, input: minutes, period: n,
      computeFn: columns((series) => {
        const { end } = series.of(minutes);
        const closes = series.of(minutes).column('close');
        return Float64Array.from(end, (e) => closes[e - 1] - closes[e - n]);
      }) }));
    this.addNodes([lately, slow, ...loops]);
  }
}
`;
}

/** One thing a user does between two runs. Numbers count bars of the made-up minutes. */
type Edit =
  | { readonly what: 'version'; readonly version: Partial<Version> }
  | { readonly what: 'append' | 'prepend' | 'truncate'; readonly bars: number }
  | { readonly what: 'correct' | 'remove' | 'restore'; readonly at: number }
  | { readonly what: 'hour'; readonly at: number }
  | { readonly what: 'nothing' };

interface Step {
  readonly edit: Edit;
  readonly from: number;
  readonly bars: number;
}

const HOUR = Math.floor(BORDER / 3600) * 3600;

/** The files of the project, as a sequence of edits left them. */
class Sources {
  readonly #minutes = new Map<number, number>();
  readonly #hours = new Map<number, number>();
  #version: Version = { factor: 1, period: 3, comment: 0, loop: 4 };

  constructor() {
    for (let index = 450; index < 750; index++) this.#minutes.set(index, closeOf(index));
    for (let index = -4; index < 6; index++) this.#hours.set(index, closeOf(index) / 2);
  }

  apply(edit: Edit): void {
    const indexes = [...this.#minutes.keys()].sort((a, b) => a - b);
    const [first = 0] = indexes;
    const last = indexes.at(-1) ?? 0;
    const at = 'at' in edit ? first + (edit.at % (last - first)) : 0;
    switch (edit.what) {
      case 'version':
        this.#version = { ...this.#version, ...edit.version };
        break;
      case 'append':
        for (let i = last + 1; i <= last + edit.bars; i++) this.#minutes.set(i, closeOf(i));
        break;
      case 'prepend':
        for (let i = first - edit.bars; i < first; i++) this.#minutes.set(i, closeOf(i));
        break;
      case 'truncate':
        for (const index of indexes.slice(-edit.bars)) this.#minutes.delete(index);
        break;
      case 'correct':
        if (this.#minutes.has(at)) this.#minutes.set(at, closeOf(at) + 3);
        break;
      case 'remove':
        for (let i = at; i < at + 7; i++) this.#minutes.delete(i);
        break;
      case 'restore':
        for (let i = at; i < at + 30; i++) this.#minutes.set(i, closeOf(i));
        break;
      case 'hour':
        this.#hours.set((edit.at % 12) - 4, 50 + (edit.at % 5));
        break;
      case 'nothing':
        break;
    }
  }

  writeTo(project: Project): void {
    project.write({
      'main.ts': strategy(this.#version),
      'bars.csv': CSV_HEADER + lines(this.#minutes, minute),
      'hours.csv': CSV_HEADER + lines(this.#hours, (index) => HOUR + index * 3600),
    });
  }
}

function lines(bars: ReadonlyMap<number, number>, timeOf: (index: number) => number): string {
  const sorted = [...bars].sort(([a], [b]) => a - b);
  return sorted.map(([index, close]) => `${timeOf(index)},${close},1\n`).join('');
}

const version = fc.record(
  {
    factor: fc.constantFrom(1, 1.01, 0.99),
    period: fc.constantFrom(1, 3, 6),
    comment: fc.nat(9),
    loop: fc.constantFrom(3, 4, 9),
  },
  { requiredKeys: [] },
);

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ what: fc.constant('version' as const), version }),
  fc.record({
    what: fc.constantFrom('append' as const, 'prepend' as const, 'truncate' as const),
    bars: fc.integer({ min: 1, max: 60 }),
  }),
  fc.record({
    what: fc.constantFrom('correct' as const, 'remove' as const, 'restore' as const),
    at: fc.nat(1000),
  }),
  fc.record({ what: fc.constant('hour' as const), at: fc.nat(11) }),
  fc.constant({ what: 'nothing' as const }),
);

const step: fc.Arbitrary<Step> = fc.record({
  edit,
  from: fc.integer({ min: 400, max: 600 }),
  bars: fc.integer({ min: 60, max: 250 }),
});

/** Stored rows by node. Where a node has none in the range, only an earlier run can know its columns. */
async function rowsIn(dir: string, report: RunReport): Promise<ReadonlyMap<string, Table>> {
  const tables = await storedTables(dir, report);
  return new Map([...tables].filter(([, { ts }]) => ts.length > 0));
}

/** What two reports of the same request must agree on, whatever was in the cache. */
function facts({ coverageBounds, nodeCount, nodes }: RunReport): unknown {
  const told = nodes.map(({ name, rows, columns, coverage, unavailable, notYet, failure }) => {
    return { name, rows, columns: rows > 0 ? columns : [], coverage, unavailable, notYet, failure };
  });
  return { coverageBounds, nodeCount, nodes: told };
}

describe('a warm cache', () => {
  let child: Child;
  before(() => {
    child = new Child();
  });
  after(() => child.end());

  /** Runs the steps one after the other over one cache, and each of them over an empty one too. */
  async function assertSame(steps: readonly Step[]): Promise<void> {
    const project = new Project({});
    try {
      const sources = new Sources();
      for (const [position, { edit, from, bars }] of steps.entries()) {
        sources.apply(edit);
        sources.writeTo(project);
        const range = { start: minute(from), end: minute(from + bars) };
        const cacheDir = project.path(`cold-${position}`);
        const warm = await child.materialize(project, range);
        const cold = await child.materialize(project, { ...range, cacheDir });
        const at = `step ${position}, ${edit.what}`;
        assert.deepStrictEqual(facts(warm), facts(cold), at);
        assert.deepStrictEqual(await rowsIn(project.cacheDir, warm), await rowsIn(cacheDir, cold));
      }
    } finally {
      project.remove();
    }
  }

  it('holds what a cold one would after its file was edited in each way there is', async () => {
    const edits: readonly Edit[] = [
      { what: 'nothing' },
      { what: 'append', bars: 40 },
      { what: 'correct', at: 100 },
      { what: 'prepend', bars: 30 },
      { what: 'truncate', bars: 50 },
      { what: 'append', bars: 80 },
      { what: 'remove', at: 140 },
      { what: 'restore', at: 140 },
    ];
    await assertSame(edits.map((edit) => ({ edit, from: 430, bars: 400 })));
  });

  it('holds what a cold one would after any edits, over any ranges', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 4 }), assertSame), {
      ...cases(3),
      endOnFailure: true,
    });
  });
});
