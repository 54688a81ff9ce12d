import type { Schema } from '../../engine/ports/host.js';
import { columnOfCells, type ColumnType, type FlatRecord, type Table } from '../../sdk/table.js';
import type { FeedBar } from '../feed/feed.js';

/** Turns a feed's bars of one stream into columns, with the names and types of its history, if there is any. */
export class BarColumns {
  #names: readonly string[];
  readonly #types = new Map<string, ColumnType>();

  constructor(schema: Schema | null) {
    this.#names = schema?.names ?? [];
    schema?.names.forEach((name, i) => this.#types.set(name, schema.types[i] as ColumnType));
  }

  /** Why a row cannot be a bar of the stream; null: it can. */
  fault(row: FlatRecord): string | null {
    if (this.#names.length === 0) this.#names = Object.keys(row);
    const missing = this.#names.filter((name) => !(name in row));
    if (missing.length > 0)
      return `it has no ${missing.join(', ')}, which earlier bars have. ${this.#wayOut}`;
    for (const name of this.#names) {
      const cell = row[name] ?? null;
      if (cell === null) continue;
      const type = this.#types.get(name) ?? 'null';
      const own = typeof cell as ColumnType;
      if (type === 'null') this.#types.set(name, own);
      else if (type !== own)
        return `its ${name} is a ${own}, but was a ${type} in earlier bars. ${this.#wayOut}`;
    }
    return null;
  }

  get #wayOut(): string {
    return `Bars like it are left out as well, and their slots stay empty: have the feed send what history has, ${this.#names.join(', ')}, and start a new run`;
  }

  table(bars: readonly FeedBar[]): Table {
    return {
      shape: 'record',
      ts: Float64Array.from(bars, ({ ts }) => ts),
      names: this.#names,
      columns: this.#names.map((name) =>
        columnOfCells(
          this.#types.get(name) ?? 'null',
          bars.map(({ row }) => row[name] ?? null),
        ),
      ),
      present: null,
    };
  }
}
