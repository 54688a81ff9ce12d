// Slow (25 s): runs in a child process.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { chunksOf, nodeOf, storedTables, type Files, type Project } from '../support/project.js';
import { cases } from '../support/profile.js';
import { day, market, type Quote } from './market.js';
import { inProject, rowsOf, run, useChild } from './projects.js';

/** Weeks end where days do. */
const WHOLE = { start: day(0), end: day(159) };

/** From when to when a symbol is a member; null: ever since, or until now. */
type Stay = readonly [ticker: string, from: number | null, to: number | null];

const STAYS: readonly Stay[] = [
  ['AAA', null, 60],
  ['AAA', 100, null],
  ['BBB', 20, null],
  ['GONE', null, 70],
  ['LATE', 90, 140],
  ['0007', null, null],
];

const isMember = (stays: readonly Stay[], { ticker, day: at }: Pick<Quote, 'ticker' | 'day'>): boolean =>
  stays.some(([whose, from, to]) => whose === ticker && at >= (from ?? -Infinity) && at < (to ?? Infinity));

const dateOf = (index: number): string => new Date(day(index) * 1000).toISOString().slice(0, 10);

function staysCsv(stays: readonly Stay[]): string {
  const cell = (at: number | null): string => (at === null ? '' : dateOf(at));
  return [
    'ticker,start_date,end_date',
    ...stays.map(([ticker, from, to]) => `${ticker},${cell(from)},${cell(to)}`),
    '',
  ].join('\n');
}

function changesCsv(stays: readonly Stay[]): string {
  const rows = stays.flatMap(([ticker, from, to]) => [
    `${dateOf(from ?? -5)},${ticker},1`,
    ...(to === null ? [] : [`${dateOf(to)},${ticker},0`]),
  ]);
  return ['date,ticker,in_index', ...rows, ''].join('\n');
}

/** All members of each day at which they change. */
function listsCsv(stays: readonly Stay[]): string {
  const days = [...new Set(stays.flatMap(([, from, to]) => [from ?? -5, ...(to === null ? [] : [to])]))].sort(
    (a, b) => a - b,
  );
  const tickers = [...new Set(stays.map(([ticker]) => ticker))];
  const rows = days.flatMap((at) =>
    tickers
      .filter((ticker) => isMember(stays, { ticker, day: at }))
      .map((ticker) => `${dateOf(at)},${ticker}`),
  );
  return ['date,ticker', ...rows, ''].join('\n');
}

function pricesCsv(quotes: readonly Quote[], stays?: readonly Stay[]): string {
  const rows = quotes.map((quote) => {
    const cells = [
      dateOf(quote.day),
      quote.ticker,
      quote.close,
      ...(stays ? [isMember(stays, quote) ? 1 : 0] : []),
    ];
    return cells.join(',');
  });
  return [`date,ticker,close${stays ? ',member' : ''}`, ...rows, ''].join('\n');
}

function strategy(members: string): string {
  return `import { CrossNode, csvHistory, Node, rank, resample, sqlHistory, Strategy, Universe } from 'seamless-dag';

export class Ranked extends Strategy {
  setup() {
    const prices = new Universe({ name: 'prices', interval: '1d', history: csvHistory('prices.csv'), symbol: 'ticker'${members} });
    const mom = new Node({ name: 'mom', input: prices, period: 11, computeFn: (view) => {
      const close = view.window(prices).column('close');
      return close[10]! / close[0]! - 1;
    } });
    const place = new CrossNode({ name: 'place', input: mom, computeFn: (section) => rank(section.column(mom)) });
    const breadth = new CrossNode({ name: 'breadth', input: mom, gives: 'one', computeFn: (section) => section.length });
    const weekly = resample({ name: 'weekly', input: prices, interval: '1w' });
    const week = new CrossNode({ name: 'week', input: weekly, computeFn: (section) => rank(section.column(weekly, 'close')) });
    this.addNodes([place, breadth, week]);
  }
}
`;
}

const SOURCE = ", members: csvHistory('members.csv')";
const quotes = market();
const withStays = (stays: readonly Stay[], prices = quotes): Files => ({
  'prices.csv': pricesCsv(prices),
  'members.csv': staysCsv(stays),
  'main.ts': strategy(SOURCE),
});

