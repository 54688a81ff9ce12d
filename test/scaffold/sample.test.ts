import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copySample } from '../../src/scaffold/sample.js';
import { parseRange } from '../../src/sdk/time/time.js';
import { refused, withChild } from '../support/project.js';
import { contents, Folders, ROOT, write } from './support.js';

describe('a copy of the sample', () => {
  const folders = new Folders();
  after(() => folders.remove());

  it('materializes at once, without npm', async () => {
    const folder = join(folders.make(), 'not yet', 'sample');
    const { file, className } = await copySample(folder, ROOT);
    assert.equal(file, join(folder, 'strategies/sp-trend.ts'));
    const report = await withChild(({ client }) =>
      client.request('materialize', {
        strategy: { file, className, projectRoot: folder },
        ...parseRange('2019-01-01', '2020-01-01'),
      }),
    );
    assert.equal(report.strategy, className);
    assert.deepEqual(new Set(report.nodes.map(({ state }) => state)), new Set(['computed']));
  });

  it('holds the files of the sample and the types, not a cache of an earlier try', async () => {
    const release = folders.release('1.0.0');
    write(release, {
      'media/sample/.seamless/cache.duckdb': 'old',
      'media/sample/node_modules/left/index.js': '',
    });
    const folder = folders.make({ '.DS_Store': '' });
    await copySample(folder, release);
    assert.deepEqual(
      readdirSync(folder)
        .filter((name) => !name.endsWith('.md'))
        .sort(),
      ['.DS_Store', 'data', 'node_modules', 'package.json', 'strategies', 'tsconfig.json', 'worlds'],
    );
    assert.deepEqual(readdirSync(join(folder, 'node_modules')), ['seamless-dag']);
  });

  it('can be edited although the extension cannot', async () => {
    const release = folders.release('1.0.0');
    const original = join(release, 'media/sample/strategies/sp-trend.ts');
    chmodSync(original, 0o444);
    const { file } = await copySample(folders.make(), release);
    assert.ok(statSync(file).mode & 0o200);
  });

  it('goes into no folder that holds something, and over no file', async () => {
    const folder = folders.make({ 'mine.ts': 'mine', file: '' });
    await refused(
      copySample(folder, ROOT),
      'usage',
      /is not empty \(file and more\): choose an empty folder/,
    );
    await refused(copySample(join(folder, 'file'), ROOT), 'usage', /is a file: choose an empty folder/);
    assert.deepEqual(contents(folder), { 'mine.ts': 'mine', file: '' });
  });

  it('that fails leaves the folder empty, and says why', async () => {
    const release = folders.release('1.0.0');
    write(release, { 'dist/types/index.d.ts': '' });
    writeFileSync(join(release, 'package.json'), 'torn');
    const folder = folders.make();
    await refused(copySample(folder, release), 'internal', /types of seamless-dag cannot be read/);
    assert.deepEqual(readdirSync(folder), []);
    mkdirSync(join(folder, 'x'));
    await refused(copySample(join(folder, 'x'), folders.make()), 'internal', /The sample cannot be read/);
  });
});
