import assert from 'node:assert/strict';
import type { OwnCodeDetail } from '../../src/job/code/own-code.js';
import { ownCodes, type Files } from './project.js';
import { EDITS, SAMPLE, type Edit } from './sample.js';

function hashes(codes: ReadonlyMap<string, OwnCodeDetail>): Map<string, string> {
  return new Map([...codes].map(([name, code]) => [name, code.hash ?? `unhashable: ${code.unhashable}`]));
}

function edited({ file = 'main.ts', from, to, what }: Edit): Files {
  const before = SAMPLE[file] ?? '';
  const after = typeof from === 'string' ? before.replace(from, () => to) : before.replace(from, to);
  assert.notEqual(after, before, `the edit "${what}" finds nothing to replace`);
  return { ...SAMPLE, [file]: after };
}

describe('own code of the nodes of a strategy', () => {
  let base: Map<string, string>;
  before(async () => {
    base = hashes(await ownCodes(SAMPLE));
  });

  it('can be told for every node', () => {
    const unhashable = [...base].filter(([, hash]) => hash.startsWith('unhashable'));
    assert.deepEqual(unhashable, []);
    assert.ok(base.size > 40);
  });

  it('is the same in another process image of the same text', async () => {
    assert.deepEqual(hashes(await ownCodes(SAMPLE)), base);
  });

  it('differs between nodes made in a loop', () => {
    assert.notEqual(base.get('loop5'), base.get('loop10'));
  });

  for (const edit of EDITS) {
    it(`${edit.changes.length > 0 ? 'changes' : 'stays'} after an edit to ${edit.what}`, async () => {
      const after = hashes(await ownCodes(edited(edit)));
      const changed = [...after]
        .filter(([name, hash]) => base.has(name) && base.get(name) !== hash)
        .map(([name]) => name);
      assert.deepEqual(changed.sort(), [...edit.changes].sort());
    });
  }
});
