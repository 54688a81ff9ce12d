import assert from 'node:assert/strict';

import { shownNames } from '../../src/present/names.js';
import { renamedIn } from '../../src/present/renames.js';

const at = (file: string, className: string) => ({ key: `${file}#${className}`, file, className });

describe('names of strategies', () => {
  const names = (...all: ReturnType<typeof at>[]): string[] =>
    [...shownNames(all).values()].map(({ name }) => name);

  it('are those of their classes', () => {
    assert.deepEqual(names(at('/p/a.ts', 'Fast'), at('/p/a.ts', 'Slow')), ['Fast', 'Slow']);
  });

  it('have as much of the path as tells them apart', () => {
    assert.deepEqual(names(at('/p/fast.ts', 'Fast'), at('/p/copy.ts', 'Fast'), at('/p/copy.ts', 'Slow')), [
      'Fast (fast.ts)',
      'Fast (copy.ts)',
      'Slow',
    ]);
    assert.deepEqual(names(at('/p/eu/m.ts', 'M'), at('/p/us/m.ts', 'M'), at('/q/us/m.ts', 'M')), [
      'M (eu/m.ts)',
      'M (p/us/m.ts)',
      'M (q/us/m.ts)',
    ]);
    // One path may be the end of another; Windows has other separators.
    assert.deepEqual(names(at('/us/m.ts', 'M'), at('/p/us/m.ts', 'M')), ['M (/us/m.ts)', 'M (p/us/m.ts)']);
    assert.deepEqual(names(at('c:\\p\\eu\\m.ts', 'M'), at('c:\\p\\us\\m.ts', 'M')), [
      'M (eu/m.ts)',
      'M (us/m.ts)',
    ]);
  });
});

describe('a class that was renamed', () => {
  const classes = (...names: string[]) =>
    names.map((className, index) => ({ className, line: 10 * index + 1 }));

  it('is known by its place among the others', () => {
    assert.deepEqual(renamedIn(classes('A', 'B', 'C'), classes('A', 'New', 'C')), { from: 'B', to: 'New' });
    assert.deepEqual(renamedIn(classes('A'), classes('B')), { from: 'A', to: 'B' });
  });

  it('is none if classes came, went, or changed places', () => {
    assert.equal(renamedIn(classes('A', 'B'), classes('A')), null);
    assert.equal(renamedIn(classes('A'), classes('A', 'B')), null);
    assert.equal(renamedIn(classes('A', 'B'), classes('B', 'A')), null);
    assert.equal(renamedIn(classes('A', 'B'), classes('C', 'D')), null);
    assert.equal(renamedIn(classes('A', 'B'), classes('B', 'C')), null);
    assert.equal(renamedIn(classes('A'), classes('A')), null);
  });
});
