import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import type { NewSegment } from '../../src/engine/ports/store.js';
import { writePack } from '../../src/store/packs/pack-file.js';
import { columnName, planPacks } from '../../src/store/segments/packing.js';
import { segments } from '../store/any-segments.js';
import { cases } from '../support/profile.js';
import { pythonWith, run } from '../support/python.js';

const PYARROW = 'pyarrow==26.0.1';

/** What any reader sees in a pack: rows that are no part of a segment are null, lone surrogates U+FFFD. */
function shown(list: readonly NewSegment[]): Record<string, unknown[]> {
  const rows = list[0]?.table.ts.length ?? 0;
  const found: Record<string, unknown[]> = {};
  for (const { fingerprint, table } of list) {
    const from = (table.ts[0] ?? 0) / 60;
    for (const [position, column] of table.columns.entries()) {
      found[columnName(fingerprint, position)] = Array.from({ length: rows }, (_, row) => {
        const at = row - from;
        if (at < 0 || at >= table.ts.length || column.valid?.[at] === 0) return null;
        if (column.type === 'boolean') return column.values[at] === 1;
        if (column.type === 'number') {
          const bits = new DataView(column.values.buffer, column.values.byteOffset + at * 8, 8);
          return bits.getBigUint64(0, true).toString(16).padStart(16, '0');
        }
        return Buffer.from(String(column.values[at])).toString('hex');
      });
    }
  }
  return found;
}

describe('packs in pyarrow', function () {
  // It may have to be fetched.
  this.timeout(600_000);

  it('hold every value by its bits', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'seamless-packs-'));
    try {
      const expected = new Map<string, Record<string, unknown[]>>();
      await fc.assert(
        fc.asyncProperty(segments, async (list) => {
          const filled = list.filter(({ table }) => table.ts.length > 0);
          const [plan = assert.fail()] = planPacks(
            filled,
            filled.map(() => 'digest'),
          );
          await writePack(join(folder, plan.name), plan.pack);
          expected.set(plan.name, shown(filled));
        }),
        cases(400),
      );
      const lines = run(pythonWith(PYARROW), resolve(import.meta.dirname, 'read_packs.py'), folder)
        .trim()
        .split('\n');
      assert.equal(lines.length, expected.size);
      for (const line of lines) {
        const { name, columns } = JSON.parse(line) as { name: string; columns: Record<string, unknown[]> };
        for (const [column, cells] of Object.entries(expected.get(name) ?? assert.fail(name))) {
          // A column of nothing but nulls need not be there.
          if (column in columns || cells.some((each) => each !== null))
            assert.deepEqual(columns[column], cells, `${column} of ${name}`);
        }
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
