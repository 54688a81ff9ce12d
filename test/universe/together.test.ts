// Slow (10 s): runs in a child process.
import assert from 'node:assert/strict';
import { bytesOf } from '../support/worlds/runs.js';
import { nodeOf, storedTables } from '../support/project.js';
import { market, projectOf, strategyOf, SYMBOLS } from './market.js';
import { inProject, run, useChild, WHOLE } from './projects.js';

const BODY = 'const [at, means]';

const QUOTES = market();
const CLOSES = QUOTES.filter(({ ticker }) => ticker === 'LATE').map(({ close }) => close);

/** The strategy with a line in its column function that runs for one symbol in the middle of its family: `LATE`, by its prices. */
function strategyWith(line: string): string {
  const when = `if (LATE.has(series.of(prices).column('close')[0]!)) { ${line} }`;
  return strategyOf("csvHistory('prices.csv')")
    .replace(BODY, () => `${when}\n      ${BODY}`)
    .replace('export class', () => `const LATE = new Set(${JSON.stringify(CLOSES)});\nexport class`);
}

interface Outcome {
  readonly states: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly rows: Readonly<Record<string, readonly string[]>>;
}

async function outcomeOf(line: string): Promise<Outcome> {
  return inProject({ ...projectOf(QUOTES), 'main.ts': strategyWith(line) }, async (project) => {
    const report = await run(project, WHOLE);
    const tables = await storedTables(project.cacheDir, report);
    const members = SYMBOLS.map((symbol) => `gap[${symbol}]`);
    return {
      states: Object.fromEntries(members.map((name) => [name, nodeOf(report, name).state])),
      reason: nodeOf(report, 'gap[LATE]').reason,
      rows: Object.fromEntries(
        members.map((name) => {
          const table = tables.get(name);
          return [name, table ? bytesOf(table) : []];
        }),
      ),
    };
  });
}

describe('members of a family that are computed together', () => {
  useChild();
  let innocent: Outcome;
  before(async () => {
    innocent = await outcomeOf('Math.abs(-1);');
    assert.deepEqual([...new Set(Object.values(innocent.states))], ['computed']);
  });

  for (const [what, line, reason] of [
    ['changes a method of numbers', 'Math.hypot = () => 0;', /gap\[LATE\] changed Math\.hypot/],
    [
      'changes what the host works with',
      'Float64Array.prototype.slice = function () { return this; } as never;',
      /gap\[LATE\] changed Float64Array\.prototype\.slice|changed .*prototype\.slice/,
    ],
    [
      'changes what promises go through',
      'Promise.prototype.then = function () { return this; } as never;',
      /gap\[LATE\] changed Promise\.prototype\.then/,
    ],
    [
      'writes to its input',
      "(series.of(prices).column('close') as Float64Array)[3] = 1e9;",
      /gap\[LATE\] wrote to column close/,
    ],
    ['throws', "throw new Error('not this one');", /not this one/],
  ] as const) {
    it(`fail alone where one ${what}, and the others have the rows that they have without it`, async () => {
      const { states, reason: found, rows } = await outcomeOf(line);
      assert.match(found, reason);
      for (const symbol of SYMBOLS) {
        const name = `gap[${symbol}]`;
        assert.equal(states[name], symbol === 'LATE' ? 'failed' : 'computed', name);
        assert.deepEqual(rows[name], symbol === 'LATE' ? [] : innocent.rows[name], name);
      }
    });
  }

  it('have no rows after one that keeps state, which all of them share', async () => {
    const { states, reason } = await outcomeOf('SECTORS["LATE"] = "late";');
    assert.match(reason, /keeps state between bars.*SECTORS/);
    for (const symbol of ['LATE', 'SHORT']) assert.equal(states[`gap[${symbol}]`], 'failed', symbol);
  });
});
