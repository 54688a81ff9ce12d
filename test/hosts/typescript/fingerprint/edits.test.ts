// Slow (30 s): a load for every edit.
import assert from 'node:assert/strict';
import { PROJECT_EDITS } from './support/project-rows.js';
import { CODE_EDITS, type Edit } from './support/rows.js';
import { SAMPLE } from './support/sample.js';
import { Session, type Files, type Print } from './support/session.js';

/** The streams that Seamless itself reads. */
const BUILT_IN = ['A', 'B'];

/** The files that an edit writes. */
function edited({ file = 'main.ts', from = '', to = '', files, what }: Edit): Files {
  if (files) return files;
  const before = SAMPLE[file];
  assert.ok(typeof before === 'string', `the edit "${what}" is of no text`);
  const after = typeof from === 'string' ? before.replace(from, () => to) : before.replace(from, to);
  assert.notEqual(after, before, `the edit "${what}" finds nothing to replace`);
  return { [file]: after };
}

describe('fingerprints of the nodes of a strategy', () => {
  const session = new Session();
  let base: ReadonlyMap<string, Print>;
  before(async () => {
    session.write({ 'package.json': '{ "name": "sample" }', '.seamless/.gitignore': '*\n', ...SAMPLE });
    base = await session.prints();
  });
  after(() => session.end());

  it('can be told for every node', () => {
    const unhashable = [...base].filter(([, { unhashable }]) => unhashable !== null);
    assert.deepEqual(unhashable, []);
    assert.ok(base.size > 70);
  });

  it('are the same in another process', async () => {
    await session.restart();
    assert.deepEqual(await session.prints(), base);
  });

  it('differ between nodes made in a loop', () => {
    assert.notEqual(base.get('loop5')?.codeHash, base.get('loop10')?.codeHash);
  });

  for (const edit of [...CODE_EDITS, ...PROJECT_EDITS]) {
    it(`${edit.changes.length > 0 ? 'change' : 'stay'} after an edit to ${edit.what}`, async () => {
      const written = edited(edit);
      session.write(written);
      try {
        const after = await session.prints();
        const changed = [...after]
          .filter(([name, { hash: full }]) => base.has(name) && base.get(name)?.hash !== full)
          .map(([name]) => name);
        const all = [...base.keys()].filter((name) => !BUILT_IN.includes(name) && !edit.but?.includes(name));
        const expected = edit.changes === 'all' ? all : edit.changes;
        assert.deepEqual(changed.sort(), [...expected].sort());
      } finally {
        session.write(SAMPLE);
        session.remove(...Object.keys(written).filter((name) => !(name in SAMPLE)));
      }
    });
  }

  it('are what they were once all is as it was', async () => {
    assert.deepEqual(await session.prints(), base);
  });
});
