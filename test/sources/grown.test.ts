// Slow (9 s): Parquet files that grow, read again and again.
import assert from 'node:assert/strict';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { MemoryStore } from '../support/memory-store.js';
import { cases } from '../support/profile.js';
import { holds } from './grown-support.js';
import { Project } from './support.js';

const PARQUET = {
  kind: 'parquet',
  options: { path: 'bars.parquet' },
  range: { start: 0, end: 60 * 100_000 },
} as const;

describe('a file that grew', () => {
  let project: Project;
  before(() => (project = new Project({ hints: new Map() })));
  after(() => project.remove());

  describe('in Parquet', () => {
    let connection: DuckDBConnection;
    before(async () => {
      connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
    });
    beforeEach(() => connection.run('CREATE OR REPLACE TABLE bars(time BIGINT, value DOUBLE)'));
    after(() => connection.closeSync());

    const add = (from: number, to: number): Promise<unknown> =>
      connection.run(`INSERT INTO bars SELECT i * 60, i / 4 FROM range(${from}, ${to}) t(i)`);
    const write = (): Promise<unknown> =>
      connection.run(`COPY bars TO '${project.path('bars.parquet')}' (ROW_GROUP_SIZE 2048)`);

    /** What may happen to a table between two runs; `at` and `n` are any numbers, `end` is where its rows end. */
    const edits: Readonly<Record<string, (at: number, n: number, end: number) => Promise<unknown>>> = {
      append: (_, n, end) => add(end, end + n),
      'append a whole group': (_, n, end) => add(end, end + 2048 + n),
      'append behind a hole': (_, n, end) => add(end + n, end + 2 * n),
      correct: (at) => connection.run(`UPDATE bars SET value = -7 WHERE rowid = ${at}`),
      'correct and append': async (at, n, end) => {
        await connection.run(`UPDATE bars SET value = -8 WHERE rowid = ${at}`);
        await add(end, end + n);
      },
      remove: (at, n) =>
        connection.run(`DELETE FROM bars WHERE time >= ${at * 60} AND time < ${(at + n) * 60}`),
      truncate: (_, n, end) => connection.run(`DELETE FROM bars WHERE time >= ${(end - n) * 60}`),
      'a late row': (at) => connection.run(`INSERT INTO bars VALUES (${at * 60}, 3)`),
      'a row off the grid': (_, n, end) => connection.run(`INSERT INTO bars VALUES (${end * 60 + 7}, ${n})`),
      'another type': () => connection.run('ALTER TABLE bars ALTER value TYPE FLOAT'),
      'written again': () => Promise.resolve(),
    };

    /** Whatever happens to the file, a run gives what one gives that knows nothing. */
    const holdsThrough = (
      names: readonly string[],
      written: () => Promise<unknown>,
      source: Parameters<typeof holds>[2],
      nightly: number,
    ): Promise<void> => {
      const how = fc.constantFrom(...names);
      const edit = fc.record({ how, at: fc.nat(7000), n: fc.integer({ min: 1, max: 900 }) });
      return fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 5000 }),
          fc.array(edit, { minLength: 2, maxLength: 4 }),
          async (rows, steps) => {
            await connection.run('CREATE OR REPLACE TABLE bars(time BIGINT, value DOUBLE)');
            await add(0, rows);
            const store = new MemoryStore();
            await written();
            await holds(project, store, source);
            for (const step of steps) {
              const [[end]] = (
                await connection.runAndReadAll('SELECT coalesce(max(time) // 60 + 1, 0)::INT FROM bars')
              ).getRowsJS() as [[number]];
              await edits[step.how]?.(step.at % Math.max(1, end), step.n, end);
              await written();
              await holds(project, store, source);
            }
          },
        ),
        cases(nightly, 6),
      );
    };

    it('gives what it would give to a run that knows nothing, whatever happened to it', () =>
      holdsThrough(Object.keys(edits), write, PARQUET, 60));

    /** The same with times that are a little off. */
    const SNAPPED = { ...PARQUET, options: { path: 'snapped.parquet', snap: '1m' }, notes: true } as const;
    const writeSnapped = (): Promise<unknown> =>
      connection.run(
        `COPY (SELECT time + (time // 60) % 7 AS time, value FROM bars) TO '${project.path('snapped.parquet')}' (ROW_GROUP_SIZE 2048)`,
      );

    it('gives and counts what it would to a run that knows nothing where its times are rounded', () =>
      holdsThrough(
        [
          'append',
          'append a whole group',
          'append behind a hole',
          'correct',
          'correct and append',
          'remove',
          'written again',
        ],
        writeSnapped,
        SNAPPED,
        40,
      ));

    for (const [what, file, save] of [
      ['', PARQUET, write],
      [' where its times are rounded', SNAPPED, writeSnapped],
    ] as const)
      it(`is read from its last row group on${what}`, async () => {
        const store = new MemoryStore();
        await add(0, 6_000);
        await save();
        await holds(project, store, file);
        // The first block of the cache is as long as a chunk, so what is added makes others.
        for (const [from, to] of [
          [6_000, 12_000],
          [12_000, 12_100],
          [12_100, 12_200],
        ] as const) {
          await add(from, to);
          await save();
          const read = await holds(project, store, file);
          if (from >= 12_000) assert.ok(read <= 6_300, `${read} rows were read`);
        }
      });
  });
});
