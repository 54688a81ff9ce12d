// Slow (8 s): compiles what it writes.
import { inspectionText } from '../../src/present/inspection/inspection.js';
import { TICK } from '../../src/sdk/time/time.js';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { discoverStrategies } from '../../src/discovery/discover.js';
import { newStrategy, strategyNameFault } from '../../src/scaffold/strategy.js';
import { placeTypes } from '../../src/scaffold/types.js';
import { parseRange } from '../../src/sdk/time/time.js';
import { refused, withChild } from '../support/project.js';
import { Folders, ROOT, write } from './support.js';

describe('a new strategy', () => {
  const folders = new Folders();
  after(() => folders.remove());

  it('materializes at once in a folder where only the types are', async () => {
    const folder = folders.make();
    const { file, line } = await newStrategy({ folder, name: 'MyMomentum' });
    await placeTypes(folder, ROOT);
    assert.equal(file, join(folder, 'my-momentum.ts'));
    assert.match(readFileSync(file, 'utf8').split('\n')[line - 1]!, /computeFn: \(view\)/);
    const report = await withChild(({ client }) =>
      client.request('materialize', {
        strategy: { file, className: 'MyMomentum', projectRoot: folder },
        ...parseRange('2024-01-01', '2024-02-01'),
      }),
    );
    assert.deepEqual(
      report.nodes.map(({ name, state, rows }) => [name, state, rows]),
      [
        ['DEMO.price', 'computed', 31],
        ['average', 'computed', 31],
        ['distance', 'computed', 31],
      ],
    );
    assert.deepEqual(readdirSync(folder).sort(), ['.seamless', 'my-momentum.ts', 'node_modules']);
  });

  it('reads bars of the author’s own once its comment is followed', async () => {
    const folder = folders.make();
    const { file } = await newStrategy({ folder, name: 'MyMomentum' });
    const text = readFileSync(file, 'utf8');
    const [, line = ''] = /\/\/ (historyProvider: csvHistory\(.*\),)\n/.exec(text) ?? [];
    assert.match(text, /add csvHistory to the import above/);
    write(folder, {
      'my-momentum.ts': text
        .replace('import { ', 'import { csvHistory, ')
        .replace(/^ *historyProvider: demo.*$/m, line),
      'data/mine.csv': [
        'time,open,high,low,close,volume',
        ...[1, 2, 3].map((day) => `2024-01-0${day},1,1,1,1,1`),
        '',
      ].join('\n'),
    });
    const report = await withChild(({ client }) =>
      client.request('materialize', {
        strategy: { file, className: 'MyMomentum', projectRoot: folder },
        ...parseRange('2024-01-01', '2024-01-04'),
      }),
    );
    assert.deepEqual([report.failed, report.nodes[0]?.rows], [0, 3]);
  });

  const headings = ['close', 'Close', 'Adj Close', 'last', 'it\'s "5"'];
  for (const heading of headings) {
    it(`reads a file whose prices are in the column ${heading}`, async () => {
      const cell = `"${heading.replaceAll('"', '""')}"`;
      const days = Array.from(
        { length: 25 },
        (_, day) => `2024-01-${String(day + 1).padStart(2, '0')},${day + 1}`,
      );
      const folder = folders.make({ 'data/mine.csv': [`time,${cell}`, ...days, ''].join('\n') });
      const report = await withChild(async ({ client }) => {
        const data = await client.request('inspect', { projectRoot: folder, path: 'data/mine.csv' });
        const { file } = await newStrategy({ folder, name: 'Mine', data });
        return client.request('materialize', {
          strategy: { file, className: 'Mine', projectRoot: folder },
          ...parseRange('2024-01-01', '2024-01-26'),
        });
      });
      assert.deepEqual(
        report.nodes.map(({ name, state, rows, failure }) => [name, failure?.message ?? state, rows]),
        [
          ['price', 'computed', 25],
          ['average', 'computed', 6],
          ['distance', 'computed', 6],
        ],
      );
    });
  }

  for (const [head, cells] of [
    ['timestamp,bid,ask', '1.5,2.5'],
    ['timestamp,price,size', '2,1'],
    ['timestamp,strike,lots', '2,1'],
  ] as const) {
    it(`makes bars of a file of ticks with ${head}`, async () => {
      const first = Date.parse('2024-03-04T14:30:00Z') * 1000;
      const ticks = Array.from(
        { length: 2000 },
        (_, i) => `${first + Math.floor(i / 3) * 2_500_001},${cells}`,
      );
      const folder = folders.make({ 'data/ticks.csv': [head, ...ticks, ''].join('\n') });
      const report = await withChild(async ({ client }) => {
        const data = await client.request('inspect', { projectRoot: folder, path: 'data/ticks.csv' });
        assert.equal(data.interval, TICK);
        assert.match(inspectionText('data/ticks.csv', data), /2,000 ticks, from .*\n.*barsOf/s);
        const { file } = await newStrategy({ folder, name: 'Mine', data });
        return client.request('materialize', {
          strategy: { file, className: 'Mine', projectRoot: folder },
          ...parseRange('2024-03-04', '2024-03-05'),
        });
      });
      assert.deepEqual(
        report.nodes.map(({ name, state, rows, failure }) => [name, failure?.message ?? state, rows]),
        [
          ['ticks', 'computed', 2000],
          ['price', 'computed', 27],
          ['average', 'computed', 8],
          ['distance', 'computed', 8],
        ],
      );
    });
  }

  it('needs a column of numbers in the file it reads', async () => {
    const line = `new StreamInput({ tags: ['price'], interval: '1d', historyProvider: csvHistory('x.csv') })`;
    const folder = folders.make();
    const data = { line, columns: [{ name: 'word', type: 'string' }] };
    await refused(
      newStrategy({ folder, name: 'Mine', data }),
      'source',
      /no column of numbers .*choose a file/,
    );
    assert.deepEqual(readdirSync(folder), []);
  });

  it('is found by discovery', async () => {
    const folder = folders.make();
    await newStrategy({ folder, name: 'MyMomentum' });
    const found = await discoverStrategies(folder);
    assert.deepEqual(
      found.map(({ className }) => className),
      ['MyMomentum'],
    );
  });

  const files: readonly (readonly [name: string, file: string])[] = [
    ['Momentum', 'momentum.ts'],
    ['BTCTrend', 'btc-trend.ts'],
    ['Rsi2Reversal', 'rsi2-reversal.ts'],
    ['pair_rotation', 'pair-rotation.ts'],
    ['$Best', 'best.ts'],
    ['_', 'strategy.ts'],
    ['Con', 'con-strategy.ts'],
    ['모멘텀', '모멘텀.ts'],
  ];
  for (const [name, file] of files) {
    it(`${name} goes to ${file}`, async () => {
      assert.equal(basename((await newStrategy({ folder: folders.make(), name })).file), file);
    });
  }

  it('never goes over another file', async () => {
    const folder = folders.make({ 'momentum.ts': 'first', 'momentum-2.ts': 'second' });
    const { file } = await newStrategy({ folder, name: 'Momentum' });
    assert.equal(basename(file), 'momentum-3.ts');
    assert.equal(readFileSync(join(folder, 'momentum.ts'), 'utf8'), 'first');
    write(folder, { 'other/x.ts': '' });
    const both = await Promise.all(
      [1, 2].map(() => newStrategy({ folder: join(folder, 'other'), name: 'A' })),
    );
    assert.deepEqual(both.map((each) => basename(each.file)).sort(), ['a-2.ts', 'a.ts']);
  });

  const faults: readonly (readonly [name: string, says: RegExp])[] = [
    ['', /needs a name/],
    ['  ', /needs a name/],
    ['my momentum', /"my momentum" cannot be the name of a class.*For instance: MyMomentum\./],
    ['5-minute', /begin with a letter.*For instance: Minute\./],
    ['!!', /cannot be the name of a class: use letters, digits and _, and begin with a letter\.$/],
    ['class', /a word of the language.*For instance: Class\./],
    ['string', /a word of the language.*For instance: String\./],
    ['csvHistory', /csvHistory is something the strategy itself uses/],
    ['Strategy', /Strategy is something the strategy itself uses/],
    ['Taken', /There is a strategy Taken already/],
  ];
  for (const [name, says] of faults) {
    it(`is not called ${JSON.stringify(name)}`, async () => {
      assert.match(strategyNameFault(name, ['Taken']) ?? 'no fault', says);
      const folder = folders.make();
      await refused(newStrategy({ folder, name, taken: ['Taken'] }), 'usage', says);
      assert.deepEqual(readdirSync(folder), []);
    });
  }

  it('may be called anything else', () => {
    for (const name of ['Momentum', 'm', '$', '모멘텀', 'Class']) assert.equal(strategyNameFault(name), null);
  });

  it('needs a folder', async () => {
    const gone = join(folders.make(), 'gone');
    await refused(newStrategy({ folder: gone, name: 'A' }), 'not-found', /There is no folder .*gone/);
  });
});
