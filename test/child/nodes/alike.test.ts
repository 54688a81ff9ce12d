// Slow (8 s): runs in a child process.
import assert from 'node:assert/strict';
import { bytesOf } from '../../support/worlds/runs.js';
import { nodeOf, storedTables } from '../../support/project.js';
import { market } from '../../universe/market.js';
import { filesOf, inProject, run, useChild, WHOLE } from '../../universe/projects.js';

const QUOTES = market();
const SYMBOLS = ['AAA', 'BBB', 'LATE', 'GONE'];
const CLOSES = QUOTES.filter(({ ticker }) => ticker === 'LATE').map(({ close }) => close);

/** A node for each symbol, written by hand: the same code, with objects of its own. One line runs for `LATE` alone, by its prices. */
function strategyWith(line: string): string {
  return `import { columns, csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';

const LATE = new Set(${JSON.stringify(CLOSES)});
export class ByHand extends Strategy {
  override readonly interval = '1d';
  setup() {
    for (const symbol of ${JSON.stringify(SYMBOLS)}) {
      const prices = new StreamInput({ tags: [symbol], historyProvider: csvHistory('data/' + symbol + '.csv') });
      const seen = { calls: 0 };
      this.addNodes([prices, new Node<number>({
        name: symbol + '.change',
        input: prices,
        period: 2,
        computeFn: columns((series) => {
          const { end, column } = series.of(prices);
          const close = column('close');
          const out = new Float64Array(series.length);
          for (let i = 0; i < out.length; i++) out[i] = close[end[i]! - 1]! / close[end[i]! - 2]! - 1 + 0 * seen.calls;
          if (LATE.has(close[0]!)) { ${line} }
          return out;
        }),
      })]);
    }
  }
}
`;
}

interface Outcome {
  readonly states: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly rows: Readonly<Record<string, readonly string[]>>;
}

function outcomeOf(line: string): Promise<Outcome> {
  const files = filesOf(QUOTES, (ticker) => `data/${ticker}.csv`);
  return inProject({ ...files, 'main.ts': strategyWith(line) }, async (project) => {
    const report = await run(project, WHOLE);
    const tables = await storedTables(project.cacheDir, report);
    return {
      states: Object.fromEntries(SYMBOLS.map((name) => [name, nodeOf(report, `${name}.change`).state])),
      reason: nodeOf(report, 'LATE.change').reason,
      rows: Object.fromEntries(
        SYMBOLS.map((name) => {
          const table = tables.get(`${name}.change`);
          return [name, table ? bytesOf(table) : []];
        }),
      ),
    };
  });
}

describe('nodes by hand with the same code, which are computed together', () => {
  useChild();
  let innocent: Outcome;
  before(async () => {
    innocent = await outcomeOf('Math.abs(-1);');
    assert.deepEqual([...new Set(Object.values(innocent.states))], ['computed']);
  });

  for (const [what, line, reason] of [
    ['changes what only it captured', 'seen.calls += 1;', /LATE\.change keeps state between bars.*seen/],
    ['changes a built-in', 'Math.hypot = () => 0;', /LATE\.change changed Math\.hypot/],
    ['writes to its input', '(close as Float64Array)[3] = 1e9;', /LATE\.change wrote to column close/],
    ['throws', "throw new Error('not this one');", /not this one/],
  ] as const) {
    it(`fail alone where one ${what}`, async () => {
      const { states, reason: found, rows } = await outcomeOf(line);
      assert.match(found, reason);
      for (const symbol of SYMBOLS) {
        assert.equal(states[symbol], symbol === 'LATE' ? 'failed' : 'computed', symbol);
        assert.deepEqual(rows[symbol], symbol === 'LATE' ? [] : innocent.rows[symbol], symbol);
      }
    });
  }

  it('have no rows if one of them looks ahead: they share its code', async () => {
    const { states, reason } = await outcomeOf(
      'for (let i = 0; i < out.length; i++) out[i] = close.at(-1)!;',
    );
    assert.match(reason, /look/i);
    assert.deepEqual([...new Set(Object.values(states))], ['failed']);
  });
});
