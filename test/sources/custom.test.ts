import assert from 'node:assert/strict';
import { SeamlessError } from '../../src/sdk/errors.js';
import type { FetchRequest, HistoryProvider, HistoryRow } from '../../src/sdk/providers/providers.js';
import { customReader } from '../../src/sources/library.js';
import { Project, fails, readAll, rowsOf, streamOf } from './support.js';

const RANGE = { start: 0, end: 600 };

describe("providers of an author's own", () => {
  const provider = (rows: readonly unknown[], more: Partial<HistoryProvider> = {}): HistoryProvider => ({
    kind: 'mine',
    options: {},
    fetch: () => rows as readonly HistoryRow[],
    ...more,
  });
  const reader = (rows: readonly unknown[], more: Partial<HistoryProvider> = {}) =>
    customReader(provider(rows, more), streamOf('custom', {}));
  const refused = (rows: readonly unknown[], ...patterns: RegExp[]) =>
    fails(readAll(reader(rows), RANGE), 'source-row', ...patterns);

  it('give rows of any columns, absent cells being null', async () => {
    const rows = [
      { ts: 0, close: 1, up: true, name: 'a', none: null },
      { ts: 60, close: Number.NaN, up: null, name: '' },
      { ts: 180, up: false, name: null },
    ];
    const table = await readAll(reader(rows), RANGE);
    assert.deepEqual(rowsOf(table), [
      [0, { close: 1, up: true, name: 'a', none: null }],
      [60, { close: Number.NaN, up: null, name: '', none: null }],
      [180, { close: null, up: false, name: null, none: null }],
    ]);
    assert.deepEqual(table.names, ['close', 'name', 'none', 'up']);
    assert.deepEqual(
      table.columns.map((column) => column.type),
      ['number', 'string', 'null', 'boolean'],
    );
  });

  it('are asked for long ranges piece by piece, and may return more than they were asked for', async () => {
    const requests: FetchRequest[] = [];
    const all = Array.from({ length: 250_000 }, (_, i) => ({ ts: i * 60, x: i }));
    const fetch = (request: FetchRequest) => {
      requests.push(request);
      return Promise.resolve(all);
    };
    const table = await readAll(reader([], { fetch }), { start: 6000, end: 249_000 * 60 });
    assert.deepEqual(
      table.ts,
      Float64Array.from(all.slice(100, 249_000), ({ ts }) => ts),
    );
    assert.deepEqual(requests, [
      { start: 6000, end: 6_006_000, interval: 60 },
      { start: 6_006_000, end: 12_006_000, interval: 60 },
      { start: 12_006_000, end: 14_940_000, interval: 60 },
    ]);
    requests.length = 0;
    await readAll(reader([], { fetch }), { start: -Infinity, end: Infinity });
    assert.equal(requests.length, 1);
  });

  it('are asked for years without a bar in few calls', async () => {
    let calls = 0;
    const fetch = ({ start, end }: FetchRequest): HistoryRow[] => {
      calls++;
      const last = 1_700_000_040;
      return start <= last && last < end ? [{ ts: last, x: 1 }] : [];
    };
    const table = await readAll(reader([], { fetch }), { start: 0, end: 1_800_000_000 });
    assert.deepEqual([...table.ts], [1_700_000_040]);
    assert.ok(calls < 25, `${calls}`);
  });

  it('tell their version and bounds where they know them', async () => {
    const silent = reader([]);
    assert.equal(await silent.version(), null);
    const anyTime = await silent.bounds();
    assert.equal(anyTime?.first, 0);
    assert.ok(anyTime.last > Date.parse('2025-01-01') / 1000 && anyTime.last + 60 <= Date.now() / 1000);
    assert.equal(anyTime.last % 60, 0);
    const bounds = { first: 60, last: 120 };
    const versionKind = reader([], { version: () => Promise.resolve('v1'), bounds: () => bounds });
    assert.equal(await versionKind.version(), 'v1');
    assert.deepEqual(await versionKind.bounds(), bounds);
    assert.equal(await reader([], { bounds: () => null }).bounds(), null);
    const wrong = (first: number, last: number) => reader([], { bounds: () => ({ first, last }) }).bounds();
    await fails(wrong(120, 60), 'source', /end, at 1970-01-01T00:01:00Z, before they start/);
    await fails(wrong(90, 120), 'source-row', /the first bar of bounds .*not on the stream's grid/);
    await fails(
      wrong(60, 1_677_628_800_000),
      'source-row',
      /the last bar of bounds .*milliseconds.*1677628800\./,
    );
    const version = (() => 7) as unknown as () => string;
    await fails(reader([], { version }).version(), 'source', /must return a text, but returned 7/);
  });

  it('are refused rows that are no bars', async () => {
    await refused(
      [{ ts: 0 }, { ts: 1_677_628_800_000 }],
      /row 1 that fetch returned for 1970-01-01 → /,
      /only be milliseconds/,
      /Return seconds: 1677628800\./,
    );
    await refused([{ x: 1 }], /row 0 .* has no time: return ts in seconds/);
    await refused([{ ts: '2023-03-01' }], /row 0 .*"2023-03-01" for a time/);
    await refused([{ ts: Number.NaN }], /row 0 .*"NaN" for a time/);
    await refused([{ ts: 60 }, { ts: 0 }], /row 1 .*comes after.*Return them sorted by ts/);
    await refused([{ ts: 60 }, { ts: 60 }], /row 1 .*like the row before/);
    await refused([{ ts: 61 }], /row 0 .*1970-01-01T00:01:01Z, which is not on the stream's grid of 1m/);
    await refused(
      [{ ts: 30 }, { ts: 90 }],
      /not on the stream's grid of 1m.* say so with options: \{ phase: 30 \} of its provider\./,
    );
    await refused(
      [
        { ts: 0, x: 1 },
        { ts: 60, x: 'a' },
      ],
      /1970-01-01T00:01:00Z has "a" in column x, but must have a number/,
    );
    await refused(
      [{ ts: 0, x: { a: 1 } }],
      /has an object in column x, but must have a number, a boolean, a text or null/,
    );
    await refused(
      [
        { ts: 0, x: 'a' },
        { ts: 60, x: 'a\ud83d' },
      ],
      /1970-01-01T00:01:00Z has a text with half of a character .* in column x: .*toWellFormed\(\)/,
    );
    await refused([{ ts: 0, 'x\udc00': 1 }], /half of a character .* as the name of a column/);
    await refused([{ ts: 0 }, 5], /row 1 .* is 5: each must be a record/);
  });

  it('are refused columns that come and go', async () => {
    const fetch = ({ start }: FetchRequest): HistoryRow[] => [
      start === 0 ? { ts: 0, x: 1 } : { ts: start, x: 1, y: 2 },
    ];
    const changing = reader([], { fetch });
    await readAll(changing, { start: 0, end: 60 });
    await fails(
      readAll(changing, { start: 60, end: 120 }),
      'source-row',
      /has a column y that earlier rows had not/,
    );
  });

  it('are refused without fetch, when it throws, or returns no rows', async () => {
    assert.throws(
      () => customReader({ kind: 'mine', options: {} }, streamOf('custom', {})),
      /BTC\.price: its provider mine has no fetch/,
    );
    const throwing = (error: unknown) =>
      readAll(
        reader([], {
          fetch: () => {
            throw error;
          },
        }),
        RANGE,
      );
    await fails(throwing(new Error('no route.')), 'source', /fetch of its provider mine threw: no route\./);
    await fails(throwing('tired.'), 'source', /threw: tired\./);
    const own = new SeamlessError('compute-only', 'refused');
    await assert.rejects(throwing(own), (error) => error === own);
    const fetch = (() => ({ rows: [] })) as unknown as () => HistoryRow[];
    await fails(
      readAll(reader([], { fetch }), RANGE),
      'source',
      /must return an array of rows, but returned an object/,
    );
  });

  it('are opened by the library through the door it was given', async () => {
    const project = new Project({
      custom: (stream) => Promise.resolve(customReader(provider([{ ts: 0, x: 1 }]), stream)),
    });
    const table = await readAll(await project.open('custom', {}), RANGE);
    assert.deepEqual(rowsOf(table), [[0, { x: 1 }]]);
    project.remove();
    const closed = new Project();
    await fails(closed.open('custom', {}), 'source', /no source of kind "custom"/);
    closed.remove();
  });
});
