import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { withoutFormula } from '../../../src/engine/history/formulas.js';
import { openStore } from '../../../src/store/store.js';
import { cases } from '../../support/profile.js';
import { EMPTY_COMMIT, numbers, record, recordTable, segment } from '../support.js';

/** What a spreadsheet looks for, with what people put before it. */
const START = /^[\t\r]|^[\s\u00a0\u3000]*[=+@\-＝＋－＠]/u;

describe('CSV for a spreadsheet', () => {
  const text = fc.string({
    unit: fc.constantFrom('=', '+', '-', '@', '＝', ' ', '\t', '\r', '\n', '"', ',', 'a', '1', "'"),
  });

  it('has no text that would be run, and no other text changed', () => {
    fc.assert(
      fc.property(text, (given) => {
        const found = withoutFormula(given);
        assert.ok(!START.test(found));
        assert.equal(found, START.test(given) ? `'${given}` : given);
      }),
      cases(2000),
    );
  });

  it('is so in a file too, where numbers and other formats stay as they are', async () => {
    const given = ['=1+1', '-x', ' @a', '\tb', 'a=b', '', '＝c', 'plain'];
    const dir = mkdtempSync(join(tmpdir(), 'seamless-spreadsheet-'));
    const store = await openStore({ dir });
    try {
      await store.register([record('all', 'f', { interval: 60 })]);
      const times = given.map((_, index) => index * 60);
      const table = recordTable(times, {
        '=n': numbers(times.map((time) => -1 - time)),
        text: { type: 'string', values: given, valid: null },
      });
      await store.commit({ ...EMPTY_COMMIT, segments: [segment('f', 0, given.length * 60, table)] });
      const request = {
        strategy: 'Momentum',
        nodes: ['all'],
        range: { start: 0, end: 1e6 },
        format: 'csv',
      } as const;
      const lines = async (spreadsheet: boolean): Promise<string[]> => {
        const path = join(dir, 'out.csv');
        await store.exportNodes({ ...request, path, spreadsheet });
        return readFileSync(path, 'utf8').trimEnd().split('\n');
      };
      const cells = (all: readonly string[]): string[] =>
        all.slice(1).map((line) => line.split(',')[3] ?? '');
      const bare = await lines(false);
      const safe = await lines(true);
      assert.equal(bare[0], 'time,ts,=n,text');
      assert.equal(safe[0], "time,ts,'=n,text");
      const unquoted = (cell: string): string => cell.replace(/^"(.*)"$/, '$1');
      assert.deepEqual(cells(bare).map(unquoted), given);
      assert.deepEqual(cells(safe).map(unquoted), given.map(withoutFormula));
      assert.deepEqual(
        safe.map((line) => line.split(',')[2]).slice(1),
        bare.map((line) => line.split(',')[2]).slice(1),
      );
      assert.match(safe[1] ?? '', /,-1\.0,'=1\+1$/);
    } finally {
      await store.close();
      rmSync(dir, { recursive: true });
    }
  });
});
