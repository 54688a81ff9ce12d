import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { NewSegment } from '../../../src/engine/ports/store.js';
import type { Table } from '../../../src/sdk/table.js';
import { writePack } from '../../../src/store/packs/pack-file.js';
import { OpenPacks, readFooter } from '../../../src/store/packs/read-pack.js';
import { columnName, planPacks, segmentsOf } from '../../../src/store/segments/packing.js';
import { headOf } from '../../../src/store/segments/catalog.js';
import { segmentRow } from '../../../src/store/segments/commit.js';
import { TableReader } from '../../../src/store/segments/table-reader.js';
import { query } from '../support.js';
import { cases } from '../../support/profile.js';
import { segments } from '../any-segments.js';

/** What a table holds, numbers by their bits. */
function contentOf({ shape, ts, names, columns, present }: Table): unknown {
  const masked = (mask: Uint8Array | null): Uint8Array | null =>
    mask?.includes(0) ? Uint8Array.from(mask) : null;
  const values = columns.map((column) => ({
    type: column.type,
    valid: masked(column.valid),
    values:
      column.values instanceof Float64Array
        ? [...new BigUint64Array(column.values.slice().buffer)]
        : [...column.values],
  }));
  return { shape, ts: [...ts], names, values, present: masked(present) };
}

describe('store: packs', () => {
  let folder = '';
  before(() => (folder = mkdtempSync(join(tmpdir(), 'seamless-packs-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('give back every value by its bits, and say the same of themselves; any DuckDB reads them', async () => {
    await fc.assert(
      fc.asyncProperty(segments, async (list) => {
        const plans = planPacks(
          list,
          list.map(() => 'digest'),
        );
        assert.equal(plans.length, 1);
        const [plan = assert.fail()] = plans;
        const path = join(folder, plan.name);
        await writePack(path, plan.pack);
        const packed = [...plan.segments.values()];
        assert.deepEqual(segmentsOf(readFooter(path).metadata), JSON.parse(JSON.stringify(packed)));

        const packs = new OpenPacks(folder);
        const reader = new TableReader(packs, (count) => new Float64Array(count));
        for (const [index, segment] of plan.segments) {
          const row = segmentRow(segment, index, 1);
          const known = { ...headOf(row), digest: row.digest, pack: plan.name, layout: () => segment.layout };
          const { table } = list[index] ?? assert.fail();
          const read = reader.table([{ segment: known, from: 0, to: known.rows }]);
          assert.deepEqual(contentOf(read), contentOf(table));
        }
        packs.close();
        await assertShown(path, list);
        rmSync(path);
      }),
      cases(40),
    );
  });
});

/** What DuckDB reads: rows that are no part of a segment are null, lone surrogates U+FFFD. */
async function assertShown(path: string, list: readonly NewSegment[]): Promise<void> {
  const rows = list[0]?.table.ts.length ?? 0;
  for (const { fingerprint, table } of list) {
    if (table.ts.length === 0) continue;
    for (const [position, column] of table.columns.entries()) {
      const name = `"${columnName(fingerprint, position)}"`;
      // A client ends a text at a NUL and drops a mark at its beginning: bytes come whole.
      const value =
        { number: `hex(${name}::VARCHAR)`, boolean: name }[column.type as string] ?? `hex(encode(${name}))`;
      const shown =
        column.type === 'number'
          ? `SELECT ${name} AS value FROM read_parquet('${path}')`
          : `SELECT ${value} AS value FROM read_parquet('${path}')`;
      const found = (await query(':memory:', shown)).map((row) => row['value']);
      const from = (table.ts[0] ?? 0) / 60;
      const expected = Array.from({ length: rows }, (_, row) => {
        const at = row - from;
        if (at < 0 || at >= table.ts.length || column.valid?.[at] === 0) return null;
        if (column.type === 'boolean') return column.values[at] === 1;
        if (column.type === 'number') return column.values[at];
        return Buffer.from(String(column.values[at])).toString('hex').toUpperCase();
      });
      const bitsOf = (each: unknown): unknown =>
        typeof each === 'number' ? new BigUint64Array(Float64Array.of(each).buffer)[0] : each;
      assert.deepEqual(found.map(bitsOf), expected.map(bitsOf), `${name} of ${column.type}`);
    }
  }
}
