import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SeamlessError } from '../../src/sdk/errors.js';
import { run, type Asked, type World } from './support.js';

describe('command line: a cache that can be trusted', () => {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'seamless-cli-')));
  before(() => {
    mkdirSync(join(cwd, 'src'));
    writeFileSync(join(cwd, 'package.json'), '{}');
    const text =
      "import { Strategy } from 'seamless-dag';\nexport class Momentum extends Strategy { setup() {} }\n";
    writeFileSync(join(cwd, 'src/momentum.ts'), text);
  });
  after(() => rmSync(cwd, { recursive: true, force: true }));
  const at = (args: readonly string[], world: World) => run(args, { cwd, ...world });
  const result = {
    columns: [
      { name: 'a', type: 'DOUBLE' },
      { name: 'b', type: 'VARCHAR' },
    ],
    rows: [
      [-0, 'x,"y"'],
      [NaN, null],
    ],
    more: false,
  };

  it('sql prints a table, CSV or JSON, of a query that is given, piped in or typed', async () => {
    const answer = () => result;
    assert.equal(
      (await at(['sql', 'SELECT 1'], { answer })).out,
      '  a  b\n -0  x,"y"\nNaN  null\n\n2 rows\n',
    );
    assert.equal((await at(['sql', 'SELECT 1', '--csv'], { answer })).out, 'a,b\n-0,"x,""y"""\nNaN,\n');
    const json = await at(['sql', '--json'], { answer, piped: ['SELECT', '1'] });
    assert.deepEqual(JSON.parse(json.out), [
      { a: 0, b: 'x,"y"' },
      { a: 'NaN', b: null },
    ]);
    assert.equal((json.asked[0]?.payload as { sql: string }).sql, 'SELECT\n1');
    const typed = await at(['sql'], {
      typed: ['SELEKT;', 'SELECT', '1;', '.quit'],
      answer: ({ payload }: Asked) => {
        if ((payload as { sql: string }).sql === 'SELEKT;')
          throw new SeamlessError('usage', 'The query failed.');
        return result;
      },
    });
    assert.equal(typed.exitCode, 0);
    assert.match(typed.err, /sql> error: The query failed\.\nsql> \.\.\.> sql> $/);
    assert.match(typed.out, /2 rows\n$/);
  });

  it('verify ends with 1 when something differs, names both values, and says the way out', async () => {
    const node = {
      name: 'fast',
      rows: 3,
      first: null,
      differing: 0,
      state: 'verified',
      reason: 'It is the same.',
    } as const;
    const report = { strategy: 'Momentum', ranges: [[0, 86_400]], nodes: [node] };
    const fine = await at(['verify', 'Momentum', '--all'], { answer: () => report });
    assert.deepEqual([fine.exitCode, fine.err], [0, '']);
    assert.deepEqual((fine.asked[0]?.payload as { sample: unknown }).sample, null);
    const wrong = {
      ...node,
      state: 'differs',
      differing: 1,
      first: { ts: 60, before: 1, after: null },
      reason: 'It differs.',
    };
    const found = await at(['verify', 'Momentum', 'fast'], { answer: () => ({ ...report, nodes: [wrong] }) });
    assert.equal(found.exitCode, 1);
    assert.match(found.out, /fast {2}differs .* 1 → none .*It differs\./);
    assert.match(found.err, /seamless cache clear src\/momentum\.ts#Momentum/);
    assert.equal((await at(['verify', 'Momentum', '--all', '--sample', '2'], {})).exitCode, 2);
  });

  it('brings no escape sequence of a name or a path to the terminal', async () => {
    const esc = String.fromCharCode(27);
    const name = `n${esc}[31m`;
    const others = [{ node: name, version: 'earlier' }];
    const written = { answer: () => ({ path: join(cwd, `d${esc}[2J/o.csv`), rows: 5, others }) };
    const one = {
      strategy: 'src/momentum.ts#Momentum',
      node: name,
      after: { since: 100, until: null },
      before: null,
      compared: [],
      difference: null,
    };
    const why = {
      name,
      state: 'stale',
      reason: `${name} changed.`,
      changes: [{ text: `${name}: 1 → 2` }],
      coverage: [],
      reused: [],
      inputs: [{ name, period: '1' }],
    };
    const explained = { strategy: one.strategy, range: null, nodes: [why] };
    const said = [
      await at(['export', 'src/momentum.ts', 'fast', '--out', `d${esc}[2J/o.csv`], written),
      await at(['diff', 'src/momentum.ts', name], { answer: () => one }),
      await at(['explain', 'src/momentum.ts', name], { answer: () => explained }),
    ];
    for (const { out, err, exitCode } of said) {
      assert.equal(exitCode, 0);
      assert.match(out, /\\x1b\[/);
      assert.equal((out + err).includes(esc), false, JSON.stringify([out, err]));
    }
  });

  it('diff says how many bars differ, where first and by how much', async () => {
    const difference = {
      common: 10,
      changed: 2,
      onlyBefore: 0,
      onlyAfter: 1,
      largest: { ts: 60, column: 'value', difference: 0.5 },
      first: { ts: 60, before: 1, after: 1.5 },
      spans: [[60, 180]],
    };
    const report = {
      strategy: 'src/momentum.ts#Momentum',
      node: 'fast',
      after: { since: 100, until: null },
      before: { since: 0, until: 100 },
      compared: [[0, 600]],
      difference,
    };
    const { out, asked } = await at(['diff', 'src/momentum.ts', 'fast'], { answer: () => report });
    assert.match(out, /changed +2\n/);
    assert.match(out, /first difference +1970-01-01T00:01:00Z: 1 → 1\.5\n/);
    assert.match(out, /largest +1970-01-01T00:01:00Z: value by 0\.5\n/);
    assert.equal((asked[0]?.payload as { strategy: string }).strategy, 'src/momentum.ts#Momentum');
    const only = await at(['diff', 'Momentum', 'fast'], {
      answer: () => ({ ...report, before: null, difference: null }),
    });
    assert.match(only.out, /it has only one version/);
  });

  it('cache pin and unpin need a name', async () => {
    const answer = () => ({
      file: null,
      bytes: 0,
      strategies: [],
      freed: 0,
      packs: { count: 2, bytes: 1_000_000, liveBytes: 765_432 },
      cleanable: { bytes: 0, strategies: [] },
    });
    assert.equal((await at(['cache', 'pin'], { answer })).exitCode, 2);
    assert.equal((await at(['cache', 'clear', 'Momentum', 'fast'], { answer })).exitCode, 2);
    const { out, asked } = await at(['cache', 'pin', 'Momentum', 'fast'], { answer });
    assert.equal(out, 'pinned: a clean-up keeps the rows of fast of Momentum\n');
    assert.equal((asked[0]?.payload as { node: string }).node, 'fast');
  });
});
