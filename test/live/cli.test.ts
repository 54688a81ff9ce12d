// Slow (8 s): whole runs of the Core Loop.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';

import { minute, type Project } from '../support/project.js';
import { OHLC_HEADER, ohlcLines, project } from './support.js';

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
    assert.equal((await seamless('runs', 'remove', run)).code, 0);
    const gone = await seamless('parity', run);
    assert.equal(gone.code, 2);
    assert.match(gone.err, /There is no run paper-\d+/);
  });

  it('refuses an unknown world with exit code 2', async () => {
    const { code, err } = await seamless('run', 'Momentum', '--world', 'papre');
    assert.equal(code, 2);
    assert.match(err, /There is no world papre\. Did you mean paper\?/);
  });
});
