import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';

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

  it('is cancelled by a signal and by another scan', async () => {
    const many = Array.from({ length: 300 }, (_, n) => [`s${n}.ts`, strategy(`S${n}`)]);
    const { folder, client } = await connected(Object.fromEntries(many) as Record<string, string>);
    const aborter = new AbortController();
    const cancelled = client.scan([folder.root], { signal: aborter.signal });
    aborter.abort();
    await assert.rejects(cancelled, failsWith('cancelled', /was cancelled/));
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
    await assert.rejects(client.settled(), failsWith('cancelled', /was ended/));
    client.changed(folder.path('a.ts'));
    assert.deepStrictEqual([folder.news(), errors], [[], []]);
  });

  it('says so when the worker dies, and answers nothing more', async () => {
    const scripts = await Folder.make({
      'mortal.cjs': "require('node:worker_threads').parentPort.on('message', () => process.exit(7));",
    });
    endings.push(() => scripts.remove('.'));
    for (const [path, why] of [
      [scripts.path('mortal.cjs'), /stopped unexpectedly \(exit code 7\).* reload the window/],
      ['/absent/discovery-worker.cjs', /Cannot find module.* reload the window/],
    ] as const) {
      const { client, errors } = await connected({}, path);
      await assert.rejects(client.settled(), failsWith('internal', why));
      await assert.rejects(client.settled(), failsWith('internal', why));
      client.changed('a.ts');
      assert.match(errors.map(({ message }) => message).join(), why);
    }
  });
});