/** What a run has of cross-sections, each row with whose it is. */
async function sectionsOf(project: Project): Promise<Record<string, readonly string[]>> {
  const rows = await rowsOf(project, WHOLE);
  return Object.fromEntries(Object.entries(rows).filter(([name]) => /^(?:place|breadth|week)\b/.test(name)));
}

describe('a universe whose members change', () => {
  useChild();
  it('ranks members alone: they are those of the list at each bar, and ranks are among them', async () => {
    await inProject(withStays(STAYS), async (project) => {
      const report = await run(project, WHOLE);
      const tables = await storedTables(project.cacheDir, report);
      const opens = (name: string): number[] => [...(tables.get(name)?.ts ?? [])];
      let seen = 0;
      for (const ticker of new Set(quotes.map((quote) => quote.ticker))) {
        const wanted = opens(`mom[${ticker}]`).filter((ts) =>
          isMember(STAYS, { ticker, day: Math.round((ts - day(0)) / 86_400) }),
        );
        assert.deepEqual(opens(`place[${ticker}]`), wanted, ticker);
        seen += wanted.length;
      }
      assert.ok(seen > 300);
      // Who joins has the momentum of before.
      assert.equal(opens('mom[AAA]')[0], day(10));
      assert.equal(nodeOf(report, 'mom[SHORT]').rows, 2);
      assert.equal(nodeOf(report, 'place[SHORT]').rows, 0);
    });
  });

  it('comes to the same by stays, by changes, by lists, by a query and by a column', async () => {
    const wanted = await inProject(withStays(STAYS), sectionsOf);
    const others: Record<string, Files> = {
      changes: { 'members.csv': changesCsv(STAYS) },
      lists: { 'members.csv': listsCsv(STAYS) },
      query: {
        'main.ts': strategy(
          `, members: { history: sqlHistory("FROM 'members.csv'"), symbol: 'ticker', from: 'start_date', to: 'end_date' }`,
        ),
      },
      column: { 'prices.csv': pricesCsv(quotes, STAYS), 'main.ts': strategy(", members: 'member'") },
    };
    for (const [what, files] of Object.entries(others)) {
      await inProject({ ...withStays(STAYS), ...files }, async (project) => {
        assert.deepEqual(await sectionsOf(project), wanted, what);
      });
    }
  });

  it('knows a symbol that one of the tables pads, or writes as a number with a fraction', async () => {
    const numbered = (how: (ticker: string) => string): ((text: string) => string) => {
      const codes: Record<string, string> = {
        AAA: '1',
        BBB: '2',
        LATE: '3',
        GONE: '4',
        SHORT: '5',
        '0007': '7',
      };
      return (text) =>
        text.replace(/(?<=^|,)(?:AAA|BBB|LATE|GONE|SHORT|0007)(?=,|$)/gm, (each) => how(codes[each] ?? ''));
    };
    const bars = (type: string): string =>
      strategy(SOURCE).replace(
        "csvHistory('prices.csv')",
        `sqlHistory("SELECT * REPLACE (CAST(ticker AS DOUBLE)::${type} AS ticker) FROM 'prices.csv'")`,
      );
    const plain = numbered((code) => code);
    const projectOf = (type: string, membersOf: (text: string) => string): Files => ({
      'prices.csv': plain(pricesCsv(quotes)),
      'members.csv': membersOf(staysCsv(STAYS)),
      'main.ts': bars(type),
    });
    const sections = async (files: Files): Promise<unknown> => {
      const rows = Object.entries(await inProject(files, sectionsOf)).filter(
        ([name]) => !name.endsWith('[*]'),
      );
      return rows.map(([name, each]) => [name.replace('.0]', ']'), each]);
    };
    const wanted = await sections(projectOf('BIGINT', plain));
    assert.ok(JSON.stringify(wanted).length > 10_000);
    assert.deepEqual(await sections(projectOf('DOUBLE', plain)), wanted);
    assert.deepEqual(
      await sections(
        projectOf(
          'BIGINT',
          numbered((code) => `${code}.0`),
        ),
      ),
      wanted,
    );
  });

  it('computes nothing anew of a symbol whose membership is as it was, and knows what changed', async () => {
    await inProject(withStays(STAYS), async (project) => {
      await rowsOf(project, WHOLE);
      const later = STAYS.map(([ticker, from, to]): Stay => [ticker, from, ticker === 'LATE' ? 130 : to]);
      project.write({ 'members.csv': staysCsv(later) });
      const report = await run(project, WHOLE);
      // Those of LATE have another column for ten days, and what looks back at them is computed anew.
      const { computedRanges } = nodeOf(report, 'place[*]');
      assert.deepEqual(computedRanges, [[day(130), day(150)]]);
      assert.equal(nodeOf(report, 'prices[AAA]').state, 'hit');
      assert.deepEqual(nodeOf(report, 'mom[AAA]').computedRanges, []);
      assert.deepEqual(
        await rowsOf(project, WHOLE),
        await inProject(withStays(later), (cold) => rowsOf(cold, WHOLE)),
      );
    });
  });

  describe('in small chunks', () => {
    chunksOf(32);
    useChild();
    it('comes to the same whoever joins or leaves, range by range', async () => {
      const tickers = [...new Set(quotes.map(({ ticker }) => ticker))];
      const bound = fc.option(fc.integer({ min: 0, max: 160 }), { nil: null });
      const stay = fc
        .tuple(fc.constantFrom(...tickers), bound, bound)
        .map(([ticker, a, b]): Stay => (a !== null && b !== null && a > b ? [ticker, b, a] : [ticker, a, b]));
      const stays = fc.array(stay, { minLength: 1, maxLength: 8 });
      const range = fc.tuple(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 81, max: 160 }));
      const edit = fc.record({ stays, range, hidden: fc.subarray(tickers, { maxLength: 3 }) });
      await fc.assert(
        fc.asyncProperty(fc.array(edit, { minLength: 2, maxLength: 2 }), async (edits) => {
          const filesOf = (each: (typeof edits)[number]): Files =>
            withStays(
              each.stays,
              quotes.filter(({ ticker }) => !each.hidden.includes(ticker)),
            );
          const last = edits.at(-1) as (typeof edits)[number];
          const warm = await inProject(filesOf(edits[0] as typeof last), async (project) => {
            for (const each of edits) {
              project.write(filesOf(each));
              await run(project, { start: day(each.range[0]), end: day(each.range[1]) });
            }
            return rowsOf(project, WHOLE);
          });
          assert.deepEqual(warm, await inProject(filesOf(last), (project) => rowsOf(project, WHOLE)));
        }),
        cases(8, 2),
      );
    });
  });

  const refused = (what: string, files: Files, message: RegExp): void => {
    it(what, async () => {
      await inProject({ ...withStays(STAYS), ...files }, async (project) => {
        const told = await run(project, WHOLE).then(
          ({ nodes }) => nodes.map(({ reason }) => reason),
          (error: unknown) => [String(error)],
        );
        assert.ok(
          told.some((each) => message.test(each)),
          told.join('\n'),
        );
      });
    });
  };
  refused(
    'says what is no time',
    { 'members.csv': 'ticker,from,to\nAAA,2020-01-01,soon\n' },
    /members\.csv, which says who is a member, has "soon" in its column to for AAA, which is no time/,
  );
  refused(
    'says that a symbol is written in other letters than among the bars',
    { 'members.csv': 'ticker,from,to\naaa,2020-01-01,\n' },
    /members\.csv, which says who is a member, has "aaa" for what is "AAA" among the bars: write both/,
  );
  refused(
    'says that a stay ends before it begins',
    { 'members.csv': 'ticker,from,to\nAAA,2020-02-01,2020-01-01\n' },
    /has a stay of AAA that ends before it begins/,
  );
  refused(
    'says that a symbol is a member and is not',
    { 'members.csv': 'date,ticker,member\n2020-02-01,AAA,1\n2020-02-01,AAA,0\n' },
    /says of AAA at one time both that it is a member and that it is none/,
  );
  refused('says that a column is not there', { 'main.ts': strategy(", members: 'in_index'") }, /in_index/);
  refused(
    'says what a column of members cannot hold',
    {
      'prices.csv': pricesCsv(quotes, STAYS).replaceAll(/,1$/gm, ',inside').replaceAll(/,0$/gm, ',outside'),
      'main.ts': strategy(", members: 'member'"),
    },
    /says who is a member, and has "(?:in|out)side": write true and false/,
  );
});
