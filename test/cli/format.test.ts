import assert from 'node:assert/strict';

import {
  formatBytes,
  formatDuration,
  formatNames,
  formatSpans,
  plural,
  summaryLine,
} from '../../src/present/format.js';
import { showReport } from '../../src/cli/commands/materialize.js';
import { ProgressView } from '../../src/cli/progress.js';
import { formatTable, painter, right } from '../../src/cli/table.js';
import type { NodeReport, RunProgress } from '../../src/engine/run/reporting/report.js';
import { nodeReport, runReport } from './reports.js';

const plain = (_color: string, text: string): string => text;

describe('command line: words', () => {
  it('durations', () => {
    const cases: [number, string][] = [
      [0, '0 ms'],
      [999.4, '999 ms'],
      [999.6, '1.0 s'],
      [1402, '1.4 s'],
      [59_940, '59.9 s'],
      [59_960, '1 min'],
      [125_000, '2 min 5 s'],
      [3_720_000, '1 h 2 min'],
    ];
    for (const [ms, words] of cases) assert.strictEqual(formatDuration(ms), words);
  });

  it('sizes', () => {
    const cases: [number, string][] = [
      [0, '0 B'],
      [999, '999 B'],
      [1000, '1.0 kB'],
      [12_345, '12 kB'],
      [999_600, '1.0 MB'],
      [4.2e15, '4200 TB'],
    ];
    for (const [bytes, words] of cases) assert.strictEqual(formatBytes(bytes), words);
  });

  it('counts, ranges and names, the first of many', () => {
    assert.deepStrictEqual([plural(1, 'node'), plural(1200, 'row')], ['1 node', '1,200 rows']);
    const day = 86_400;
    assert.strictEqual(formatSpans([]), '');
    assert.strictEqual(formatSpans([[0, day]]), '1970-01-01 → 1970-01-02');
    assert.strictEqual(
      formatSpans([
        [0, 60],
        [day, 2 * day],
        [3 * day, 4 * day],
      ]),
      '1970-01-01 → 1970-01-01T00:01:00Z, 1970-01-02 → 1970-01-03 (+1 more)',
    );
    assert.strictEqual(formatNames(['a', 'b', 'c'], 2), 'a, b (+1 more)');
  });

  it('what a run did', () => {
    const report = runReport([], { nodeCount: 12, hits: 7, reused: 2, computed: 3, elapsedMs: 1402 });
    assert.strictEqual(summaryLine(report), '12 nodes · 9 from cache · 3 computed · 1.4 s');
  });

  it('what a run left incomplete, by name', () => {
    const nodes = [
      nodeReport('a', { state: 'partial' }),
      nodeReport('b', { state: 'failed' }),
      nodeReport('c', { state: 'blocked' }),
      nodeReport('d', { state: 'blocked' }),
    ];
    assert.strictEqual(
      summaryLine(runReport(nodes)),
      '4 nodes · 0 from cache · 0 computed · partial: a · failed: b · blocked: c, d · 5 ms',
    );
  });

  it('tables: columns in line, whatever is coloured, nothing trailing', () => {
    const paint = painter({ isTTY: true, columns: 80, write: () => undefined }, {});
    const columns = ['name', right('rows'), 'why'];
    const rows = [
      [paint('green', 'a'), '1', ''],
      ['long name', '1,000', 'x'],
    ];
    assert.strictEqual(
      // eslint needs no escape here: the code is what is removed.
      formatTable(columns, rows, plain).replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), ''),
      'name        rows  why\na              1\nlong name  1,000  x\n',
    );
  });

  it('colours only a terminal whose user did not switch colours off', () => {
    const output = (isTTY: boolean) => ({ isTTY, columns: 80, write: () => undefined });
    assert.notStrictEqual(painter(output(true), {})('red', 'x'), 'x');
    assert.notStrictEqual(painter(output(true), { NO_COLOR: '' })('red', 'x'), 'x');
    assert.strictEqual(painter(output(false), {})('red', 'x'), 'x');
    assert.strictEqual(painter(output(true), { NO_COLOR: '1' })('red', 'x'), 'x');
    assert.strictEqual(painter(output(true), { TERM: 'dumb' })('red', 'x'), 'x');
  });
});

