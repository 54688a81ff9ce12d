import assert from 'node:assert/strict';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkedPages } from '../../../src/store/packs/checked-pages.js';
import { pageDigest } from '../../../src/store/packs/pages.js';
import { OpenPacks, PackDamage } from '../../../src/store/packs/read-pack.js';

const PAGE = Buffer.from('what was written');
const DIGEST = pageDigest(PAGE);

/** Repeats what touches a file until its times have moved on: file systems count them in steps. */
function touched(path: string, touch: () => void): void {
  const before = statSync(path, { bigint: true }).ctimeNs;
  do touch();
  while (statSync(path, { bigint: true }).ctimeNs === before);
}

/** What may happen to a pack that was read: one byte is another afterwards. */
const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
  'is written in place': (path) => {
    const file = openSync(path, 'r+');
    writeSync(file, 'W', 0);
    closeSync(file);
  },
  'is written in place, and its time set back': (path) => {
    const { atime, mtime } = statSync(path);
    const file = openSync(path, 'r+');
    writeSync(file, 'W', 0);
    closeSync(file);
    utimesSync(path, atime, mtime);
  },
  'is replaced': (path) => {
    const bytes = readFileSync(path);
    bytes[0] = 0;
    writeFileSync(`${path}.new`, bytes);
    renameSync(`${path}.new`, path);
  },
};

describe('store: pages that were checked', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'seamless-checked-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** As if the pack had been written a minute ago. */
  const later: typeof checkedPages = (path, file) => checkedPages(path, file, Date.now() + 60_000);

  function read(checked: typeof checkedPages): string {
    const packs = new OpenPacks(folder, checked);
    try {
      return Buffer.from(packs.bytes('one', 0, DIGEST, new Uint8Array(PAGE.length))).toString();
    } finally {
      packs.close();
    }
  }

  function known(path: string, checked: typeof checkedPages): readonly (readonly [number, string])[] | null {
    const file = openSync(path, 'r');
    try {
      const digests = checked(path, file);
      return digests && [...digests];
    } finally {
      closeSync(file);
    }
  }

  for (const [name, damage] of Object.entries(DAMAGES)) {
    it(`are checked again when their file ${name}`, () => {
      const path = join(folder, 'one');
      writeFileSync(path, PAGE);
      read(later);
      assert.equal(read(later), PAGE.toString());
      assert.deepEqual(known(path, later), [[0, DIGEST]]);
      touched(path, () => damage(path));
      for (let round = 0; round < 2; round++) assert.throws(() => read(later), PackDamage);
      assert.deepEqual(known(path, later), []);
    });
  }

  it('are hashed no more as long as their file stays as it is', () => {
    writeFileSync(
      join(folder, 'one'),
      PAGE.map((byte) => byte ^ 1),
    );
    assert.throws(() => read(() => null), PackDamage);
    assert.throws(() => read(() => new Map([[0, 'another']])), PackDamage);
    read(() => new Map([[0, DIGEST]]));
  });

  it('are not remembered of a file that was written a moment ago', () => {
    const path = join(folder, 'one');
    writeFileSync(path, PAGE);
    // With the time that the file has, whatever the clock of the test says.
    const written: typeof checkedPages = (at, file) =>
      checkedPages(at, file, Math.floor(statSync(path).ctimeMs) + 20);
    read(written);
    assert.equal(known(path, written), null);
  });
});
