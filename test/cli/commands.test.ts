import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { RunReport } from '../../src/engine/run/reporting/report.js';
import type { StatusReport } from '../../src/protocol/results.js';
import { SeamlessError, type ErrorCode } from '../../src/sdk/errors.js';
import { nodeReport, runReport } from './reports.js';
import { run, type Asked, type Ran, type World } from './support.js';

const range = ['--start', '1970-01-01', '--end', '1970-01-02'];
const strategy = (name: string): string =>
  `import { Strategy } from 'seamless-dag';\nexport class ${name} extends Strategy { setup() {} }\n`;

describe('command line', () => {
  let cwd = '';
  before(async () => {
    cwd = await realpath(await mkdtemp(join(tmpdir(), 'seamless-cli-')));
    await mkdir(join(cwd, 'src'));
    await writeFile(join(cwd, 'package.json'), '{}');
    await writeFile(join(cwd, 'src', 'momentum.ts'), strategy('Momentum'));
    await writeFile(join(cwd, 'src', 'twins.ts'), strategy('Twin') + strategy('Other').slice(40));
    await writeFile(join(cwd, 'src', 'twin.ts'), strategy('Twin'));
    await writeFile(join(cwd, 'src', 'broken.ts'), 'class A extends {{{');
  });
  after(() => rm(cwd, { recursive: true }));
  const at = (args: readonly string[], world: World = {}): Promise<Ran> => run(args, { cwd, ...world });

  describe('help and usage', () => {
    for (const command of ['strategies', 'materialize', 'status', 'export', 'cache']) {
      it(`${command} --help shows an example and the exit codes, on stdout`, async () => {
        const { exitCode, out, err } = await at([command, '--help']);
        assert.deepStrictEqual([exitCode, err], [0, '']);
        assert.match(out, new RegExp(`Example:\\n  seamless ${command} `));
        assert.match(out, /130 {2}cancelled/);
        assert.match(out, /--json/);
      });
    }

    it('--version and --help are no errors', async () => {
      assert.match((await at(['--version'])).out, /^\d+\.\d+\.\d+\n$/);
      assert.strictEqual((await at(['--help'])).exitCode, 0);
    });

    const wrong: [args: string[], sentence: RegExp][] = [
      [[], /Usage: seamless/],
      [['matrialize'], /unknown command 'matrialize'\n\(Did you mean materialize\?\)/],
      [['status'], /missing required argument 'strategy'/],
      [['materialize', 'Momentum'], /required option '--start <time>' not specified/],
      [['materialize', 'Momentum', ...range, '--jsn'], /unknown option '--jsn'\n\(Did you mean --json\?\)/],
      [['materialize', 'Momentum', ...range, 'more'], /too many arguments/],
      [['materialize', 'Momentum', '--start', 'soon', '--end', '5'], /The start "soon" is not a time/],
      [['materialize', 'Momentum', '--start', '2023-02-30', '--end', '5'], /is not a time/],
      [
        ['materialize', 'Momentum', '--start', '0', '--end', '1677628800000'],
        /The end 1677628800000 can only be milliseconds/,
      ],
      [['materialize', 'Momentum', '--start', '9', '--end', '5'], /ends before it starts/],
      [['status', 'Momentum', '--start', '5', '--end', '5'], /is empty/],
      [['export', 'Momentum', '--out', 'history.xls'], /history\.xls does not say its format/],
      [['export', 'Momentum', '--out', 'a', '--format', 'xls'], /Allowed choices are parquet, csv/],
      [['cache', 'burn'], /Allowed choices are show, clear, clean/],
      [['strategies', 'absent'], /There is no folder .*absent/],
      [
        ['materialize', 'Momentun', ...range],
        /No strategy Momentun was found in .*Did you mean src\/momentum\.ts#Momentum\?/,
      ],
      [['materialize', 'Unlike', ...range], /There is src\/momentum\.ts#Momentum, src\/twin\.ts#Twin/],
      [
        ['materialize', 'Twin', ...range],
        /There are 2 strategies Twin: src\/twin\.ts#Twin, src\/twins\.ts#Twin\. Say which one\./,
      ],
      [
        ['export', 'src/twins.ts', '--out', 'a.csv'],
        /src\/twins\.ts has 2 strategies: Twin, Other\. Say which one: src\/twins\.ts#Twin\./,
      ],
      [['export', 'src/broken.ts', '--out', 'a.csv'], /has no strategy that can be found/],
    ];
    for (const [args, sentence] of wrong) {
      it(`seamless ${args.join(' ')}: exit code 2, a sentence on stderr, nothing on stdout`, async () => {
        const { exitCode, out, err, asked } = await at(args);
        assert.match(err, sentence);
        assert.deepStrictEqual([exitCode, out, asked.length], [2, '', 0]);
      });
    }

    const codes: [code: ErrorCode, exitCode: number][] = [
      ['usage', 2],
      ['not-found', 2],
      ['range', 2],
      ['syntax', 1],
      ['cycle', 1],
      ['cache', 1],
      ['internal', 1],
      ['source', 3],
      ['source-row', 3],
      ['outside-data', 3],
      ['cancelled', 130],
    ];
    for (const [code, expected] of codes) {
      it(`an error of code ${code} ends with ${expected}`, async () => {
        const answer = (): never => {
          throw new SeamlessError(code, 'What happened.');
        };
        const { exitCode, out, err, disposed } = await at(['status', 'Momentum'], { answer });
        const words = code === 'cancelled' ? 'What happened.\n' : 'error: What happened.\n';
        assert.deepStrictEqual([exitCode, out, err, disposed], [expected, '', words, true]);
      });
    }
  });

  describe('strategies', () => {
    it('lists them as they are to be typed', async () => {
      const { exitCode, out, err } = await at(['strategies']);
      assert.match(
        out,
        /^strategy {2}run it as {17}where\nMomentum {2}src\/momentum\.ts#Momentum {2}line 2\n/,
      );
      assert.match(err, /^src\/broken\.ts was skipped: it does not parse\.\n$/);
      assert.strictEqual(exitCode, 0);
    });

    it('prints JSON alone on stdout', async () => {
      const { out } = await at(['strategies', 'src', '--json']);
      const list = JSON.parse(out) as { strategy: string; file: string; line: number }[];
      assert.deepStrictEqual(
        list.map(({ strategy: name }) => name),
        ['Momentum', 'Twin', 'Twin', 'Other'],
      );
      assert.strictEqual(list[0]?.file, join(cwd, 'src', 'momentum.ts'));
    });

    it('says so where there is none', async () => {
      await mkdir(join(cwd, 'none'), { recursive: true });
      const { exitCode, out, err } = await at(['strategies', 'none']);
      assert.deepStrictEqual([exitCode, out], [0, '']);
      assert.match(err, /^No strategies in .*none: a strategy is a class that extends Strategy/);
      assert.strictEqual((await at(['strategies', 'none', '--json'])).out, '[]\n');
    });
  });

  describe('materialize', () => {
    const report = runReport([
      nodeReport('price', { kind: 'stream', label: 'csv', notYet: [[80_000, 86_400]] }),
      nodeReport('fast', { state: 'computed', computedRanges: [[0, 3600]], unavailable: [[0, 600]] }),
      nodeReport('slow', { state: 'computed', computedRanges: [[0, 3600]], unavailable: [[0, 600]] }),
    ]);
    const answering =
      (value: RunReport): World['answer'] =>
      () =>
        value;

    for (const spec of ['src/momentum.ts#Momentum', 'src/momentum.ts', 'Momentum']) {
      it(`asks for ${spec} over the range`, async () => {
        const { asked, disposed } = await at(['materialize', spec, ...range], { answer: answering(report) });
        const className = spec === 'src/momentum.ts' ? null : 'Momentum';
        const file = join(cwd, 'src', 'momentum.ts');
        const { bundle } = asked[0]?.payload as { bundle: { code: string; begunAt: number } };
        const { code, begunAt } = bundle;
        assert.match(code, /class extends Strategy/);
        assert.ok(begunAt > 0 && begunAt <= Date.now());
        assert.deepStrictEqual(asked, [
          {
            kind: 'materialize',
            payload: {
              strategy: { file, className, projectRoot: cwd },
              start: 0,
              end: 86_400,
              cacheDir: join(cwd, '.seamless'),
              sidecar: true,
              // Made while the child starts.
              bundle: { code, inputs: [file], begunAt },
            },
          },
        ]);
        assert.ok(disposed);
      });
    }

    it('says in one line why nodes are computed in each run', async () => {
      const uncached = 'Computed each time, because it captures `it`, a Proxy.';
      const each = runReport([
        nodeReport('fast', { state: 'computed', uncached, reason: uncached }),
        nodeReport('slow', { state: 'computed', uncached, reason: uncached }),
        nodeReport('plain'),
      ]);
      const { out } = await at(['materialize', 'Momentum', ...range], { answer: answering(each) });
      assert.match(out, /\nfast, slow: Computed each time, because it captures `it`, a Proxy\.\n3 nodes/);
    });

    it('completes only what is missing if asked to, and names what it left', async () => {
      const left = runReport([nodeReport('fast', { state: 'stale', coverage: [] }), nodeReport('slow')]);
      const { exitCode, out, asked } = await at(['materialize', 'Momentum', ...range, '--only-missing'], {
        answer: answering(left),
      });
      assert.strictEqual((asked[0]?.payload as { only: string }).only, 'missing');
      assert.match(out, /\nfast +sma +1m +stale +1,440/);
      assert.match(out, /2 nodes · 1 from cache · 0 computed · left stale: fast · 5 ms\n$/);
      assert.strictEqual(exitCode, 0);
    });

    it('reads the sources again first if asked to', async () => {
      const { asked } = await at(['materialize', 'Momentum', ...range, '--refresh'], {
        answer: ({ kind }) => (kind === 'refresh' ? { strategy: 'Momentum', streams: [] } : report),
      });
      assert.deepStrictEqual(
        asked.map(({ kind }) => kind),
        ['refresh', 'materialize'],
      );
    });

    it('takes the cache from the working folder', async () => {
      const { asked } = await at(['materialize', 'Momentum', ...range, '--cache', 'other'], {
        answer: answering(report),
      });
      assert.strictEqual((asked[0]?.payload as { cacheDir: string }).cacheDir, join(cwd, 'other'));
    });

    it('prints the report and what it did', async () => {
      const { exitCode, out, err } = await at(['materialize', 'Momentum', ...range], {
        answer: answering(report),
      });
      assert.deepStrictEqual([exitCode, err], [0, '']);
      assert.strictEqual(
        out,
        `Momentum 1970-01-01 → 1970-01-02

node   kind  interval  state      rows  computed
price  csv   1m        hit       1,440
fast   sma   1m        computed  1,440  1970-01-01 → 1970-01-01T01:00:00Z
slow   sma   1m        computed  1,440  1970-01-01 → 1970-01-01T01:00:00Z

complete in every node: 1970-01-01 → 1970-01-02
unavailable, before the data begins: 1970-01-01 → 1970-01-01T00:10:00Z (fast, slow)
unavailable, after the last bar: 1970-01-01T22:13:20Z → 1970-01-02 (price)
3 nodes · 1 from cache · 2 computed · 5 ms
`,
      );
    });

    it('prints JSON alone on stdout, what it did on stderr', async () => {
      const { out, err } = await at(['materialize', 'Momentum', ...range, '--json'], {
        answer: answering(report),
      });
      assert.deepStrictEqual(JSON.parse(out), report);
      assert.strictEqual(err, '3 nodes · 1 from cache · 2 computed · 5 ms\n');
    });

    const failed = (code: ErrorCode) =>
      nodeReport('bad', {
        state: 'failed',
        failure: { code, message: `Node bad failed: ${code}.`, asOf: 60, location: null },
      });
    const endings: [what: string, report: RunReport, exitCode: number][] = [
      ['a node failed', runReport([failed('compute')]), 1],
      ['a node is blocked', runReport([nodeReport('b', { state: 'blocked' })]), 1],
      [
        'a source is missing, and blocks the rest',
        runReport([failed('source'), nodeReport('b', { state: 'blocked' })]),
        3,
      ],
      ['one of several sources is refused', runReport([failed('source'), nodeReport('other', {})]), 1],
      ['a source is refused and a node failed', runReport([failed('source-row'), failed('compute')]), 1],
      ['part of the range is not there', runReport([nodeReport('p', { state: 'partial' })]), 0],
    ];
    for (const [what, value, expected] of endings) {
      it(`ends with ${expected} when ${what}`, async () => {
        const { exitCode, err } = await at(['materialize', 'Momentum', ...range], {
          answer: answering(value),
        });
        assert.strictEqual(exitCode, expected);
        const failures = value.nodes.flatMap(({ failure }) =>
          failure ? [`error: ${failure.message}\n`] : [],
        );
        assert.strictEqual(err, failures.join(''));
      });
    }

    it('shows progress and printed lines on stderr, and clears the bar', async () => {
      const answer = ({ options, log }: Asked): RunReport => {
        options.onProgress?.({ phase: 'reading', node: 'price', done: 1, total: 2 });
        log({ level: 'info', text: 'from the author' });
        return report;
      };
      const { out, err } = await at(['materialize', 'Momentum', ...range], {
        answer,
        isTTY: true,
        env: { NO_COLOR: '1' },
      });
      assert.ok(err.includes('50 % · reading price · 1 of 2 bars'));
      assert.ok(err.includes('from the author\n'));
      assert.ok(err.endsWith('\r\u001b[2K'));
      assert.ok(out.startsWith('Momentum '));
    });
  });

  describe('Ctrl-C', () => {
    it('cancels in good order', async () => {
      const answer = ({ options, interrupt }: Asked): never => {
        interrupt();
        assert.ok(options.signal?.aborted);
        throw new SeamlessError('cancelled', 'Cancelled.');
      };
      const { exitCode, out, err, disposed } = await at(['materialize', 'Momentum', ...range], { answer });
      assert.deepStrictEqual([exitCode, out, disposed], [130, '', true]);
      assert.strictEqual(err, 'Cancelling… (Ctrl-C again to stop at once)\nCancelled.\n');
    });

    it('the second time ends the child at once', async () => {
      const answer = async ({ interrupt, killed }: Asked): Promise<never> => {
        interrupt();
        interrupt();
        await assert.rejects(killed, /killed/);
        throw new SeamlessError('cancelled', 'Cancelled.');
      };
      const { exitCode } = await at(['materialize', 'Momentum', ...range], { answer });
      assert.strictEqual(exitCode, 130);
    });
  });

  describe('status', () => {
    const status: StatusReport = {
      strategy: 'Momentum',
      range: null,
      data: null,
      dataFiles: [],
      untold: [],
      nodes: [
        {
          name: 'price',
          fingerprint: 'f-price',
          kind: 'stream',
          label: 'csv',
          interval: 60,
          state: 'fresh',
          change: null,
          inputs: [],
          location: null,
          unavailable: [],
          notYet: [],
          unfired: null,
          failure: null,
          coverage: [[0, 86_400]],
          rows: 1440,
          reason: 'All there.',
          changes: [],
          reused: [],
          earlier: [],
        },
        {
          name: 'fast',
          fingerprint: 'f-fast',
          kind: 'node',
          label: 'sma',
          interval: 60,
          state: 'stale',
          change: 'own',
          inputs: [{ name: 'price', period: 5 }],
          location: { file: '/p/src/momentum.ts', line: 8 },
          unavailable: [],
          notYet: [],
          unfired: null,
          failure: null,
          coverage: [],
          rows: 0,
          reason: 'Its code changed.',
          changes: [],
          reused: [],
          earlier: [],
        },
      ],
      lastRanges: [[0, 86_400]],
      files: ['/project/momentum.ts'],
    };

    it('says what is fresh, what is stale and why', async () => {
      const { exitCode, out, asked } = await at(['status', 'Momentum', '--start', '0'], {
        answer: () => status,
      });
      assert.strictEqual(exitCode, 0);
      assert.deepStrictEqual((asked[0]?.payload as { start: number }).start, 0);
      assert.match(out, /\nfast {3}sma {3}1m {8}stale {6}0 {27}Its code changed\.\n\n2 nodes · 1 fresh\n/);
      assert.match(out, /last asked for: 1970-01-01 → 1970-01-02\n$/);
      assert.deepStrictEqual(
        JSON.parse((await at(['status', 'Momentum', '--json'], { answer: () => status })).out),
        status,
      );
    });
  });

  it('inspect shows command lines that follow the advice of a refusal', async () => {
    const answer = (): never => {
      throw new SeamlessError(
        'source',
        "price: say timeFormat: '%d/%m/%Y' or timeFormat: '%m/%d/%Y', or columns: { close: 'Last \"$\"' }.",
      );
    };
    const { exitCode, err, asked } = await at(
      ['inspect', 'my data/uk.csv', '--options', "decimal: ','", '--options', 'skip: 2'],
      { answer },
    );
    assert.strictEqual(exitCode, 3);
    assert.deepStrictEqual(asked[0]?.payload, {
      projectRoot: cwd,
      path: 'my data/uk.csv',
      options: "decimal: ',', skip: 2",
    });
    const lines = err.split('\n').filter((line) => line.startsWith('  seamless'));
    assert.deepStrictEqual(lines, [
      `  seamless inspect "my data/uk.csv" --options "decimal: ',', skip: 2, timeFormat: '%d/%m/%Y'"`,
      `  seamless inspect "my data/uk.csv" --options "decimal: ',', skip: 2, timeFormat: '%m/%d/%Y'"`,
      String.raw`  seamless inspect "my data/uk.csv" --options 'decimal: '\'','\'', skip: 2, columns: { close: '\''Last "$"'\'' }'`,
    ]);
  });

  it('sql --attach prints what a client of DuckDB has to run, and asks no child', async () => {
    const { out, asked } = await at(['sql', '--attach', '--cache', "it's/.seamless"]);
    const dir = join(cwd, "it's").replaceAll("'", "''");
    assert.strictEqual(
      out,
      `SET file_search_path = '${dir}';
ATTACH '${join(dir, '.seamless', 'cache.duckdb')}' AS seamless (READ_ONLY);
USE seamless;
`,
    );
    assert.deepStrictEqual(asked, []);
  });
});
