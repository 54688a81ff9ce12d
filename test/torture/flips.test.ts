// Slow (8 s): torture.
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../src/store/store.js';
import {
  checkpoint,
  EMPTY_COMMIT,
  inFolder,
  numbers,
  packsIn,
  record,
  segment,
  valueTable,
} from '../store/support.js';
import type { Look } from './looker.js';
import { pick, randomOf } from './random.js';
import { seed, turns } from '../support/profile.js';

const SEED = String(seed);
/** More of them, where there is time: `SEAMLESS_DAMAGES=1000 npm test -- rooms test/torture/flips.test.ts`. */
const DAMAGES = Number(process.env['SEAMLESS_DAMAGES'] ?? turns(100, 16));

const NODES = ['price', 'fast', 'signal'] as const;
const BLOCK = 4096;
const BLOCKS = 6;

/** A cache of which half is in the file, half in its log. */
async function makeCache(dir: string): Promise<string> {
  for (const part of [0, 1]) {
    const store = await openStore({ dir });
    await store.register(
      NODES.map((node) => record(node, `f-${node}`, { kind: node === 'price' ? 'stream' : 'node' })),
    );
    for (let block = part * BLOCKS; block < (part + 1) * BLOCKS; block++) {
      const ts = Array.from({ length: BLOCK }, (_, row) => (block * BLOCK + row) * 60);
      const table = valueTable(ts, numbers(ts.map((time) => Math.sin(time))));
      const [start, end] = [block * BLOCK * 60, (block + 1) * BLOCK * 60];
      await store.commit({
        ...EMPTY_COMMIT,
        segments: NODES.map((node) => segment(`f-${node}`, start, end, table)),
      });
    }
    await store.close();
    if (part === 0) await checkpoint(store.file);
  }
  return join(dir, 'cache.duckdb');
}

type Damage = (bytes: Buffer, random: () => number) => Buffer;

function someByte(bytes: Buffer, random: () => number): number {
  return Math.floor(random() * bytes.length);
}

const KINDS: Readonly<Record<string, Damage>> = {
  'a bit flipped': (bytes, random) => {
    const at = someByte(bytes, random);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    return bytes;
  },
  'bytes overwritten': (bytes, random) => {
    const count = 1 + Math.floor(random() * 64);
    for (let turn = 0; turn < count; turn++) bytes[someByte(bytes, random)] = Math.floor(random() * 256);
    return bytes;
  },
  'a sector zeroed': (bytes, random) => {
    const size = pick(random, [512, 4096, 65_536]);
    const at = Math.floor(random() * Math.ceil(bytes.length / size)) * size;
    return bytes.fill(0, at, Math.min(bytes.length, at + size));
  },
  'the end cut off': (bytes, random) => bytes.subarray(0, someByte(bytes, random)),
};

/** One process for many looks; another when it has crashed. */
class Looker {
  #child: ChildProcess | null = null;
  #answer: (seen: Look) => void = () => undefined;

  #start(): ChildProcess {
    const child = fork(join(import.meta.dirname, 'looker.ts'), { execArgv: ['--import', 'tsx'] });
    child.on('message', (seen) => {
      this.#answer(seen as Look);
    });
    child.once('exit', (code, signal) => {
      this.#child = null;
      this.#answer({ spans: [], told: [], fault: `The process crashed (${String(signal ?? code)}).` });
    });
    return child;
  }

  look(dir: string): Promise<Look> {
    this.#child ??= this.#start();
    const answer = new Promise<Look>((resolve) => (this.#answer = resolve));
    this.#child.send({ dir, fingerprints: NODES.map((node) => `f-${node}`) });
    return answer;
  }

  end(): void {
    this.#child?.disconnect();
  }
}

describe('a cache file whose bytes are damaged', () => {
  it(`never gives a wrong row: it is as it was, or says what was set aside (seed ${SEED})`, async function () {
    await inFolder(async (dir) => {
      const whole = join(dir, 'whole');
      const file = await makeCache(whole);
      const looker = new Looker();
      const truth = new Map((await looker.look(whole)).spans);
      assert.equal(truth.size, NODES.length * BLOCKS * 2);
      assert.ok(existsSync(`${file}.wal`) && readFileSync(`${file}.wal`).length > 5000, 'there is a log');
      const tally: Record<string, Record<string, number>> = {};
      for (let turn = 0; turn < DAMAGES; turn++) {
        const random = randomOf(SEED, 'flip', turn);
        const kind = Object.keys(KINDS)[turn % 4] ?? '';
        const part = pick(random, [
          'cache.duckdb',
          'cache.duckdb.wal',
          join('packs', pick(random, packsIn(whole))),
        ]);
        const copy = join(dir, 'copy');
        rmSync(copy, { recursive: true, force: true });
        cpSync(whole, copy, { recursive: true });
        const damaged = join(copy, part);
        writeFileSync(damaged, KINDS[kind]?.(readFileSync(damaged), random) ?? '');
        const words = `${kind} in ${part}, turn ${turn}`;
        // The second look is at what the first one left.
        for (const again of [1, 2]) {
          const { spans, told, fault } = await looker.look(copy);
          assert.equal(fault, null, words);
          for (const [span, digest] of spans) assert.equal(digest, truth.get(span), `${words}: ${span}`);
          for (const text of told) assert.match(text, /set aside|made again/, words);
          // The tail of a log that was cut off was never stored, as far as anyone can tell.
          const lacks = spans.length < truth.size;
          if (lacks && !part.endsWith('.wal') && again === 1)
            assert.ok(told.length > 0, `${words}: rows are gone without a word`);
          if (again === 2) {
            assert.deepEqual(told, [], words);
            continue;
          }
          const outcome = told.length > 0 ? 'set aside' : lacks ? 'end of the log lost' : 'unharmed';
          const counts = (tally[`${kind} in ${part.split(/[\\/]/)[0] ?? ''}`] ??= {});
          counts[outcome] = (counts[outcome] ?? 0) + 1;
        }
      }
      looker.end();
      console.table(tally);
      const all = Object.values(tally);
      assert.ok(all.some((counts) => (counts['set aside'] ?? 0) > 0));
    });
  });
});
