import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  UBIGINT,
  VARCHAR,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { DateUnit, TimeUnit, Type, type Batch, type DataType } from '@uwdata/flechette';

/** How a column of an Arrow table is copied into DuckDB. */
export interface ArrowColumn {
  /** The type its cells are appended as. */
  readonly type: DuckDBType;
  /** SQL that converts an appended cell. @param raw the column as appended */
  readonly sql: (raw: string) => string;
  /** Reads the cell of a row that is not null. */
  readonly cell: (batch: Batch<unknown>, row: number) => DuckDBValue;
}

const same = (raw: string): string => raw;
const value = (batch: Batch<unknown>, row: number): DuckDBValue => batch.value(row) as DuckDBValue;
/** Read as the integer in the file: a `Date` would lose precision. */
const whole = (batch: Batch<unknown>, row: number): DuckDBValue => BigInt(batch.values[row] ?? 0);
/** A dictionary entry may be null. */
const text = (batch: Batch<unknown>, row: number): DuckDBValue => (batch.value(row) ?? null) as DuckDBValue;

/** SQL for a TIMESTAMP of so many units since the epoch. */
const TIMESTAMPS: Readonly<Record<number, (raw: string) => string>> = {
  [TimeUnit.SECOND]: (raw) => `make_timestamp(${raw} * 1000000)`,
  [TimeUnit.MILLISECOND]: (raw) => `make_timestamp(${raw} * 1000)`,
  [TimeUnit.MICROSECOND]: (raw) => `make_timestamp(${raw})`,
  // Cut to microseconds, as DuckDB does with Parquet.
  [TimeUnit.NANOSECOND]: (raw) => `make_timestamp(CAST(floor(${raw} / 1000) AS BIGINT))`,
};

/** SQL for a TIME of so many units since midnight. */
const TIMES: Readonly<Record<number, (raw: string) => string>> = {
  [TimeUnit.SECOND]: (raw) => `TIME '00:00:00' + to_seconds(${raw})`,
  [TimeUnit.MILLISECOND]: (raw) => `TIME '00:00:00' + to_microseconds(${raw} * 1000)`,
  [TimeUnit.MICROSECOND]: (raw) => `TIME '00:00:00' + to_microseconds(${raw})`,
  [TimeUnit.NANOSECOND]: (raw) => `TIME '00:00:00' + to_microseconds(${raw} // 1000)`,
};

/** How a column is read; null for a type that bars cannot have: lists, records, bytes, durations. */
export function arrowColumn({ type }: { readonly type: DataType }): ArrowColumn | null {
  switch (type.typeId) {
    case Type.Null:
      return { type: DOUBLE, sql: same, cell: value };
    case Type.Bool:
      return { type: BOOLEAN, sql: same, cell: value };
    case Type.Int: {
      const unsigned = type.bitWidth === 64 && !type.signed;
      return { type: unsigned ? UBIGINT : BIGINT, sql: same, cell: whole };
    }
    case Type.Float:
    case Type.Decimal:
      return { type: DOUBLE, sql: same, cell: (batch, row) => Number(batch.value(row)) };
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
      return { type: VARCHAR, sql: same, cell: text };
    case Type.Dictionary:
      return arrowColumn({ type: type.dictionary })?.type === VARCHAR
        ? { type: VARCHAR, sql: same, cell: text }
        : null;
    case Type.Date: {
      const days = type.unit === DateUnit.DAY;
      return {
        type: BIGINT,
        sql: (raw) =>
          days ? `DATE '1970-01-01' + CAST(${raw} AS INTEGER)` : `make_timestamp(${raw} * 1000)`,
        cell: whole,
      };
    }
    case Type.Time:
      return { type: BIGINT, sql: TIMES[type.unit] ?? same, cell: whole };
    case Type.Timestamp: {
      const { unit, timezone } = type;
      const at = TIMESTAMPS[unit] ?? same;
      // With a zone it is an instant; without one, a local time.
      return {
        type: BIGINT,
        sql: (raw) => (timezone ? `timezone('UTC', ${at(raw)})` : at(raw)),
        cell: whole,
      };
    }
    default:
      return null;
  }
}
