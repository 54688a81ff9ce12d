import assert from 'node:assert/strict';
import {
  columnFromArray,
  CompressionType,
  dateDay,
  dateMillisecond,
  dictionary,
  float16,
  float32,
  float64,
  int32,
  int64,
  list,
  nullType,
  bool,
  getCompressionCodec,
  setCompressionCodec,
  tableFromColumns,
  tableToIPC,
  timestamp,
  TimeUnit,
  uint64,
  utf8,
  type Column,
  type DataType,
} from '@uwdata/flechette';
import { compress } from 'lz4js';
import { Project, fails, readAll, rowsOf } from './support.js';

const FIRST = Date.parse('2024-01-12T00:00:00Z') / 1000;
const MINUTE = 60;

interface Written {
  readonly format?: 'file' | 'stream';
  readonly packed?: boolean;
}

/** Bytes of an Arrow file. */
function arrow(
  columns: Record<string, Column<unknown>>,
  { format = 'file', packed = false }: Written = {},
): Uint8Array {
  const codec = packed ? CompressionType.LZ4_FRAME : undefined;
  const bytes = tableToIPC(tableFromColumns(columns), { format, ...(codec !== undefined && { codec }) });
  assert.ok(bytes);
  return bytes;
}

const opens = (rows: number): number[] => Array.from({ length: rows }, (_, i) => FIRST + i * MINUTE);
const column = (values: readonly unknown[], type: DataType): Column<unknown> =>
  columnFromArray<unknown>(values as unknown[], type, { useBigInt: true, maxBatchRows: 3000 });
/** Opens as whole seconds. */
const times = (rows: number): Column<unknown> => column(opens(rows).map(BigInt), int64());

