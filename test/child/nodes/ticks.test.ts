// Slow (12 s): runs in a child process.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Database } from '../../../src/sources/sql/database.js';
import { rowValue, type RowValue, type Table } from '../../../src/sdk/table.js';
import { Project, storedTables, withChild } from '../../support/project.js';
import { all, files, HEAD, line, START, ticks, type Tick } from './ticks-project.js';
import { sqlText } from '../../../src/sdk/sql-text.js';

function rowsOf(table: Table | undefined): [number, RowValue][] {
  assert.ok(table);
  return Array.from(table.ts, (ts, index) => [ts, rowValue(table, index)]);
}

/** The ticks of each slot of so many seconds, from the definition, without the last one, which is not over. */
function slots(seconds: number): [ts: number, those: readonly Tick[]][] {
  const found = new Map<number, Tick[]>();
  for (const tick of ticks) {
    const open = Math.floor(tick.time / 1e6 / seconds) * seconds;
    found.set(open, [...(found.get(open) ?? []), tick]);
  }
  return [...found].slice(0, -1);
}

describe('bars of ticks', () => {
  it('have what their slots have, cold, in parts and after a file grew, and so do SQL and exports', async () => {
    const [project, parts] = [new Project(files), new Project(files)];
    try {
      await withChild(async (child) => {
        const report = await child.materialize(project, all);
        const cold = await storedTables(project.cacheDir, report);
        assert.deepEqual(
          rowsOf(cold.get('ticks')).map(([ts, value]) => [ts, (value as { id: number }).id]),
          ticks.map(({ time, id }) => [time / 1e6, id]),
        );
        assert.deepEqual(
          rowsOf(cold.get('bars')),
          slots(60).map(([ts, those]) => {
            const prices = those.map(({ price }) => price);
            const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
            return [
              ts,
              {
                open: prices[0],
                high: Math.max(...prices),
                low: Math.min(...prices),
                close: prices.at(-1),
                volume: sum(those.map(({ qty }) => qty)),
                fee: sum(those.map(({ fee }) => fee)),
                ticks: those.length,
              },
            ];
          }),
        );
        assert.deepEqual(
          rowsOf(cold.get('flow')),
          slots(60).map(([ts, those]) => [
            ts,
            {
              buys: those.filter(({ side }) => side === 'buy').length,
              last: those.at(-1)?.id,
              inside: true,
            },
          ]),
        );
        assert.deepEqual(
          rowsOf(cold.get('lately')),
          slots(60).map(([ts]) => {
            const [from, to] = [ts - 30, ts + 60].map((time) => time * 1e6) as [number, number];
            return [ts, ticks.filter(({ time }) => time >= from && time < to).length];
          }),
        );
        assert.deepEqual(
          rowsOf(cold.get('mids')).map(([ts, value]) => [ts, (value as { close: number }).close]),
          [[Date.parse('2024-03-04T14:30:00Z') / 1000, 12.5]],
        );
        // The day of New York begins after the first ticks, and ends within the others.
        const [open, close] = ['2024-03-04T14:30:00Z', '2024-03-04T21:00:00Z'].map(
          (text) => Date.parse(text) * 1000,
        );
        const session = ticks.filter(({ time }) => time >= (open ?? 0) && time < (close ?? 0));
        assert.ok(session.length > 100 && session.length < ticks.length);
        const [day] = rowsOf(cold.get('days'));
        assert.equal(day?.[0], (open ?? 0) / 1e6);
        assert.equal((day[1] as { ticks: number }).ticks, session.length);

        // A file that grows, ranges in any order and with ends between two ticks of one microsecond's neighbours.
        parts.write({ 'ticks.csv': HEAD + ticks.slice(0, 1200).map(line).join('') });
        await child.materialize(parts, { start: START / 1e6 + 100, end: START / 1e6 + 2000.25 });
        parts.append('ticks.csv', ticks.slice(1200, 2501).map(line).join(''));
        await child.materialize(parts, { start: START / 1e6 + 900, end: START / 1e6 + 9000 });
        parts.append('ticks.csv', ticks.slice(2501).map(line).join(''));
        const again = await child.materialize(parts, all);
        const warm = await storedTables(parts.cacheDir, again);
        for (const [name, table] of cold) assert.deepEqual(rowsOf(warm.get(name)), rowsOf(table), name);
        const hit = await child.materialize(parts, all);
        assert.deepEqual(new Set(hit.nodes.map(({ state }) => state)), new Set(['hit']));

        const sql = await child.request('sql', {
          projectRoot: project.root,
          strategy: 'main.ts#Main',
          most: 10,
          sql: `SELECT count(*), count(DISTINCT ts), min(epoch_us(time))::DOUBLE, max(epoch_us(time))::DOUBLE FROM ticks`,
        });
        assert.deepEqual(sql.rows[0], [
          ticks.length,
          new Set(ticks.map(({ time }) => time)).size,
          ticks[0]?.time,
          ticks.at(-1)?.time,
        ]);
        const paths = { parquet: project.path('out/t.parquet'), csv: project.path('out/t.csv') };
        for (const format of ['parquet', 'csv'] as const) {
          const asked = { projectRoot: project.root, strategy: 'main.ts#Main', nodes: ['ticks'], ...all };
          await child.request('export', { ...asked, format, path: paths[format] });
        }
        const ends = (text: string): string[] =>
          text
            .trimEnd()
            .split('\n')
            .slice(1)
            .map((each) => each.split(',')[0] ?? '');
        const times = ends(readFileSync(paths.csv, 'utf8'));
        assert.equal(times.length, ticks.length);
        assert.deepEqual(
          times.map((time) => Date.parse(`${time.slice(0, 19)}Z`) * 1000 + Number(time.slice(20, 26))),
          ticks.map(({ time }) => time),
        );
        const database = new Database(project.root);
        const [row] = await database.rows(
          `SELECT list(id::INTEGER)::VARCHAR AS ids, count(DISTINCT time)::DOUBLE AS times FROM ${sqlText(paths.parquet)}`,
        );
        database.close();
        assert.equal(row?.['ids'], JSON.stringify(ticks.map(({ id }) => id)).replaceAll(',', ', '));
        // Beside bars, too: each tick is there once.
        await child.request('export', {
          projectRoot: project.root,
          strategy: 'main.ts#Main',
          nodes: ['ticks', 'bars'],
          ...all,
          format: 'csv',
          path: paths.csv,
        });
        const joined = ends(readFileSync(paths.csv, 'utf8'));
        const apart = slots(60).filter(([ts]) => !ticks.some(({ time }) => time === ts * 1e6));
        assert.equal(joined.length, ticks.length + apart.length);
      });
    } finally {
      project.remove();
      parts.remove();
    }
  });

  it('corrected, inserted or taken away change the bars that have them in reach, and no others', async () => {
    const project = new Project(files);
    try {
      await withChild(async (child) => {
        await child.materialize(project, all);
        const at = 2000;
        const wrong = ticks[at] as Tick;
        for (const [what, change] of Object.entries({
          corrected: (list: Tick[]) => (list[at] = { ...wrong, price: 1 }),
          'taken away': (list: Tick[]) => list.splice(at, 1),
          inserted: (list: Tick[]) => list.splice(at, 0, { ...wrong, id: -1 }),
        })) {
          const changed = [...ticks];
          change(changed);
          const cold = new Project({ ...files, 'ticks.csv': HEAD + changed.map(line).join('') });
          project.write({ 'ticks.csv': HEAD + changed.map(line).join('') });
          try {
            const report = await child.materialize(project, all);
            const slot = Math.floor(wrong.time / 60e6) * 60;
            const computed = (name: string) =>
              report.nodes.find((node) => node.name === name)?.computedRanges;
            assert.deepEqual(computed('bars'), [[slot, slot + 60]], what);
            const warm = await storedTables(project.cacheDir, report);
            const fresh = await storedTables(cold.cacheDir, await child.materialize(cold, all));
            for (const [name, table] of fresh) assert.deepEqual(rowsOf(warm.get(name)), rowsOf(table), name);
          } finally {
            cold.remove();
          }
          project.write({ 'ticks.csv': files['ticks.csv'] });
          await child.materialize(project, all);
        }
      });
    } finally {
      project.remove();
    }
  });
});
