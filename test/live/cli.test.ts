// Slow (8 s): whole runs of the Core Loop.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { minute, type Project } from '../support/project.js';
import { OHLC_HEADER, ohlcLines, project } from './support.js';
import type { TradingReport } from '../../src/protocol/live-results.js';

const CLI = resolve(import.meta.dirname, '../../dist/cli.js');

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('the Core Loop in a terminal', () => {
  let at: Project;
  before(() => {
    at = project({
      'bars.csv': OHLC_HEADER + ohlcLines(0, 500),
      'worlds/paper.yaml': `mode: paper\nfeed: { kind: replay, start: ${minute(100)} }\n`,
      'worlds/back.yaml': `mode: backtest\nstart: ${minute(100)}\nend: ${minute(500)}\n`,
    });
  });
  after(() => at.remove());

  function seamless(...args: string[]): Promise<Ran> {
    return new Promise((done) => {
      execFile(process.execPath, [CLI, ...args], { cwd: at.root }, (error, out, err) => {
        done({ code: error ? Number(error.code) : 0, out, err });
      });
    });
  }

  it('runs, lists, shows, compares, proves and removes', async () => {
    const back = await seamless('run', 'main.ts#Momentum', '--world', 'back');
    assert.equal(back.code, 0, back.err);
    assert.match(back.out, /Momentum in back \(backtest\): completed/);
    assert.match(back.out, /Sharpe/);
    const paper = await seamless('run', 'Momentum', '--world', 'paper', '--json');
    assert.equal(paper.code, 0, paper.err);
    const events = paper.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; run?: string });
    assert.equal(events.at(-1)?.type, 'finished');
    const run = events[0]?.run ?? '';

    const list = await seamless('runs', '--json');
    const runs = JSON.parse(list.out) as { run: string; state: string; mode: string }[];
    assert.deepEqual(
      runs.map(({ mode, state }) => [mode, state]),
      [
        ['paper', 'finished'],
        ['backtest', 'finished'],
      ],
    );
    const show = await seamless('runs', 'show', run);
    assert.match(show.out, /ready: Momentum in paper \(paper\)/);
    assert.match(show.out, /fill of 1: /);
    const compare = await seamless('runs', 'compare', run, runs[1]?.run ?? '');
    const [, ...fills] = /fills +(\d+) +(\d+)/.exec(compare.out) ?? [];
    assert.equal(fills[0], fills[1]);
    const parity = await seamless('parity', run);
    assert.equal(parity.code, 0, parity.out + parity.err);
    assert.match(parity.out, /are the same live and materialized, bit for bit/);
    await reports(run, runs[1]?.run ?? '');
    assert.equal((await seamless('runs', 'remove', run)).code, 0);
    const gone = await seamless('parity', run);
    assert.equal(gone.code, 2);
    assert.match(gone.err, /There is no run paper-\d+/);
  });

  /** What is shown of the two runs, as text, JSON and HTML. */
  async function reports(paper: string, back: string): Promise<void> {
    const text = await seamless('report', paper);
    assert.match(text.out, /Momentum in paper \(PAPER\): finished/);
    assert.match(text.out, /year +Jan +Feb/);
    const whole = JSON.parse((await seamless('report', paper, '--json')).out) as TradingReport;
    const same = JSON.parse((await seamless('report', back, '--json')).out) as TradingReport;
    assert.deepEqual(same.outcome?.trades, whole.outcome?.trades);
    assert.ok((whole.outcome?.trades.length ?? 0) > 2);
    // Killed before its end: its numbers are counted anew from its bars and fills, and are the same.
    const journal = join(at.root, '.seamless/runs', paper, 'journal.jsonl');
    const lines = readFileSync(journal, 'utf8');
    writeFileSync(journal, lines.replace(/^.*"type":"finished".*\n/m, ''));
    const cut = JSON.parse((await seamless('report', paper, '--json')).out) as TradingReport;
    assert.deepEqual({ ...cut, state: 'finished' }, whole);
    assert.equal(cut.state, 'cut off');
    writeFileSync(journal, lines);
    for (const run of [paper, back]) {
      const { code, out, err } = await seamless('report', run, '--html', '--out', 'a report.html');
      assert.equal(code, 0, err);
      assert.equal(out, 'Report written to a report.html\n');
      const page = readFileSync(join(at.root, 'a report.html'), 'utf8');
      assert.match(page, /class="body rise"/, 'prices of the run, from its feed or from the cache');
      assert.match(page, /class="mark bought"/);
    }
    const unknown = await seamless('report', `${paper}0`);
    assert.equal(unknown.code, 2);
    assert.ok(unknown.err.includes(`There is no run ${paper}0. Did you mean ${paper}`), unknown.err);
    assert.match((await seamless('report', paper, '--html', '--json')).err, /Either --html or --json/);
    assert.match(
      (await seamless('report', paper, '--html', '--out', 'no/such/folder.html')).err,
      /cannot be written/,
    );
  }

  it('says which node failed on the way, with exit code 1', async () => {
    at.write({
      'fails.ts': `import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';
export class Fails extends Strategy {
  setup(): void {
    const price = new StreamInput({ tags: ['BTC'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const odd = new Node({ name: 'odd', input: price, period: 1, computeFn: (view) => {
      if (view.latest(price).close > 110) throw new Error('too high');
      return 1;
    } });
    this.addNodes([odd]);
    this.trade(odd, price);
  }
}
`,
    });
    const { code, out, err } = await seamless('run', 'fails.ts#Fails', '--world', 'paper');
    assert.equal(code, 1, err);
    assert.match(out, /error in odd: .*too high/);
    assert.match(err, /^odd failed on the way, and had no rows from there on\.$/m);
  });

  it('refuses an unknown world with exit code 2', async () => {
    const { code, err } = await seamless('run', 'Momentum', '--world', 'papre');
    assert.equal(code, 2);
    assert.match(err, /There is no world papre\. Did you mean paper\?/);
  });
});
