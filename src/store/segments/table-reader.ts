import { noteTableDigest } from '../../engine/fingerprint/digest.js';
import type { Schema } from '../../engine/ports/host.js';
import type { Allocate } from '../../engine/ports/store.js';
import {
  emptyTable,
  lowerBound,
  nullColumn,
  type Column,
  type ColumnType,
  type Table,
} from '../../sdk/table.js';
import { decodeExact, decodeFlags, decodeNumbers, decodeTexts, type Decoded } from '../packs/decode.js';
import type { PagePlace } from '../packs/layout.js';
import { bytesOf, decodeTimes } from '../packs/pages.js';
import type { OpenPacks } from '../packs/read-pack.js';
import type { Segment } from './catalog.js';
import { isOpen, mergeSchemas } from './schemas.js';

/** What is needed of a segment to read it. */
type PlacedSegment = Pick<Segment, 'start' | 'end' | 'rows' | 'digest' | 'schema' | 'pack' | 'layout'>;

/** Some rows of a segment. */
export interface Slice {
  readonly segment: PlacedSegment;
  readonly from: number;
  readonly to: number;
}

/** Reads tables for one answer. Tables with equal times share them. */
export class TableReader {
  readonly #packs: OpenPacks;
  readonly #allocate: Allocate;
  readonly #pages = new Map<string, Float64Array>();
  readonly #times = new Map<string, Float64Array>();

  constructor(packs: OpenPacks, allocate: Allocate) {
    this.#packs = packs;
    this.#allocate = allocate;
  }

  /**
   * Times of all rows of a segment.
   * @param into memory to read them into; not used if their page has other segments, or was read before
   */
  times(segment: PlacedSegment, into?: Float64Array): Float64Array {
    if (segment.pack === null || segment.rows === 0) return new Float64Array(0);
    const { ts, from, fine } = segment.layout();
    const key = `${segment.pack} ${ts[1]}`;
    let page = this.#pages.get(key);
    if (!page) {
      page = into?.length === ts[0] ? into : this.#allocate(ts[0]);
      this.#packs.page(segment.pack, ts, bytesOf(page));
      if (!fine) decodeTimes(page);
      this.#pages.set(key, page);
    }
    return from === 0 && segment.rows === page.length ? page : page.subarray(from, from + segment.rows);
  }

  /** The rows of a segment between two times. */
  slice(segment: PlacedSegment, start: number, end: number): Slice {
    if (segment.rows === 0) return { segment, from: 0, to: 0 };
    if (start <= segment.start && end >= segment.end) return { segment, from: 0, to: segment.rows };
    const ts = this.times(segment);
    return { segment, from: lowerBound(ts, start), to: lowerBound(ts, end) };
  }

  /** Slices of one node in order of time, as one table. */
  table(slices: readonly Slice[]): Table {
    const filled = slices.filter(({ from, to }) => from < to);
    const [first, ...others] = filled;
    if (!first) return withoutRows(slices);
    const schema = others.reduce(
      (known, { segment }) => mergeSchemas(known, segment.schema),
      first.segment.schema,
    );
    const rows = filled.reduce((sum, { from, to }) => sum + to - from, 0);
    const table: Table = {
      shape: schema.shape,
      ts: this.#joinedTimes(filled, rows),
      names: schema.names,
      columns: schema.types.map((type, position) => this.#column(filled, rows, position, type)),
      present: schema.shape === 'record' ? this.#present(filled, rows) : null,
    };
    // Every page matched its digest, so a whole segment has its stored digest.
    if (others.length === 0 && rows === first.segment.rows) noteTableDigest(table, first.segment.digest);
    return table;
  }

  #joinedTimes(slices: readonly Slice[], rows: number): Float64Array {
    const key = slices
      .map(({ segment: { pack, layout }, from, to }) =>
        [pack, layout().ts[1], layout().from + from, to - from].join(' '),
      )
      .join('\n');
    const known = this.#times.get(key);
    if (known) return known;
    const all = this.#timesOf(slices, rows);
    this.#times.set(key, all);
    return all;
  }

