import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

import { DiscoveryClient, type IndexedFile } from '../../src/discovery/client.js';
import { SeamlessError } from '../../src/sdk/errors.js';
import { base, derived, Folder, strategy, WORKER } from './folder-of.js';

const failsWith =
  (code: string, text: RegExp) =>
  (error: unknown): boolean =>
    error instanceof SeamlessError && error.code === code && text.test(error.message);

describe('the discovery client', () => {
  const endings: (() => Promise<void>)[] = [];
  before(() => assert.ok(existsSync(WORKER), 'npm run build makes the worker'));
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });

  async function connected(
    texts: Readonly<Record<string, string>>,
    workerPath = WORKER,
  ): Promise<{ folder: Folder; client: DiscoveryClient; errors: SeamlessError[]; files: IndexedFile[] }> {
    const folder = await Folder.make(texts);
    endings.push(() => folder.remove('.'));
    const errors: SeamlessError[] = [];
    const files: IndexedFile[] = [];
    const client = new DiscoveryClient({
      workerPath,
      onFile: (file) => {
        files.push(file);
        folder.onFile(file);
      },
      onRemoved: folder.onRemoved,
      onError: (error) => errors.push(error),
    });
    endings.push(() => client.dispose());
    return { folder, client, errors, files };
  }

  it('looks through folders, and follows what is edited, saved and deleted', async () => {
    const { folder, client, errors } = await connected({
      'base.ts': base('Base'),
      'a.ts': derived('A', 'Base', './base'),
      'n.ts': 'export const n = 1;',
    });
    const { files, strategies, ms } = await client.scan([folder.root]);
    assert.deepStrictEqual({ files, strategies }, { files: 3, strategies: 1 });
    assert.ok(ms > 0 && Number.isFinite(ms));
    assert.deepStrictEqual(folder.news(), ['a.ts: A']);
    client.edited(folder.path('base.ts'), 'export class Base {}');
    await client.settled();
    assert.deepStrictEqual(folder.news(), ['a.ts: ']);
    client.edited(folder.path('base.ts'), null);
    await folder.write({ 'b.ts': strategy('B') });
    client.changed(folder.path('b.ts'));
    await client.settled();
    assert.deepStrictEqual(folder.news(), ['a.ts: A', 'b.ts: B']);
    await folder.remove('b.ts');
    client.removed(folder.path('b.ts'));
    await client.settled();
    assert.deepStrictEqual(folder.news(), ['b.ts removed']);
    assert.deepStrictEqual(errors, []);
  });

  it("finds a strategy's place", async () => {
    const { folder, client, files } = await connected({ 'a.ts': strategy('A') });
    await client.scan([folder.root]);
    const file = folder.path('a.ts');
    assert.deepStrictEqual(files, [
      { file, parses: true, strategies: [{ file, className: 'A', exportName: 'A', line: 2, column: 14 }] },
    ]);
    assert.deepStrictEqual(await client.nodeAt(file, 'const fast = ema(price);', 1, 8), {
      name: 'fast',
      range: { startLine: 1, startColumn: 7, endLine: 1, endColumn: 11 },
      made: { startLine: 1, startColumn: 14, endLine: 1, endColumn: 24 },
      className: null,
    });
    assert.strictEqual(await client.nodeAt(file, 'const fast = 1;', 1, 8), null);
  });

  it('answers what it cannot take with an error', async () => {
    const { client, errors } = await connected({});
    await assert.rejects(client.nodeAt('a.ts', 'x', 0, 1), failsWith('internal', /inside Seamless/));
    await assert.rejects(client.scan(['']), failsWith('internal', /inside Seamless/));
    client.changed('');
    assert.strictEqual((await client.settled()).files, 0);
    assert.ok(errors.length === 1 && failsWith('internal', /inside Seamless/)(errors[0]));
  });

  it('is cancelled by another scan', async () => {
    const many = Array.from({ length: 300 }, (_, n) => [`s${n}.ts`, strategy(`S${n}`)]);
    const { folder, client } = await connected(Object.fromEntries(many) as Record<string, string>);
    const replaced = client.scan([folder.root]);
    const last = client.scan([folder.root]);
    await assert.rejects(replaced, failsWith('cancelled', /replaced this one/));
    assert.strictEqual((await last).strategies, 300);
  });

  it('rejects what is asked when it ends', async () => {
    const { folder, client, errors } = await connected({ 'a.ts': strategy('A') });
    const pending = assert.rejects(client.scan([folder.root]), failsWith('cancelled', /was ended/));
    await client.dispose();
    await pending;
    await assert.rejects(client.settled(), failsWith('internal', /was ended/));
    client.changed(folder.path('a.ts'));
    assert.deepStrictEqual([folder.news(), errors], [[], []]);
  });

  describe('with a worker that dies', () => {
    /** The real worker, which ends or throws where a file is called so. */
    const MORTAL = `
      const { parentPort } = require('node:worker_threads');
      parentPort.on('message', ({ files = [] }) => {
        if (files.includes('exit')) process.exit(7);
        if (files.includes('throw')) throw new Error('out of luck');
      });
      require(${JSON.stringify(WORKER)});`;

    async function mortal(files: Readonly<Record<string, string>>): ReturnType<typeof connected> {
      const scripts = await Folder.make({ 'mortal.cjs': MORTAL });
      endings.push(() => scripts.remove('.'));
      return connected(files, scripts.path('mortal.cjs'));
    }

    /** Waits until a worker that was started again has looked through the folders. */
    async function until(what: () => boolean): Promise<void> {
      while (!what()) await setTimeout(10);
    }

    it('starts it again once, with the same folders and texts', async () => {
      const { folder, client, errors } = await mortal({
        'base.ts': 'export class Base {}',
        'a.ts': derived('A', 'Base', './base'),
        'gone.ts': strategy('Gone'),
      });
      client.edited(folder.path('base.ts'), base('Base'));
      await client.scan([folder.root]);
      assert.deepStrictEqual(folder.news(), ['a.ts: A', 'gone.ts: Gone']);
      await folder.remove('gone.ts');
      await folder.write({ 'new.ts': strategy('New') });
      client.changed('exit');
      await assert.rejects(
        client.scan([folder.root]),
        failsWith('internal', /stopped unexpectedly \(exit code 7\) and was started again/),
      );
      assert.strictEqual(errors.length, 1);
      await until(() => folder.told.includes('gone.ts removed'));
      assert.deepStrictEqual(folder.news(), ['a.ts: A', 'gone.ts removed', 'new.ts: New']);
    });

    it('says so when it dies again, and starts a new one for the next scan', async () => {
      const { folder, client, errors } = await mortal({ 'a.ts': strategy('A') });
      await client.scan([folder.root]);
      client.changed('throw');
      await until(() => errors.length === 1);
      client.changed('throw');
      await until(() => errors.length === 2);
      assert.match(errors[0]?.message ?? '', /\(out of luck\) and was started again/);
      assert.match(errors[1]?.message ?? '', /\(out of luck\) a second time.* reload the window/);
      await assert.rejects(client.settled(), failsWith('internal', /has stopped/));
      assert.strictEqual((await client.scan([folder.root])).strategies, 1);
      client.changed('exit');
      await until(() => errors.length === 3);
      assert.match(errors[2]?.message ?? '', /and was started again/);
    });

    it('says so when there is no worker', async () => {
      const { client, errors } = await connected({}, '/absent/discovery-worker.cjs');
      await assert.rejects(client.settled(), failsWith('internal', /Cannot find module/));
      await until(() => errors.length === 2);
    });

    it('refuses what it does not understand', async () => {
      const scripts = await Folder.make({
        'odd.cjs': `
          const { parentPort } = require('node:worker_threads');
          parentPort.postMessage({ type: 'file', file: { file: 3 } });
          parentPort.on('message', ({ id }) => parentPort.postMessage({ type: 'result', id, value: 'odd' }));`,
      });
      endings.push(() => scripts.remove('.'));
      const { folder, client, errors } = await connected({}, scripts.path('odd.cjs'));
      await assert.rejects(client.settled(), failsWith('internal', /not understood/));
      assert.ok(errors.length === 1 && failsWith('internal', /not understood/)(errors[0]));
      assert.deepStrictEqual(folder.news(), []);
    });
  });
});