describe('parquetHistory over Arrow files', () => {
  const project = new Project();
  const read = async (bytes: Uint8Array, options = {}): Promise<ReturnType<typeof rowsOf>> => {
    project.write('bars.feather', bytes);
    return rowsOf(await project.read('parquet', { path: 'bars.feather', ...options }));
  };

  before(() => {
    const lz4 = getCompressionCodec(CompressionType.LZ4_FRAME);
    assert.ok(lz4, 'the reader has it');
    setCompressionCodec(CompressionType.LZ4_FRAME, {
      decode: lz4.decode,
      encode: (bytes) => compress(bytes),
    });
  });
  after(() => project.remove());

  for (const written of [
    {},
    { packed: true },
    { format: 'stream' },
    { format: 'stream', packed: true },
  ] as const) {
    it(`${JSON.stringify(written)}: every value, bit for bit`, async () => {
      const numbers = [0, -0, Number.NaN, Infinity, -Infinity, 0.1 + 0.2, 5e-324, null];
      const rows = await read(
        arrow(
          {
            time: times(numbers.length),
            close: column(numbers, float64()),
            half: column(
              numbers.map(() => 1.5),
              float16(),
            ),
            single: column(
              numbers.map(() => 0.1),
              float32(),
            ),
            count: column([1, -1, null, 4, 5, 6, 7, 8], int32()),
            large: column(
              numbers.map(() => 2n ** 53n),
              uint64(),
            ),
            up: column([true, false, null, true, true, true, true, false], bool()),
            name: column(['a', '', null, 'ü', '"', "'", '€', '𝒳'], utf8()),
            none: column(
              numbers.map(() => null),
              nullType(),
            ),
            side: column(['buy', 'sell', null, 'buy', 'buy', 'buy', 'buy', 'sell'], dictionary(utf8())),
          },
          written,
        ),
      );
      assert.deepEqual(
        rows.map(([ts]) => ts),
        opens(numbers.length),
      );
      for (const [i, [, value]] of rows.entries()) {
        const row = value as Record<string, unknown>;
        assert.ok(Object.is(row['close'], numbers[i]), `${String(row['close'])} is ${String(numbers[i])}`);
        assert.deepEqual([row['half'], row['single'], row['large']], [1.5, Math.fround(0.1), 2 ** 53]);
      }
      const of = (name: string): unknown[] =>
        rows.map(([, value]) => (value as Record<string, unknown>)[name] ?? null);
      assert.deepEqual(of('count'), [1, -1, null, 4, 5, 6, 7, 8]);
      assert.deepEqual(of('up'), [true, false, null, true, true, true, true, false]);
      assert.deepEqual(of('name'), ['a', '', null, 'ü', '"', "'", '€', '𝒳']);
      assert.deepEqual(
        of('none'),
        numbers.map(() => null),
      );
      assert.deepEqual(of('side'), ['buy', 'sell', null, 'buy', 'buy', 'buy', 'buy', 'sell']);
    });
  }

  it('read every type of time, local ones by a zone', async () => {
    const close = column([1, 2, 3], float64());
    const scaled = (scale: bigint): bigint[] => opens(3).map((open) => BigInt(open) * scale);
    const millis = opens(3).map((open) => open * 1000);
    const kinds: [string, Column<unknown>][] = [
      ...([undefined, 'UTC', 'America/New_York'] as const).flatMap((zone): [string, Column<unknown>][] =>
        [TimeUnit.SECOND, TimeUnit.MILLISECOND, TimeUnit.MICROSECOND, TimeUnit.NANOSECOND].map((unit) => [
          `timestamp ${unit} ${zone ?? 'without a zone'}`,
          column(millis, timestamp(unit, zone ?? null)),
        ]),
      ),
      ['ms as numbers', column(scaled(1000n), int64())],
      ['ns as numbers', column(scaled(1_000_000_000n), int64())],
      [
        'text',
        column(
          opens(3).map((open) => new Date(open * 1000).toISOString()),
          utf8(),
        ),
      ],
    ];
    for (const [kind, time] of kinds) {
      const rows = await read(arrow({ time, close }));
      assert.deepEqual(
        rows.map(([ts]) => ts),
        opens(3),
        kind,
      );
    }
    const days = [0, 1, 2].map((day) => (FIRST + day * 86_400) * 1000);
    for (const type of [dateDay(), dateMillisecond()]) {
      project.write('days.feather', arrow({ date: column(days, type), close }));
      const daily = await project.read('parquet', { path: 'days.feather' }, { interval: 86_400 });
      assert.deepEqual(
        Array.from(daily.ts, (ts) => ts * 1000),
        days,
      );
    }
    // New York is five hours behind in January: a clock that showed midnight.
    const local = await read(arrow({ time: column(millis, timestamp(TimeUnit.MILLISECOND, null)), close }), {
      timeZone: 'America/New_York',
    });
    assert.equal(local[0]?.[0], FIRST + 5 * 3600);
  });

  it('of more rows than a batch and a chunk have, any range is a slice of the whole', async () => {
    const many = 5000;
    const bytes = arrow({
      time: times(many),
      close: column(
        opens(many).map((open) => open / 7),
        float64(),
      ),
    });
    project.write('many.feather', bytes);
    const reader = await project.open('parquet', { path: 'many.feather' });
    assert.deepEqual(await reader.bounds(), { first: FIRST, last: FIRST + (many - 1) * MINUTE });
    const range = { start: FIRST + 2000 * MINUTE, end: FIRST + 4200 * MINUTE };
    const opened: number[] = [];
    for await (const { ts } of reader.read(range)) opened.push(...ts);
    assert.deepEqual(opened, opens(many).slice(2000, 4200));
  });

  it('beside Parquet files, and with many symbols', async () => {
    const ticker = column(['AAPL', 'MSFT', 'AAPL', 'MSFT'], dictionary(utf8()));
    const time = column(
      [0, 0, 1, 1].map((i) => BigInt(FIRST + i * MINUTE)),
      int64(),
    );
    project.write('long.arrow', arrow({ time, ticker, close: column([1, 2, 3, 4], float64()) }));
    const one = await project.read('parquet', { path: 'long.arrow', symbol: 'MSFT', symbolColumn: 'ticker' });
    assert.deepEqual(
      rowsOf(one).map(([, value]) => value),
      [2, 4].map((close) => ({ close })),
    );
  });

  it('is of the content of the file, and notices a change', async () => {
    project.write('changing.feather', arrow({ time: times(3), close: column([1, 2, 3], float64()) }));
    const reader = await project.open('parquet', { path: 'changing.feather' });
    const version = await reader.version();
    project.write('changing.feather', arrow({ time: times(4), close: column([1, 2, 3, 4], float64()) }));
    await fails(readAll(reader), 'source', /changing\.feather/);
    const again = await project.open('parquet', { path: 'changing.feather' });
    assert.notEqual(await again.version(version), version);
    assert.equal(await again.sameUntil?.(version ?? ''), -Infinity);
    assert.equal((await readAll(again)).ts.length, 4);
  });

  it('refuse what is damaged, of the first version, or no bar', async () => {
    const whole = arrow({ time: times(3), close: column([1, 2, 3], float64()) }, { packed: true });
    project.write('cut.feather', whole.subarray(0, whole.length / 2));
    await fails(
      project.read('parquet', { path: 'cut.feather' }),
      'source',
      /cut\.feather cannot be read as an Arrow file/,
    );
    project.write('v1.feather', Buffer.from('FEA1....FEA1'));
    await fails(
      project.read('parquet', { path: 'v1.feather' }),
      'source',
      /version 1.*to_feather\("v1\.feather"\)/,
    );
    const lists = column([[1], [2], [3]], list(float64()));
    project.write('lists.feather', arrow({ time: times(3), sizes: lists }));
    await fails(project.read('parquet', { path: 'lists.feather' }), 'source', /column sizes of lists/);
  });
});