  #timesOf(slices: readonly Slice[], rows: number): Float64Array {
    const [only, ...others] = slices;
    if (only && others.length === 0) return this.times(only.segment).subarray(only.from, only.to);
    const all = this.#allocate(rows);
    let at = 0;
    for (const { segment, from, to } of slices) {
      const place = all.subarray(at, at + to - from);
      const times = this.times(segment, place).subarray(from, to);
      if (times.byteOffset !== place.byteOffset || times.buffer !== place.buffer) place.set(times);
      at += place.length;
    }
    return all;
  }

  #column(slices: readonly Slice[], rows: number, position: number, type: ColumnType): Column {
    switch (type) {
      case 'null':
        return nullColumn(rows);
      case 'number':
        return this.#numbers(slices, rows, position);
      case 'boolean': {
        const values = new Uint8Array(rows);
        const mask = new Mask(rows);
        this.#visit(slices, position, mask, (at, pack, place, from, to) => {
          const flags = decodeFlags(place, this.#packs.page(pack, place));
          values.set(flags.values.subarray(from, to), at);
          return flags;
        });
        return { type, values, valid: mask.bytes };
      }
      default:
        return this.#texts(slices, rows, position, type);
    }
  }

  #numbers(slices: readonly Slice[], rows: number, position: number): Column {
    const values = this.#allocate(rows);
    const mask = new Mask(rows);
    this.#visit(
      slices,
      position,
      mask,
      (at, pack, place, from, to) => {
        const [count, , levels] = place;
        if (levels === 0 && from === 0 && to === count) {
          this.#packs.page(pack, place, bytesOf(values.subarray(at, at + count)));
          return null;
        }
        const numbers = decodeNumbers(place, this.#packs.page(pack, place));
        values.set(numbers.values.subarray(from, to), at);
        return numbers;
      },
      (at, count) => values.fill(Number.NaN, at, at + count),
    );
    return { type: 'number', values, valid: mask.bytes };
  }

  #texts(slices: readonly Slice[], rows: number, position: number, type: 'string' | 'json'): Column {
    const values = new Array<string>(rows).fill('');
    const mask = new Mask(rows);
    const put = (
      at: number,
      { values: texts, mask: given }: Decoded<string[]>,
      from: number,
      to: number,
    ): void => {
      for (let row = from; row < to; row++) {
        if (given?.[row] !== 0) values[at + row - from] = texts[row] ?? '';
      }
    };
    this.#visit(slices, position, mask, (at, pack, place, from, to) => {
      const texts = decodeTexts(place, this.#packs.page(pack, place));
      put(at, texts, from, to);
      return texts;
    });
    const exact = ({ segment }: Slice): readonly PagePlace[] =>
      segment.layout().exact[String(position)] ?? [];
    let at = 0;
    for (const slice of slices) {
      const { pack } = slice.segment;
      for (const part of partsOf(exact(slice), slice)) {
        if (pack !== null)
          put(at + part.at, decodeExact(part.place, this.#packs.page(pack, part.place)), part.from, part.to);
      }
      at += slice.to - slice.from;
    }
    return { type, values, valid: mask.bytes };
  }

  /** Rows whose record is null: flagged ones, and those from before the record had columns. */
  #present(slices: readonly Slice[], rows: number): Uint8Array | null {
    const mask = new Mask(rows);
    let at = 0;
    for (const slice of slices) {
      const { segment, from, to } = slice;
      if (isOpen(segment.schema)) mask.clear(at, to - from);
      for (const part of partsOf(segment.layout().present, slice)) {
        const { values } = decodeFlags(part.place, this.#packs.page(segment.pack ?? '', part.place));
        mask.put(at + part.at, values.subarray(part.from, part.to));
      }
      at += to - from;
    }
    return mask.bytes;
  }

  /** Calls back for each page of a column, with its first row in the table and the wanted rows. */
  #visit(
    slices: readonly Slice[],
    position: number,
    mask: Mask,
    read: (at: number, pack: string, place: PagePlace, from: number, to: number) => Decoded<unknown> | null,
    skipped: (at: number, count: number) => unknown = () => undefined,
  ): void {
    let at = 0;
    for (const slice of slices) {
      const { segment, from, to } = slice;
      const pages = isOpen(segment.schema) ? [] : (segment.layout().columns[position] ?? []);
      if (pages.length === 0 || segment.pack === null) {
        mask.clear(at, to - from);
        skipped(at, to - from);
      } else {
        for (const part of partsOf(pages, slice)) {
          const decoded = read(at + part.at, segment.pack, part.place, part.from, part.to);
          if (decoded?.mask) mask.put(at + part.at, decoded.mask.subarray(part.from, part.to));
        }
      }
      at += to - from;
    }
  }
}

/** The columns of a node without rows. */
function withoutRows(slices: readonly Slice[]): Table {
  const schema = slices.map(({ segment }) => segment.schema).find(({ names }) => names.length > 0);
  return schema ? { ...emptyTable(), ...emptyLike(schema) } : emptyTable();
}

function emptyLike({ shape, names, types }: Schema): Pick<Table, 'shape' | 'names' | 'columns'> {
  return { shape, names, columns: types.map(emptyColumn) };
}

function emptyColumn(type: ColumnType): Column {
  switch (type) {
    case 'number':
    case 'null':
      return { type, values: new Float64Array(0), valid: null };
    case 'boolean':
      return { type, values: new Uint8Array(0), valid: null };
    default:
      return { type, values: [], valid: null };
  }
}

/** Pages with rows of a slice: where each begins in the slice, and which of its rows are wanted. */
function partsOf(
  pages: readonly PagePlace[],
  { from, to }: Slice,
): { readonly place: PagePlace; readonly at: number; readonly from: number; readonly to: number }[] {
  let start = 0;
  return pages.flatMap((place) => {
    const [first, last] = [Math.max(from, start), Math.min(to, start + place[0])];
    const part = { place, at: first - from, from: first - start, to: last - start };
    start += place[0];
    return first < last ? [part] : [];
  });
}

/** Which rows have a value; no bytes: all. */
class Mask {
  bytes: Uint8Array | null = null;
  readonly #rows: number;

  constructor(rows: number) {
    this.#rows = rows;
  }

  put(at: number, mask: Uint8Array): void {
    if (mask.includes(0)) this.#all().set(mask, at);
  }

  clear(at: number, count: number): void {
    this.#all().fill(0, at, at + count);
  }

  #all(): Uint8Array {
    return (this.bytes ??= new Uint8Array(this.#rows).fill(1));
  }
}
