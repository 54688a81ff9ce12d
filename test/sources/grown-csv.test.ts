// Slow (15 s): properties over real files.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { MemoryStore } from '../support/memory-store.js';
import { cases } from '../support/profile.js';
import { holds } from './grown-support.js';
import { Project } from './support.js';

/** An hour and a half before clocks in Berlin are set back. */
const START = Date.UTC(2023, 9, 28, 23, 30) / 1000;
const SET_BACK = Date.UTC(2023, 9, 29, 1) / 1000;
const RANGE = { start: START - 86_400, end: START + 60 * 100_000 };

/** How a file writes the bars of its slots, by their number. */
interface Kind {
  readonly options: Record<string, unknown>;
  readonly head: string;
  row(slot: number, value: string): string;
}

const epoch = (slot: number): number => START + slot * 60;

function berlin(slot: number): string {
  const offset = epoch(slot) < SET_BACK ? 7200 : 3600;
  return new Date((epoch(slot) + offset) * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

const iso = (slot: number): string => new Date(epoch(slot) * 1000).toISOString();

const KINDS: Readonly<Record<string, Kind>> = {
  seconds: {
    options: {},
    head: 'time,value,note\n',
    row: (slot, value) => `${epoch(slot)},${value},`,
  },
  quoted: {
    options: {},
    head: '"time","value","note"\n',
    row: (slot, value) => `"${iso(slot)}","${value}","bar\n""${slot}"""`,
  },
  'local times': {
    options: { timeZone: 'Europe/Berlin' },
    head: '# from Berlin\ntime,value,note\n',
    row: (slot, value) => `${berlin(slot)},${value},x`,
  },
  'local closes': {
    options: { timeZone: 'Europe/Berlin', stamp: 'close' },
    head: 'time;value;note\n',
    row: (slot, value) => `${berlin(slot + 1)};${value};x`,
  },
  'no header': {
    options: { columns: ['time', 'value', 'note'] },
    head: '',
    row: (slot, value) => `${epoch(slot) * 1000},${value},y`,
  },
  'several symbols': {
    options: { symbol: 'A' },
    head: 'symbol,time,value\n',
    row: (slot, value) => `A,${iso(slot)},${value}\nB,${iso(slot)},1`,
  },
  snapped: {
    options: { snap: '1m' },
    head: '\uFEFFtime,value,note\n',
    row: (slot, value) => `${epoch(slot) + (slot % 7)},${value},z`,
  },
  repaired: {
    options: { conformance: 'permissive' },
    head: 'time,value,note\n',
    row: (slot, value) => `${epoch(slot)},${value},`,
  },
};

/** What has been written to a file so far. */
interface Written {
  readonly kind: Kind;
  text: string;
  slots: number;
}

function rows({ kind }: Written, from: number, count: number): string {
  return Array.from({ length: count }, (_, i) => `${kind.row(from + i, String((from + i) / 4))}\n`).join('');
}

function add(file: Written, count: number, behind = 0): void {
  file.text += rows(file, file.slots + behind, count);
  file.slots += behind + count;
}

/** Adds a row in which one cell is another. */
function addOdd(file: Written, value: string): void {
  file.text += `${file.kind.row(file.slots++, value)}\n`;
}

function replaceLine(file: Written, at: number, line: (old: string) => string): void {
  const lines = file.text.split('\n');
  const index = Math.min(lines.length - 1, 1 + (at % lines.length));
  lines[index] = line(lines[index] ?? '');
  file.text = lines.join('\n');
}

const ODD_VALUES = ['text', 'true', '1,5', '"1,234"', '12.3K', 'N/A', '', 'nan', '1e400', '"a\nb"', '"'];

/** What may happen to a file between two runs; `at` and `n` are any numbers. */
const EDITS: Readonly<Record<string, (file: Written, at: number, n: number) => void>> = {
  append: (file, _, n) => {
    add(file, n);
  },
  'append behind a hole': (file, at, n) => {
    add(file, n, at % 50);
  },
  'append without a last line end': (file, _, n) => {
    add(file, n);
    file.text = file.text.slice(0, -1);
  },
  'end the last line': (file) => {
    file.text += '\n';
  },
  'complete the last line': (file, at) => {
    file.text = `${file.text.trimEnd()}${at % 10}\n`;
  },
  'cut the last line': (file, at) => {
    file.text = file.text.slice(0, -(at % 12) || undefined);
  },
  'correct a value': (file, at) => {
    replaceLine(file, at, (line) => line.replace(/\d(?=\D*$)/, '7'));
  },
  'correct and append': (file, at, n) => {
    replaceLine(file, at, (line) => line.replace(/\d(?=\D*$)/, '8'));
    add(file, n);
  },
  'remove a line': (file, at) => {
    const lines = file.text.split('\n');
    lines.splice(1 + (at % lines.length), 1);
    file.text = lines.join('\n');
  },
  'a late row': (file, at) => {
    file.text += rows(file, at % Math.max(1, file.slots), 1);
  },
  'a row off the grid': (file) => {
    file.text += `${file.kind.row(file.slots + 0.3, '1')}\n`;
  },
  'an odd value': (file, at) => {
    addOdd(file, ODD_VALUES[at % ODD_VALUES.length] ?? '');
  },
  'an odd value and more rows': (file, at, n) => {
    addOdd(file, ODD_VALUES[at % ODD_VALUES.length] ?? '');
    add(file, n);
  },
  'too many cells': (file) => {
    file.text += `${file.kind.row(file.slots++, '1')},2,3\n`;
  },
  'a time that is none': (file, _, n) => {
    file.text += `${file.kind.row(file.slots, '1').replace(/\d{4}/, 'no')}\n`;
    add(file, n, 1);
  },
  'the header again': (file, _, n) => {
    file.text += file.kind.head;
    add(file, n);
  },
  'a mark of another file': (file, _, n) => {
    file.text += '\uFEFF';
    add(file, n);
  },
  'a comment': (file, _, n) => {
    file.text += '# what follows is good\n';
    add(file, n);
  },
  'empty lines': (file, _, n) => {
    file.text += '\n\n';
    add(file, n);
  },
  'a footer': (file) => {
    file.text += 'Source: somewhere\n';
  },
  'other line ends from now on': (file, _, n) => {
    const { length } = file.text;
    add(file, n);
    file.text = file.text.slice(0, length) + file.text.slice(length).replaceAll('\n', '\r\n');
  },
  'other line ends': (file, at) => {
    const plain = file.text.replaceAll('\r\n', '\n');
    file.text = at % 2 === 0 ? plain.replaceAll('\n', '\r\n') : plain.replaceAll('\n', '\r');
  },
  'newest first': (file) => {
    const lines = file.text.trimEnd().split('\n');
    file.text = `${[lines[0], ...lines.slice(1).reverse()].join('\n')}\n`;
  },
  'written anew': () => undefined,
};

/** Bytes of the CSV files that are read to their ends while something is done. */
async function bytesRead(work: () => Promise<unknown>): Promise<number> {
  const { run } = DuckDBConnection.prototype;
  let bytes = 0;
  DuckDBConnection.prototype.run = function (sql, ...rest) {
    const path = /read_csv\('([^']+)'/.exec(sql)?.[1];
    if (path !== undefined && !sql.includes('LIMIT')) bytes += statSync(path).size;
    return run.call(this, sql, ...rest);
  };
  try {
    await work();
  } finally {
    DuckDBConnection.prototype.run = run;
  }
  return bytes;
}

describe('a CSV file that grew', () => {
  let project: Project;
  before(() => (project = new Project({ hints: new Map() })));
  after(() => project.remove());

  async function check(store: MemoryStore, file: Written): Promise<number> {
    project.write('bars.csv', file.text);
    const options = { path: 'bars.csv', ...file.kind.options };
    return holds(project, store, { kind: 'csv', options, range: RANGE });
  }

  for (const [name, kind] of Object.entries(KINDS)) {
    it(`gives what it would give to a run that knows nothing, whatever happened to it: ${name}`, async () => {
      const edit = fc.record({
        how: fc.oneof(fc.constantFrom('append', 'append'), fc.constantFrom(...Object.keys(EDITS))),
        at: fc.nat(7000),
        n: fc.integer({ min: 1, max: 90 }),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 150 }),
          fc.array(edit, { minLength: 2, maxLength: 5 }),
          async (count, steps) => {
            const file: Written = { kind, text: kind.head, slots: 0 };
            add(file, count);
            const store = new MemoryStore();
            await check(store, file);
            for (const { how, at, n } of steps) {
              EDITS[how]?.(file, at, n);
              await check(store, file);
            }
          },
        ),
        cases(40, 3),
      );
    });
  }

  it('is read from its last line on', async () => {
    for (const [name, kind] of Object.entries(KINDS)) {
      const file: Written = { kind, text: kind.head, slots: 0 };
      add(file, 3_000);
      const store = new MemoryStore();
      const whole = await bytesRead(() => check(store, file));
      assert.ok(whole > file.text.length, `${name}: ${whole} bytes were read of ${file.text.length}`);
      for (const end of ['', '\n', '']) {
        add(file, 100);
        // Also where the last line does not end, so that the next one has to end it first.
        file.text = end === '' ? file.text.slice(0, -1) : file.text;
        const read = await bytesRead(() => check(store, file));
        // The other run knows nothing and reads it all.
        const own = read - file.text.length;
        if (kind.options['conformance'] === 'permissive')
          assert.ok(own > file.text.length, `${name}: ${own}`);
        else assert.ok(own < file.text.length / 10, `${name}: ${own} bytes were read`);
        if (end === '') file.text += '\n';
      }
    }
  });

  it('is read whole where a line behind the first ones changes what a column is', async () => {
    const odd = ['text', '1', '', 'text'];
    for (const kind of [KINDS['seconds'], KINDS['no header']] as Kind[]) {
      const file: Written = { kind, text: kind.head, slots: 0 };
      // More than the rows by which columns are judged.
      add(file, 20_500);
      const store = new MemoryStore();
      await check(store, file);
      for (const note of odd) {
        file.text += kind.row(file.slots++, '3').replace(/,y?$/, `,${note}\n`);
        await check(store, file);
      }
    }
  });
});
