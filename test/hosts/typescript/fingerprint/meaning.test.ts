// Slow (8 s): a load of a strategy for every case.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Rewriter } from './support/rewrite.js';
import { SAMPLE } from './support/sample.js';
import { Session, type Print } from './support/session.js';
import { cases } from '../../../support/profile.js';

describe('random edits', () => {
  const session = new Session();
  const rewriter = new Rewriter(SAMPLE);
  let base: ReadonlyMap<string, Print>;
  before(async () => {
    session.write({ 'package.json': '{ "name": "sample" }', '.seamless/.gitignore': '*\n', ...SAMPLE });
    base = await session.prints();
  });
  after(() => session.end());

  /** Names of the nodes whose fingerprints differ from those of the sample. */
  async function changed(): Promise<string[]> {
    const prints = await session.prints();
    assert.deepEqual([...prints.keys()], [...base.keys()]);
    return [...prints]
      .filter(([name, { hash: full }]) => base.get(name)?.hash !== full)
      .map(([name]) => name);
  }

  it('of comments, layout, order of methods and names of locals change no fingerprint', async () => {
    const run = async (numbers: readonly number[]): Promise<void> => {
      let at = 0;
      const files = rewriter.sameMeaning((below) => (numbers[at++ % numbers.length] ?? 0) % below);
      assert.notDeepEqual(files, SAMPLE);
      session.write(files);
      try {
        assert.deepEqual(await changed(), []);
      } finally {
        session.write(SAMPLE);
      }
    };
    const numbers = fc.array(fc.nat(), { minLength: 97, maxLength: 997, size: 'max' });
    await fc.assert(fc.asyncProperty(numbers, run), { ...cases(20), endOnFailure: true });
  });

  it('of a literal that a node reaches change that node', async () => {
    const literals = rewriter.literals();
    assert.ok(literals.length > 80, `${literals.length} literals`);
    const run = async (index: number): Promise<void> => {
      const literal = literals[index] ?? assert.fail();
      session.write(rewriter.replaced(literal));
      try {
        assert.ok((await changed()).includes(literal.node), JSON.stringify(literal));
      } finally {
        session.write(SAMPLE);
      }
    };
    const index = fc.nat({ max: literals.length - 1 });
    await fc.assert(fc.asyncProperty(index, run), {
      ...cases(40),
      endOnFailure: true,
    });
  });
});
