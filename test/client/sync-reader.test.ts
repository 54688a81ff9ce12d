import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { columnsOf, rowsOf } from '../../src/protocol/history.js';
import { SyncReader } from '../../src/client/sync-reader.js';
import { SeamlessError } from '../../src/sdk/errors.js';
import type { Table } from '../../src/sdk/table.js';

const childPath = fileURLToPath(new URL('fake-child.mjs', import.meta.url));
const request = { projectRoot: '/p', strategy: '3', node: 'fast' };

describe('reading without a promise', () => {
  let folder = '';
  let workerPath = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seamless-reader-'));
    workerPath = join(folder, 'reader.mjs');
    const entry = fileURLToPath(new URL('../../src/client/reader-worker.ts', import.meta.url));
    await build({ entryPoints: [entry], outfile: workerPath, bundle: true, format: 'esm', platform: 'node' });
  });
  after(() => rm(folder, { recursive: true }));

  it('gives the table at once, again and again', () => {
    const reader = new SyncReader({ workerPath, childPath });
    const table = reader.read(request);
    assert.deepStrictEqual(table.ts, new Float64Array([0, 60, 120]));
    assert.strictEqual(reader.read({ ...request, strategy: '100000' }).ts.length, 100_000);
  });

  it('throws what the child answers, and goes on', () => {
    const reader = new SyncReader({ workerPath, childPath });
    const absent = { ...request, node: 'absent' };
    assert.throws(() => reader.read(absent), failure('not-found', /^No such node\.$/));
    assert.strictEqual(reader.read(request).ts.length, 3);
  });

  it('throws when the child dies, and starts another', () => {
    const reader = new SyncReader({ workerPath, childPath });
    const deadly = { ...request, node: 'exit' };
    assert.throws(() => reader.read(deadly), failure('internal', /exit code 7/));
    assert.strictEqual(reader.read(request).ts.length, 3);
  });

  it('throws when the thread cannot start or ends', async () => {
    const absent = new SyncReader({ workerPath: join(folder, 'absent.mjs'), childPath });
    assert.throws(() => absent.read(request), failure('internal', /Cannot find module/));
    const dying = join(folder, 'dying.mjs');
    await writeFile(dying, 'process.exit(3);');
    const reader = new SyncReader({ workerPath: dying, childPath });
    assert.throws(() => reader.read(request), failure('internal', /ended unexpectedly\. Try again/));
  });
});

describe('history', () => {
  const valid = new Uint8Array([1, 0]);
  const table: Table = {
    shape: 'record',
    ts: new Float64Array([0, 60]),
    names: ['number', 'truth', 'text', 'json', 'nothing', 'ts'],
    columns: [
      { type: 'number', values: new Float64Array([-0, Number.NaN]), valid },
      { type: 'boolean', values: new Uint8Array([1, 0]), valid },
      { type: 'string', values: ['a', ''], valid },
      { type: 'json', values: ['{"a":[1]}', 'null'], valid },
      { type: 'null', values: new Float64Array(2), valid: new Uint8Array(2) },
      { type: 'number', values: new Float64Array([7, 8]), valid: null },
    ],
    present: null,
  };

  it('by column: typed arrays of numbers, lists with nulls of the rest', () => {
    assert.deepStrictEqual(columnsOf(table), {
      number: new Float64Array([-0, Number.NaN]),
      truth: [true, null],
      text: ['a', null],
      json: [{ a: [1] }, null],
      nothing: [null, null],
      'value.ts': new Float64Array([7, 8]),
      ts: new Float64Array([0, 60]),
    });
  });

  it('by bar: what the node emitted', () => {
    const rows = rowsOf({ ...table, present: valid });
    const first = { number: -0, truth: true, text: 'a', json: { a: [1] }, nothing: null, ts: 7 };
    assert.deepStrictEqual(rows, [
      { ts: 0, value: first },
      { ts: 60, value: null },
    ]);
  });

  it('of nothing is empty', () => {
    const empty: Table = { shape: 'value', ts: new Float64Array(0), names: [], columns: [], present: null };
    assert.deepStrictEqual(columnsOf(empty), { ts: new Float64Array(0) });
    assert.deepStrictEqual(rowsOf(empty), []);
  });
});

function failure(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SeamlessError);
    assert.match(error.message, message);
    assert.strictEqual(error.code, code);
    return true;
  };
}
