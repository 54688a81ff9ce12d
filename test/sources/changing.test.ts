import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import type { SourceReader } from '../../src/engine/ports/source.js';
import { concatTables, type Table } from '../../src/sdk/table.js';
import { EVERYTHING, fails, Project, rowsOf } from './support.js';

/** More than one batch of them. */
const ROWS = 50_000;
const CHANGED = /bars\.csv changed while it was being read: run again once it is written/;

function textOf(close: (index: number) => number): string {
  let text = 'time,close\n';
  for (let index = 0; index < ROWS; index++) text += `${index * 60},${close(index)}\n`;
  return text;
}

const FIRST = textOf((index) => index);
const SECOND = textOf((index) => index * 2);

describe('a CSV that a program writes anew while it is read', () => {
  let project: Project;
  let hints: Map<string, string>;
  beforeEach(() => {
    hints = new Map();
    project = new Project({ hints });
    project.write('bars.csv', FIRST);
  });
  afterEach(() => project.remove());

  const open = (): Promise<SourceReader> => project.open('csv', { path: 'bars.csv' });

  /** Reads on, and does something after so many tables; gives the tables and how many there were. */
  async function readAnd(reader: SourceReader, after: number, act: () => void): Promise<Table[]> {
    const tables: Table[] = [];
    for await (const table of reader.read(EVERYTHING)) {
      tables.push(table);
      if (tables.length === after) act();
    }
    return tables;
  }

  for (const [how, text] of Object.entries({ emptied: '', 'written anew': SECOND })) {
    it(`is said to have changed when it is ${how} between any two tables`, async () => {
      const { length } = await readAnd(await open(), 0, () => undefined);
      assert.ok(length > 1, `${length} tables`);
      for (let after = 1; after <= length; after++) {
        project.write('bars.csv', FIRST);
        const reader = await open();
        await reader.version();
        await fails(
          readAnd(reader, after, () => project.write('bars.csv', text)),
          'source',
          CHANGED,
        );
      }
    });
  }

  it('is said to have changed when it was emptied after it was opened, before or after its version was told', async () => {
    for (const toldFirst of [true, false]) {
      project.write('bars.csv', FIRST);
      const reader = await open();
      if (toldFirst) await reader.version();
      project.write('bars.csv', '');
      if (!toldFirst) await reader.version();
      await fails(
        readAnd(reader, 0, () => undefined),
        'source',
        CHANGED,
      );
    }
  });

  it('is said to have changed when it is empty and was not when a run looked at it before', async () => {
    utimesSync(project.path('bars.csv'), 1e9, 1e9);
    // A file is remembered only once its last change is a while ago.
    const { now } = Date;
    Date.now = () => now() + 10_000;
    try {
      await (await open()).version();
    } finally {
      Date.now = now;
    }
    assert.equal(hints.size, 1);
    project.write('bars.csv', '');
    const emptied = await open();
    await emptied.version();
    await fails(
      readAnd(emptied, 0, () => undefined),
      'source',
      CHANGED,
    );
    // And the way out works.
    project.write('bars.csv', SECOND);
    const written = await open();
    await written.version();
    const rows = rowsOf(concatTables(await readAnd(written, 0, () => undefined)));
    assert.equal(rows.length, ROWS);
  });

  it('is called empty when it never held anything', async () => {
    project.write('bars.csv', '');
    const reader = await open();
    await reader.version();
    await fails(
      readAnd(reader, 0, () => undefined),
      'source',
      /bars\.csv is empty: write a header line/,
    );
  });
});
