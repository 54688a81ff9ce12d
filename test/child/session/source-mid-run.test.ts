// Slow (15 s): runs in a child process.
import assert from 'node:assert/strict';
import { existsSync, renameSync } from 'node:fs';

import { DuckDBInstance } from '@duckdb/node-api';

import type { FailureReport, RunReport } from '../../../src/engine/run/reporting/report.js';
import { openStore } from '../../../src/store/store.js';
import {
  Child,
  closeOf,
  csvLines,
  CSV_HEADER,
  minute,
  Project,
  states,
  storedTables,
} from '../../support/project.js';

const BARS = 2000;
const RANGE = { start: minute(0), end: minute(BARS) };
const otherClose = (index: number): number => closeOf(index) + (index >= 30 ? 1 : 0);

/** `clock` is asked for its version after `price` was, and before that is read: then the next content takes its place. */
const STRATEGY = `
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { csvHistory, Node, parquetHistory, Strategy, StreamInput } from 'seamless-dag';

const swap = () => {
  if (existsSync('DIR/next')) renameSync('DIR/next', 'DIR/FILE');
};
const parse = () =>
  readFileSync('DIR/FILE', 'utf8').trim().split('\\n').slice(1)
    .map((line) => line.split(',').map(Number)).map(([ts, close]) => ({ ts, close }));
const told = {
  kind: 'told',
  options: {},
  version: () => readFileSync('DIR/FILE', 'utf8'),
  bounds: () => ({ first: parse()[0].ts, last: parse().at(-1).ts }),
  fetch: ({ start, end }) => {
    const rows = parse().filter(({ ts }) => ts >= start && ts < end);
    swap();
    return rows;
  },
};
const clock = {
  kind: 'clock',
  options: {},
  version: () => {
    if (!told.isRead) swap();
    return 'v';
  },
  bounds: () => ({ first: ${minute(0)}, last: ${minute(BARS - 1)} }),
  fetch: ({ start, end }) => [{ ts: start, x: 1 }],
};

export class Main extends Strategy {
  setup(): void {
    const price = new StreamInput({ name: 'price', tags: ['price'], interval: '1m', historyProvider: PROVIDER });
    const tick = new StreamInput({ name: 'tick', tags: ['tick'], interval: '1m', historyProvider: clock });
    const mean = new Node({ name: 'mean', input: price, period: 3,
      computeFn: (view) => view.window(price).column('close').reduce((sum, close) => sum + close, 0) });
    const slow = new Node({ name: 'slow', interval: '1h', input: mean, period: 40,
      computeFn: (view) => view.window(mean).column().reduce((sum, each) => sum + each, 0) });
    this.addNodes([price, tick, mean, slow]);
  }
}
`;

interface Source {
  readonly provider: string;
  readonly file: string;
  readonly write: (project: Project, name: string, close: (index: number) => number) => Promise<void>;
}

const SOURCES: Readonly<Record<string, Source>> = {
  Parquet: {
    provider: "parquetHistory('bars.parquet')",
    file: 'bars.parquet',
    write: async (project, name, close) => {
      project.write({ 'rows.csv': CSV_HEADER + csvLines(0, BARS, close) });
      const instance = await DuckDBInstance.create(':memory:');
      const connection = await instance.connect();
      const path = (file: string): string => project.path(file).replaceAll('\\', '/');
      await connection.run(`COPY (FROM '${path('rows.csv')}') TO '${path('next.tmp')}' (FORMAT parquet)`);
      connection.closeSync();
      instance.closeSync();
      renameSync(project.path('next.tmp'), project.path(name));
    },
  },
  'a provider of the author’s own': {
    provider: 'told',
    file: 'bars.txt',
    write: (project, name, close) => {
      project.write({ [name]: CSV_HEADER + csvLines(0, BARS, close) });
      return Promise.resolve();
    },
  },
};

async function stored(
  project: Project,
  node: string,
  range = RANGE,
  dir = project.cacheDir,
): Promise<number> {
  const store = await openStore({ dir });
  try {
    const found = await store.findNode('Main', node);
    const [table] = found ? await store.read([{ fingerprint: found.fingerprint, range }]) : [];
    return table?.ts.length ?? 0;
  } finally {
    await store.close();
  }
}

const failureOf = ({ nodes }: RunReport): FailureReport | null =>
  nodes.find(({ name }) => name === 'price')?.failure ?? null;

describe('a source that is written while a run reads it', () => {
  let child: Child;
  let project: Project;
  before(() => {
    child = new Child();
  });
  after(() => child.end());
  afterEach(() => project.remove());

  const equalsCold = async (): Promise<void> => {
    const warm = await child.materialize(project, RANGE);
    const cold = await child.materialize(project, { ...RANGE, cacheDir: project.path('cold') });
    assert.deepEqual(warm.coverageBounds, cold.coverageBounds);
    assert.deepEqual(
      await storedTables(project.cacheDir, warm),
      await storedTables(project.path('cold'), cold),
    );
    assert.ok(
      Object.values(states(await child.materialize(project, RANGE))).every((state) => state === 'hit'),
    );
  };

  for (const [kind, { provider, file, write }] of Object.entries(SOURCES)) {
    it(`${kind}: is noticed, nothing of it is stored, and the next run equals a cold one`, async () => {
      project = new Project({});
      const text = STRATEGY.replaceAll('DIR', project.root.replaceAll('\\', '/')).replaceAll('FILE', file);
      project.write({ 'main.ts': text.replace('PROVIDER', provider) });
      await write(project, file, closeOf);
      await write(project, 'next', otherClose);
      const first = await child.materialize(project, RANGE);
      assert.deepEqual(states(first), {
        price: 'failed',
        tick: 'computed',
        mean: 'blocked',
        slow: 'blocked',
      });
      assert.match(failureOf(first)?.message ?? '', /changed while it was being read.*run again/);
      assert.equal(existsSync(project.path('next')), false);
      assert.deepEqual([await stored(project, 'price'), await stored(project, 'mean')], [0, 0]);
      await equalsCold();

      // Once more over what is stored: what is read again in one go is whole, whatever comes after.
      await write(project, 'next', closeOf);
      await write(project, file, (index) => closeOf(index) * 2);
      const failure = failureOf(await child.materialize(project, RANGE));
      if (failure) assert.match(failure.message, /changed while it was being read/);
      assert.equal(existsSync(project.path('next')), false);
      await equalsCold();
    });
  }
});
