import { messageOf, SeamlessError } from '../../../sdk/errors.js';
import {
  concatFloats,
  concatTables,
  copyTable,
  emptyTable,
  lowerBound,
  sliceTable,
  type Table,
} from '../../../sdk/table.js';
import type { Seconds } from '../../../sdk/time/time.js';
import { knownDigest, tableDigest, textDigest, type Digest } from '../../fingerprint/digest.js';
import type { NodeWork } from '../../plan/plan.js';
import { union } from '../../plan/ranges.js';
import { sameTimes } from './grids.js';

/** Rows `[from, from + rows)` of a node: their digest, or a table of them. */
interface Piece {
  readonly from: number;
  readonly rows: number;
  readonly of: Digest | Table;
}

/** Loaded rows per node: the last ones that consumers look back to, then the chunk's. */
export class HeldRows {
  readonly #tables = new Map<number, Table>();
  /** If a node's chunk is one piece, that piece: its digest is the stored segment's. */
  readonly #pieces = new Map<number, Piece>();
  readonly #digests = new Map<string, Digest>();
  /** Concatenated times of this chunk, shared by nodes on one grid. */
  readonly #joined: { readonly parts: readonly Float64Array[]; readonly ts: Float64Array }[] = [];

  of(index: number): Table {
    return this.#tables.get(index) ?? emptyTable();
  }

  /** A copy: rows added to one are not in the other. */
  copy(): HeldRows {
    const held = new HeldRows();
    for (const [index, table] of this.#tables) held.#tables.set(index, table);
    return held;
  }

  /** Adds the rows of a chunk. @throws SeamlessError `value`, naming the node, when its columns changed */
  add(index: number, name: string, produced: readonly Table[]): void {
    const sorted = [...produced]
      .filter((table) => table.ts.length > 0)
      .sort((a, b) => (a.ts[0] as number) - (b.ts[0] as number));
    const before = this.#tables.get(index);
    const [only] = sorted;
    if (only && sorted.length === 1) {
      const rows = only.ts.length;
      // The rows are copied to those before them: where the digest suffices, these are not kept as well.
      this.#pieces.set(index, { from: before?.ts.length ?? 0, rows, of: knownDigest(only) ?? only });
    }
    try {
      const parts = [...(before ? [before] : []), ...sorted];
      const table = concatTables(parts, (times) => this.#join(times));
      // Nodes with equal times have the same array: they fire alike.
      this.#tables.set(index, parts.length === 1 ? { ...table, ts: this.#join([table.ts]) } : table);
    } catch (cause) {
      throw unjoinable(name, cause);
    }
  }

  #join(parts: readonly Float64Array[]): Float64Array {
    const known = this.#joined.find(
      (each) =>
        each.parts.length === parts.length &&
        each.parts.every((part, i) => sameTimes(part, parts[i] as Float64Array)),
    );
    if (known) return known.ts;
    const [only] = parts;
    const ts = only && parts.length === 1 ? only : concatFloats(parts);
    this.#joined.push({ parts, ts });
    return ts;
  }

  /** How many rows of a node open at a time or later. */
  rowsSince(index: number, time: Seconds): number {
    const { ts } = this.of(index);
    return ts.length - lowerBound(ts, time);
  }

  /** Keeps a node's last `rows` rows for the next chunk. */
  trim(index: number, rows: number): void {
    const table = this.#tables.get(index);
    if (table && table.ts.length > rows) {
      const last = sliceTable(table, table.ts.length - rows, table.ts.length);
      // A view of a few rows would keep the whole memory.
      this.#tables.set(index, rows < table.ts.length / 2 ? copyTable(last) : last);
    }
    this.#pieces.delete(index);
  }

  /** Forgets what holds for the rows of one chunk. */
  endChunk(): void {
    this.#digests.clear();
    this.#joined.length = 0;
  }

  /** Digest of rows `[from, to)`. Many consumers read the same rows: computed once per chunk. */
  digest(index: number, from: number, to: number): Digest {
    const key = `${index} ${from} ${to}`;
    const known = this.#digests.get(key);
    if (known !== undefined) return known;
    const piece = this.#pieces.get(index);
    const whole = piece?.from === from && piece.rows === to - from ? piece.of : null;
    const digest =
      typeof whole === 'string' ? whole : whole ? tableDigest(whole) : tableDigest(this.of(index), from, to);
    this.#digests.set(key, digest);
    return digest;
  }

  /** Digest of rows `[from, inside)` and `[inside, to)`, of which many consumers share one. */
  digestOfTwo(index: number, from: number, inside: number, to: number): Digest {
    const key = `${index} ${from} ${inside} ${to}`;
    const known = this.#digests.get(key);
    if (known !== undefined) return known;
    const digest = textDigest([this.digest(index, from, inside), this.digest(index, inside, to)]);
    this.#digests.set(key, digest);
    return digest;
  }
}

/** From when on a node's rows are contiguous: what consumers read, with what is computed right before it. */
export function unbrokenFrom({ demand, compute }: Pick<NodeWork, 'demand' | 'compute'>): Seconds {
  if (!demand) return -Infinity;
  const around = union([...compute, demand]).find(({ end }) => end > demand.start);
  return Math.min(demand.start, around?.start ?? demand.start);
}

/** Rows that open at a time or later: a window must not cross missing rows. */
export function since(tables: readonly Table[], start: Seconds): readonly Table[] {
  return tables.map((table) =>
    (table.ts[0] ?? Infinity) < start
      ? sliceTable(table, lowerBound(table.ts, start), table.ts.length)
      : table,
  );
}

/** The error for rows of a node that do not fit those before them. */
export function unjoinable(name: string, cause: unknown): SeamlessError {
  const why = messageOf(cause);
  return new SeamlessError('value', `Node ${name}: ${why}.`, { node: name, cause });
}