describe('command line: progress', () => {
  const at = (done: number): RunProgress => ({ phase: 'computing', node: 'fast', done, total: 1000 });
  const start = (isTTY: boolean, columns = 80) => {
    const written: string[] = [];
    const clock = { now: 0 };
    const output = { isTTY, columns, write: (text: string) => void written.push(text) };
    const view = new ProgressView(output, plain, () => clock.now);
    const after = (ms: number, progress: RunProgress): void => {
      clock.now += ms;
      view.update(progress);
    };
    return { written, view, after };
  };

  it('is a bar that is drawn over, at most ten times a second', () => {
    const { written, view, after } = start(true);
    after(0, at(0));
    after(50, at(10));
    after(50, at(500));
    view.end();
    assert.deepStrictEqual(written, [
      `\r\u001b[2K${'░'.repeat(24)} 0 % · computing fast · 0 of 1,000 bars`,
      `\r\u001b[2K${'█'.repeat(12)}${'░'.repeat(12)} 50 % · computing fast · 500 of 1,000 bars`,
      '\r\u001b[2K',
    ]);
  });

  it('says how long it will take, once that can be told', () => {
    const { written, after } = start(true);
    after(0, at(0));
    after(900, at(100));
    after(1100, at(200));
    assert.ok(!written[1]?.includes('left'));
    assert.match(written[2] ?? '', / · 8 s left · 200 of 1,000 bars$/);
  });

  it('never wraps', () => {
    const { written, after } = start(true, 44);
    after(0, { phase: 'waiting', node: 'Process 7 uses the cache: waiting', done: 0, total: 0 });
    assert.strictEqual(written[0], `\r\u001b[2K${'░'.repeat(24)} Process 7 uses th…`);
  });

  it('keeps printed lines above the bar', () => {
    const { written, view, after } = start(true);
    after(0, at(0));
    const [bar = ''] = written;
    view.log({ text: 'hello' });
    assert.deepStrictEqual(written.slice(1), ['\r\u001b[2K', 'hello\n', bar]);
  });

  it('is a line every two seconds outside a terminal, and none for a short run', () => {
    const { written, view, after } = start(false);
    for (let done = 0; done <= 1000; done += 100) after(450, at(done));
    view.log({ text: 'hello' });
    view.end();
    assert.deepStrictEqual(written, [
      '40 % · computing fast · 3 s left · 400 of 1,000 bars\n',
      '90 % · computing fast · 1 s left · 900 of 1,000 bars\n',
      'hello\n',
    ]);
  });
});

describe('command line: a family of many symbols', () => {
  const member = (symbol: string, parts: Partial<NodeReport>): NodeReport =>
    nodeReport(`mom[${symbol}]`, { family: 'mom', symbol, ...parts });
  const unfired = (slots: number): Partial<NodeReport> => ({
    unfired: { slots, of: 100, missing: [], text: `${slots} of 100 slots did not fire.` },
  });
  const failed = (message: string): Partial<NodeReport> => ({
    state: 'failed',
    failure: { code: 'compute', message, asOf: null, location: null },
  });

  it('is one line in the table and one for each thing to be said, that of the worst symbol', () => {
    const report = runReport([
      nodeReport('price', unfired(1)),
      member('A', unfired(2)),
      member('B', unfired(7)),
      member('C', failed('Node mom[C] threw.')),
      member('D', failed('Node mom[D] threw.')),
    ]);
    const written = { out: '', err: '' };
    const to = (key: 'out' | 'err') => ({ write: (text: string) => (written[key] += text) });
    const terminal = { out: to('out'), err: to('err'), env: {} };
    showReport(terminal as unknown as Parameters<typeof showReport>[0], report, false);
    assert.match(written.out, /^mom × 4 .* failed /m);
    const said = written.out.split('\n').filter((line) => line.includes('did not fire'));
    assert.deepEqual(said, [
      'price: 1 of 100 slots did not fire.',
      'mom[B]: 7 of 100 slots did not fire. And 1 more of mom: see --json.',
    ]);
    assert.equal(written.err, 'error: Node mom[C] threw. And 1 more of mom: see --json.\n');
  });
});
