// Slow (10 s): runs in a child process.
import assert from 'node:assert/strict';
import { nodeOf } from '../support/project.js';
import { day, market, projectOf, strategyOf, type Quote } from './market.js';
import { foundStrategy, inProject, rowsOf, run, useChild, WHOLE } from './projects.js';

const TABLE = strategyOf("csvHistory('prices.csv')");

/** Runs the strategy of the market with one place of it written otherwise. */
async function edited(from: string, to: string): ReturnType<typeof run> {
  assert.ok(TABLE.includes(from), from);
  const files = { ...projectOf(market()), 'main.ts': TABLE.replace(from, () => to) };
  return inProject(files, (project) => run(project, WHOLE));
}

const GAP = 'close[end - 1]! - average[means.end[i]! - 1]!';

describe('a family or a cross-section that knows tomorrow', () => {
  useChild();
  it('fails where a column form reads the next bar of its symbol, for each symbol, and blocks the sections over it', async () => {
    const report = await edited(GAP, 'close[Math.min(end, close.length - 1)]! - average[means.end[i]! - 1]!');
    for (const symbol of ['AAA', 'BBB', 'GONE', 'LATE', '0007']) {
      const { state, reason } = nodeOf(report, `gap[${symbol}]`);
      assert.equal(state, 'failed', symbol);
      assert.match(reason, /gap(?:\[\w+\])? .*ahead|looks ahead/i);
    }
    assert.equal(nodeOf(report, 'mom[AAA]').state, 'computed');
    assert.equal(nodeOf(report, 'score[*]').state, 'blocked');
  });

  it('fails where a section is told by a family of who has a bar tomorrow', async () => {
    // 1 for a symbol that has another bar behind this one: who is delisted tomorrow is known today.
    const report = await edited(GAP, 'at.end[i + 1] === undefined ? 0 : 1');
    assert.equal(nodeOf(report, 'gap[GONE]').state, 'failed');
    assert.equal(nodeOf(report, 'score[*]').state, 'blocked');
  });

  it('fails where a section keeps what it saw for another', async () => {
    for (const [from, to] of [
      [
        'computeFn: (section) => rank(section.column(mom))',
        'computeFn: (section) => { SEEN.push(section.column(mom)); return rank(SEEN[0]!.length === section.length ? SEEN[0]! : section.column(mom)); }',
      ],
      [
        'computeFn: (section) => rank(section.column(mom))',
        'computeFn: (section) => { LAST.section ??= section; return rank(section.column(mom)); }',
      ],
    ] as const) {
      const files = {
        ...projectOf(market()),
        'main.ts': TABLE.replace(from, () => to).replace(
          'export class',
          'const SEEN: Float64Array[] = [];\nconst LAST: Record<string, unknown> = {};\nexport class',
        ),
      };
      const report = await inProject(files, (project) => run(project, WHOLE));
      assert.equal(nodeOf(report, 'place[*]').state, 'failed', to);
      assert.match(
        nodeOf(report, 'place[*]').reason,
        /keeps state|changes what it captured|cannot be changed/,
      );
    }
  });

  it('fails where a section asks for a bar of another day', async () => {
    const report = await edited(
      'zscore(section.column(mom))',
      'zscore((section as unknown as { at(day: number): typeof section }).at(1).column(mom))',
    );
    assert.equal(nodeOf(report, 'score[*]').state, 'failed');
  });

  it('is the same whatever comes after: bars, symbols that join, and who leaves', async () => {
    const until = 85;
    const range = { start: WHOLE.start, end: day(until) };
    const sections = (quotes: readonly Quote[]): Promise<Record<string, readonly string[]>> => {
      const main = foundStrategy("csvHistory('prices.csv')", "symbol: 'ticker'");
      return inProject({ ...projectOf(quotes), 'main.ts': main }, (project) => rowsOf(project, range));
    };
    const all = market();
    const known = await sections(all.filter((quote) => quote.day < until));
    const later = await sections(all);
    const names = Object.keys(known).filter((name) => /^(?:mom|gap|place|score|hold)\[\w/.test(name));
    assert.ok(names.length >= 20, names.join());
    for (const name of names) assert.deepEqual(later[name], known[name], name);
  });
});
