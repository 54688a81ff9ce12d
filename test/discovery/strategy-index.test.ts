import assert from 'node:assert/strict';
import { rename, symlink } from 'node:fs/promises';

import { StrategyIndex, type IndexCounts } from '../../src/discovery/strategy-index.js';
import { SeamlessError } from '../../src/sdk/errors.js';
import { base, derived, Folder, SDK, SETUP, strategy } from './folder-of.js';

describe('the strategy index', () => {
  const folders: Folder[] = [];
  afterEach(async () => {
    for (const folder of folders.splice(0)) await folder.remove('.');
  });

  async function indexed(
    files: Readonly<Record<string, string>>,
    roots: readonly string[] = ['.'],
  ): Promise<{ folder: Folder; index: StrategyIndex }> {
    const folder = await Folder.make(files);
    folders.push(folder);
    const index = new StrategyIndex({
      onFile: folder.onFile,
      onRemoved: folder.onRemoved,
      onFault: (error) => assert.fail(String(error)),
    });
    await index.scan(roots.map((root) => folder.path(root)));
    return { folder, index };
  }

  /** What a step cost. */
  async function costOf(index: StrategyIndex, step: () => void): Promise<Partial<IndexCounts>> {
    const before = index.counts;
    step();
    await index.settled();
    const { reads, parses, judged } = index.counts;
    return {
      reads: reads - before.reads,
      parses: parses - before.parses,
      judged: judged - before.judged,
    };
  }

  it('looks through scripts of every kind, and speaks of those with strategies alone', async () => {
    const { folder, index } = await indexed({
      'a.ts': strategy('A'),
      'b.js': strategy('B'),
      'c.mjs': strategy('C'),
      'd.tsx': `${strategy('D')} const view = <b>x</b>;`,
      'e.cjs': `const { Strategy } = require('seamless-dag'); exports.E = class E extends Strategy ${SETUP};`,
      'none.ts': 'export const n = 1;',
      'broken.ts': 'class X extends {{{',
      'types.d.ts': strategy('T'),
      'node_modules/x/index.js': strategy('N'),
      'dist/out.js': strategy('O'),
      '.git/h.ts': strategy('H'),
    });
    assert.deepStrictEqual(folder.news(), ['a.ts: A', 'b.js: B', 'c.mjs: C', 'd.tsx: D', 'e.cjs: E']);
    const { files, strategies, parses } = index.counts;
    assert.deepStrictEqual({ files, strategies, parses }, { files: 7, strategies: 5, parses: 6 });
  });

  it('reads a changed file again, and no other', async () => {
    const { folder, index } = await indexed({ 'a.ts': strategy('A'), 'b.ts': strategy('B') });
    folder.news();
    await folder.write({ 'a.ts': `\n${strategy('A')}${strategy('A2')}` });
    const cost = await costOf(index, () => index.changed(folder.path('a.ts')));
    assert.deepStrictEqual(cost, { reads: 1, parses: 1, judged: 1 });
    assert.deepStrictEqual(folder.news(), ['a.ts: A A2']);
    assert.deepStrictEqual(await costOf(index, () => index.changed(folder.path('a.ts'))), cost);
    assert.deepStrictEqual(folder.news(), [], 'nothing new is not said again');
  });

  it('judges again what was derived through a base class, across files', async () => {
    const { folder, index } = await indexed({
      'base.ts': base('Base'),
      'lib/index.ts': "export * from '../base.js';",
      'a.ts': derived('A', 'Base', './lib'),
      'b.ts': derived('B', 'A', './a'),
      'other.ts': strategy('Other'),
    });
    assert.deepStrictEqual(folder.news(), ['a.ts: A', 'b.ts: B', 'other.ts: Other']);
    await folder.write({ 'base.ts': 'export abstract class Base {}' });
    const cost = await costOf(index, () => index.changed(folder.path('base.ts')));
    assert.deepStrictEqual(cost, { reads: 1, parses: 1, judged: 3 });
    assert.deepStrictEqual(folder.news(), ['a.ts: ', 'b.ts: ']);
    await folder.write({ 'base.ts': base('Base') });
    await costOf(index, () => index.changed(folder.path('base.ts')));
    assert.deepStrictEqual(folder.news(), ['a.ts: A', 'b.ts: B']);
  });

  it('finds the file that an import missed, and the better one that comes later', async () => {
    const { folder, index } = await indexed({ 'a.ts': derived('A', 'Base', './base.js') });
    assert.deepStrictEqual(folder.news(), []);
    await folder.write({ 'base/index.ts': base('Base'), 'base.js': `${SDK}export class Base {}` });
    await costOf(index, () => index.changed(folder.path('base.js')));
    assert.deepStrictEqual(folder.news(), []);
    await folder.write({ 'base.ts': base('Base') });
    const cost = await costOf(index, () => index.changed(folder.path('base.ts')));
    assert.deepStrictEqual(cost, { reads: 1, parses: 1, judged: 2 });
    assert.deepStrictEqual(folder.news(), ['a.ts: A']);
  });

  it('notices what was deleted, and what was renamed', async () => {
    const { folder, index } = await indexed({
      'base.ts': base('Base'),
      'a.ts': derived('A', 'Base', './base'),
    });
    folder.news();
    await rename(folder.path('a.ts'), folder.path('z.ts'));
    await costOf(index, () => {
      index.removed(folder.path('a.ts'));
      index.changed(folder.path('z.ts'));
    });
    assert.deepStrictEqual(folder.news(), ['a.ts removed', 'z.ts: A']);
    await folder.remove('base.ts');
    await costOf(index, () => index.removed(folder.path('base.ts')));
    assert.deepStrictEqual(folder.news(), ['z.ts: ']);
    assert.strictEqual(index.counts.files, 1);
  });

  it('takes in folders that come and go as one', async () => {
    const { folder, index } = await indexed({
      'a.ts': derived('A', 'Base', './lib/base'),
      'more/b.ts': strategy('B'),
      'more/deep/c.ts': strategy('C'),
    });
    folder.news();
    await rename(folder.path('more'), folder.path('moved'));
    await folder.write({ 'lib/base.ts': base('Base') });
    await costOf(index, () => {
      index.removed(folder.path('more'));
      index.changed(folder.path('moved'));
      index.changed(folder.path('lib'));
    });
    assert.deepStrictEqual(folder.news(), [
      'a.ts: A',
      'more/b.ts removed',
      'more/deep/c.ts removed',
      'moved/b.ts: B',
      'moved/deep/c.ts: C',
    ]);
  });

  it('keeps the strategies of a text that does not parse, and says so', async () => {
    const good = strategy('A');
    const { folder, index } = await indexed({ 'a.ts': good, 'b.ts': derived('B', 'A', './a') });
    folder.news();
    const file = folder.path('a.ts');
    await costOf(index, () => index.edited(file, `\n${good} export class B extends {`));
    assert.deepStrictEqual(folder.news(), ['a.ts: A!'], 'what extends it stays as it was');
    await costOf(index, () => index.edited(file, 'const x = {'));
    await costOf(index, () => index.removed(file));
    assert.deepStrictEqual(
      folder.news(),
      [],
      'also where no class is left in the text, nor a file on the disk',
    );
    await costOf(index, () => index.edited(file, `\n${good}`));
    assert.deepStrictEqual(folder.news(), ['a.ts: A']);
    await costOf(index, () => index.edited(file, ''));
    assert.deepStrictEqual(folder.news(), ['a.ts: ', 'b.ts: ']);
    await costOf(index, () => index.edited(file, 'class A extends {'));
    assert.deepStrictEqual(folder.news(), [], 'silent where there is none to keep');
  });

  it('takes the text of an open editor before the disk', async () => {
    const { folder, index } = await indexed({
      'base.ts': base('Base'),
      'a.ts': derived('A', 'Base', './base'),
    });
    folder.news();
    const file = folder.path('base.ts');
    const cost = await costOf(index, () => index.edited(file, 'export class Base {}'));
    assert.deepStrictEqual(cost, { reads: 0, parses: 1, judged: 2 });
    assert.deepStrictEqual(folder.news(), ['a.ts: ']);
    await costOf(index, () => index.changed(file));
    assert.deepStrictEqual(folder.news(), [], 'saved elsewhere: the editor still has its text');
    await costOf(index, () => index.removed(file));
    await costOf(index, () => index.edited(file, base('Base')));
    assert.deepStrictEqual(folder.news(), ['a.ts: A']);
    await folder.remove('base.ts');
    await costOf(index, () => index.edited(file, null));
    assert.deepStrictEqual(folder.news(), ['a.ts: ']);
  });

  it('looks after open files from elsewhere while they are open, but not installed ones', async () => {
    const { folder, index } = await indexed(
      { 'in/a.ts': strategy('A'), 'out/b.ts': strategy('B'), 'out/node_modules/c.ts': strategy('C') },
      ['in'],
    );
    folder.news();
    await costOf(index, () => {
      for (const name of ['out/b.ts', 'out/node_modules/c.ts', 'in/dist/d.ts', 'in/notes.md']) {
        index.edited(folder.path(name), strategy('Open'));
      }
    });
    assert.deepStrictEqual(folder.news(), ['out/b.ts: Open']);
    await index.scan([folder.path('in')]);
    assert.deepStrictEqual(folder.news(), []);
    await costOf(index, () => index.edited(folder.path('out/b.ts'), null));
    assert.deepStrictEqual(folder.news(), ['out/b.ts removed']);
  });

  it('knows a file in two roots once, and a root within a hidden folder', async () => {
    const { folder, index } = await indexed(
      { 'p/q/a.ts': strategy('A'), 'p/.h/b.ts': strategy('B'), 'p/.h/dist/c.ts': strategy('C') },
      ['p', 'p/q', 'p/.h', 'p', 'absent'],
    );
    assert.deepStrictEqual(folder.news(), ['p/.h/b.ts: B', 'p/q/a.ts: A']);
    assert.strictEqual(index.counts.files, 2);
    await index.scan([folder.path('p')]);
    assert.deepStrictEqual(folder.news(), ['p/.h/b.ts removed']);
  });

  it('does not follow links', async () => {
    const { folder, index } = await indexed({ 'a.ts': strategy('A') });
    await symlink(folder.root, folder.path('loop'), 'dir');
    await symlink(folder.path('a.ts'), folder.path('link.ts'));
    await index.scan([folder.root]);
    await costOf(index, () => {
      index.changed(folder.path('loop'));
      index.changed(folder.path('link.ts'));
    });
    assert.deepStrictEqual(folder.news(), ['a.ts: A']);
  });

  it('notices unreported changes at the next scan', async () => {
    const { folder, index } = await indexed({
      'base.ts': base('Base'),
      'a.ts': derived('A', 'Base', './base'),
      'b.ts': strategy('B'),
    });
    folder.news();
    await folder.write({ 'base.ts': 'export class Base {}', 'c.ts': strategy('C') });
    await folder.remove('b.ts');
    await index.scan([folder.root]);
    assert.deepStrictEqual(folder.news(), ['a.ts: ', 'b.ts removed', 'c.ts: C']);
  });

  it('is cancelled by the next scan, and goes on to be of use', async () => {
    const { folder, index } = await indexed({ 'a.ts': strategy('A') });
    const cancelled = (error: unknown): boolean =>
      error instanceof SeamlessError && error.code === 'cancelled';
    const first = index.scan([folder.root]);
    const second = index.scan([folder.root]);
    await assert.rejects(first, cancelled);
    await second;
    await folder.write({ 'b.ts': strategy('B') });
    await costOf(index, () => index.changed(folder.path('b.ts')));
    assert.deepStrictEqual(folder.news(), ['a.ts: A', 'b.ts: B']);
  });
});
