// Slow (5 s): thousands of files.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

import { DiscoveryClient } from '../../src/discovery/client.js';
import { base, derived, Folder, SETUP, WORKER } from './folder-of.js';

const FOLDERS = 100;
const FILES_EACH = 100;
/** The longest the caller may be kept from anything else, as a part of the time that the scan takes. */
const LONGEST_BLOCK = 0.1;

/** What most files of a project are: three have no class, one extends what is in the next file. */
function ordinary(folder: number, file: number): string {
  const body = Array.from(
    { length: 12 },
    (_, n) => `export function f${n}(rows: readonly number[]): number {
  // Sums up what is left of the rows.
  const kept = rows.filter((row, at) => row > ${n} && at % ${folder + 2} === ${file});
  return kept.reduce((total, row) => total + row * ${n}, 0);
}`,
  ).join('\n\n');
  if (file % 4 !== 1 || file > 90) return body;
  return `import { Service as Next } from './f${file + 4}.js';\n${body}\nexport class Service extends Next ${SETUP}\n`;
}

/** Every fifth folder has a base class of its own, with a barrel before it, and fifteen strategies that extend it. */
function textOf(folder: number, file: number): string {
  if (folder % 5 !== 0 || file > 16) return ordinary(folder, file);
  if (file === 0) return base('Base');
  if (file === 1) return "export * from './f0.js';";
  return derived(`Strategy${folder}x${file}`, 'Base', file % 2 ? './f1' : './f0.js');
}

describe('ten thousand files', () => {
  let folder: Folder;
  let client: DiscoveryClient;
  before(async () => {
    folder = await Folder.make();
    for (let at = 0; at < FOLDERS; at++) {
      mkdirSync(folder.path(`d${at}`));
      for (let file = 0; file < FILES_EACH; file++) {
        writeFileSync(folder.path(`d${at}/f${file}.ts`), textOf(at, file));
      }
    }
    client = connect();
  });
  after(async () => {
    await client.dispose();
    await folder.remove('.');
  });

  function connect(): DiscoveryClient {
    const { onFile, onRemoved } = folder;
    const onError = (error: Error): void => assert.fail(error);
    return new DiscoveryClient({ workerPath: WORKER, onFile, onRemoved, onError });
  }

  /** The longest that a timer came late while all was looked through, in milliseconds. */
  async function blockOfScan(): Promise<number> {
    await client.dispose();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    client = connect();
    const { files, strategies, ms } = await client.scan([folder.root]);
    delay.disable();
    assert.deepStrictEqual({ files, strategies }, { files: 10_000, strategies: 300 });
    assert.strictEqual(folder.news().length, 300);
    const block = delay.max / 1e6;
    console.log(`      ${Math.round(ms)} ms, the caller kept for ${block.toFixed(1)} ms at most`);
    return block / ms;
  }

  it('are looked through without keeping the caller from anything', async () => {
    // A busy machine lets an idle process wait as long: what the scan itself does, it does each time.
    let block = Infinity;
    for (let tries = 3; tries > 0 && block >= LONGEST_BLOCK; tries--) {
      block = Math.min(block, await blockOfScan());
    }
    assert.ok(block < LONGEST_BLOCK, `the caller was kept for ${block} of the time`);
  });

  it('cost one file and what was derived through it when one changed', async () => {
    const before = await client.settled();
    await folder.write({ 'd5/f0.ts': 'export class Base {}' });
    client.changed(folder.path('d5/f0.ts'));
    const after = await client.settled();
    assert.strictEqual(after.reads - before.reads, 1);
    assert.strictEqual(after.parses - before.parses, 1);
    assert.strictEqual(after.judged - before.judged, 16);
    assert.strictEqual(folder.news().length, 15);
    assert.strictEqual(after.strategies, 285);
    await folder.write({ 'd7/f0.ts': textOf(7, 0) });
    client.changed(folder.path('d7/f0.ts'));
    const last = await client.settled();
    assert.deepStrictEqual([last.reads - after.reads, last.judged - after.judged], [1, 1]);
    assert.deepStrictEqual(folder.news(), [], 'silent where there is no strategy');
  });
});
