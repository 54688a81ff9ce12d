// Slow (20 s): a run for each file.
import assert from 'node:assert/strict';
import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RunReport } from '../../src/engine/run/reporting/report.js';
import { SeamlessError } from '../../src/sdk/errors.js';
import { rowValue, type Table } from '../../src/sdk/table.js';
import { parseTime } from '../../src/sdk/time/time.js';
import { Child, Project, storedTables } from '../support/project.js';

const CASES = resolve(import.meta.dirname, '../../../shared/cases/files');
/** Strategies in place of those of a case, where it takes an option to be read right. */
const OWN = join(import.meta.dirname, 'cases');

/** What the `case.json` of a case says is right; what its parts mean is in the README beside the cases. */
interface Wanted {
  readonly had: string;
  readonly start: string;
  readonly end: string;
  readonly expect?: readonly Expected[];
  readonly says?: string;
  readonly exports?: string;
}

interface Expected {
  readonly node: string;
  readonly column: string;
  readonly series?: readonly (readonly [ts: number, value: number | null])[];
  readonly rows?: number;
}

describe("the files of vendors, each by a user's first line", () => {
  let child: Child;
  before(() => {
    assert.ok(existsSync(CASES), `${CASES} is missing: put the cases beside the repository.`);
    child = new Child();
  });
  after(() => child.end());

  const names = existsSync(CASES)
    ? readdirSync(CASES).filter((name) => existsSync(join(CASES, name, 'case.json')))
    : [];

  it('are there', () => assert.ok(names.length >= 32));

  for (const name of names) {
    const wanted = JSON.parse(readFileSync(join(CASES, name, 'case.json'), 'utf8')) as Wanted;
    it(`${name}: ${wanted.had}`, async () => {
      if (wanted.exports !== undefined) {
        const types = readFileSync(resolve(import.meta.dirname, '../../dist/types/index.d.ts'), 'utf8');
        assert.match(types, new RegExp(wanted.exports, 'i'));
        return;
      }
      const project = new Project({});
      try {
        cpSync(join(CASES, name), project.root, { recursive: true });
        const own = join(OWN, `${name}.ts`);
        if (existsSync(own)) copyFileSync(own, project.path('strategy.ts'));
        await tryCase(child, project, wanted);
      } finally {
        project.remove();
      }
    });
  }
});

/** Right values; or, where the case takes them and a run is refused, words that show the way out. */
async function tryCase(child: Child, project: Project, wanted: Wanted): Promise<void> {
  const range = { start: parseTime(wanted.start), end: parseTime(wanted.end) };
  let report: RunReport;
  try {
    report = await child.materialize(project, { file: 'strategy.ts', className: 'S', ...range });
  } catch (error) {
    assert.ok(error instanceof SeamlessError && error.code !== 'internal', String(error));
    assertSays(error.message, project, wanted);
    return;
  }
  const refused = report.nodes.filter(({ failure }) => failure !== null);
  if (refused.length > 0) {
    assertSays(refused.map(({ failure }) => failure?.message).join(' '), project, wanted);
    return;
  }
  assert.ok(wanted.expect, 'It was read, though it cannot be right.');
  const tables = await storedTables(project.cacheDir, report);
  for (const expected of wanted.expect) assertExpected(tables.get(expected.node), expected);
}

/** Names of files are no advice. */
function assertSays(message: string, { root }: Project, { says }: Wanted): void {
  const words = message.replaceAll(root, '').replace(/\bdata\/\S*|\bstrategy\.ts\S*/g, 'FILE');
  assert.ok(says !== undefined, words);
  assert.match(words, new RegExp(says, 'i'));
}

function assertExpected(table: Table | undefined, { node, column, series, rows }: Expected): void {
  assert.ok(table, `there is no node ${node}`);
  if (rows !== undefined) assert.equal(table.ts.length, rows, node);
  if (series === undefined) return;
  assert.equal(table.ts.length, series.length, `rows of ${node}`);
  for (const [row, [ts, value]] of series.entries()) {
    assert.equal(table.ts[row], ts);
    assert.ok(isSame(cell(table, row, column), value), `${node}.${column} at ${ts}`);
  }
}

function cell(table: Table, row: number, column: string): unknown {
  const value = rowValue(table, row);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).find(([name]) => plain(name) === plain(column))?.[1];
}

/** `Close`, `<CLOSE>` and `close` are one column: what it is called is the product's affair. */
function plain(column: string): string {
  return column.replace(/[^\p{L}\p{N}_]/gu, '').toLowerCase();
}

function isSame(found: unknown, wanted: number | null): boolean {
  if (wanted === null) return found === null || Number.isNaN(found);
  if (typeof found !== 'number') return false;
  return Math.abs(found - wanted) <= Math.max(1e-9 * Math.max(Math.abs(found), Math.abs(wanted)), 1e-12);
}
