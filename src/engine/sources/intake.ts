import { concatTables, copyTable, lowerBound, sliceTable, type Table } from '../../sdk/table.js';
import { ceilToSlot } from '../../sdk/time/grid.js';
import { floorToGrid, type Range, type Seconds } from '../../sdk/time/time.js';
import { tableDigest } from '../fingerprint/digest.js';
import type { GraphNode } from '../graph/graph.js';
import { CHUNK_SLOTS } from '../plan/chunk-span.js';
import type { CoveredSpan } from '../ports/store.js';
import { sourceLimit } from './source-limit.js';

/**
 * Bars in a block of a stream, in which its rows are stored and compared: as many as in a chunk, so that one is read as stored.
 */
const BLOCK_BARS = CHUNK_SLOTS;

const FEW = 16;

/** Rows over a range that is not stored, or stored differently. */
export interface Piece {
  readonly range: Range;
  readonly table: Table;
  /** The covered span that it replaces; null: nothing was covered. */
  readonly old: CoveredSpan | null;
}

/** Cuts a source's rows into pieces, and finds those that are new or changed. */
export class Intake {
  readonly covered: Range[] = [];
  /** Ranges of pieces that were returned to be stored. */
  readonly taken: Range[] = [];
  first: Seconds | null = null;
  last: Seconds | null = null;
  readonly #node: GraphNode;
  readonly #old: readonly CoveredSpan[];
  readonly #blockBars: number;
  #pieces: Piece[] = [];
  #held: Table[] = [];
  #range: Range = { start: -Infinity, end: Infinity };
  /** Start of the current piece; null before the first row of a range without a start. */
  #pieceStart: Seconds | null = null;

  constructor(node: GraphNode, old: readonly CoveredSpan[], blockBars = BLOCK_BARS) {
    this.#node = node;
    this.#old = old;
    this.#blockBars = blockBars;
  }

  get pieces(): number {
    return this.#pieces.length;
  }

  begin(range: Range): void {
    this.#range = range;
    this.#pieceStart = Number.isFinite(range.start) ? range.start : null;
  }

  add(table: Table): void {
    let rest = table;
    while (rest.ts.length > 0) {
      const firstOpen = rest.ts[0] as Seconds;
      this.first ??= firstOpen;
      this.#pieceStart ??= firstOpen;
      const cut = this.#nextCut(this.#pieceStart);
      if (firstOpen >= cut) {
        this.#finishPiece(cut);
        continue;
      }
      const rows = lowerBound(rest.ts, cut);
      this.#held.push(sliceTable(rest, 0, rows));
      this.last = rest.ts[rows - 1] as Seconds;
      rest = sliceTable(rest, rows, rest.ts.length);
    }
  }

  /** Ends the current range, which is known up to its last bar, and to `knownEnd` if that is later. */
  end(knownEnd: Seconds | null): void {
    const lastClose = this.last === null ? -Infinity : sourceLimit(this.#node, this.last);
    const end = Math.min(this.#range.end, Math.max(knownEnd ?? -Infinity, lastClose));
    if (this.#pieceStart !== null) {
      while (this.#pieceStart < end) this.#finishPiece(Math.min(this.#nextCut(this.#pieceStart), end));
    }
    this.#held = [];
  }

  takePieces(): readonly Piece[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.taken.push(...pieces.map(({ range }) => range));
    return pieces;
  }

  /** Pieces end where covered spans begin or end, so that each is compared as a whole, and at block borders. */
  #nextCut(start: Seconds): Seconds {
    const inside = this.#old.find((span) => span.start <= start && start < span.end);
    if (inside) return inside.end;
    const block = this.#blockBars * this.#node.interval;
    const nextSpan = this.#old.find((span) => span.start > start);
    const border = ceilToSlot(floorToGrid(start, block, this.#node.phase) + block, this.#node);
    return Math.min(border, nextSpan?.start ?? Infinity);
  }

  #finishPiece(end: Seconds): void {
    const range = { start: this.#pieceStart as Seconds, end };
    const table = concatTables(this.#held);
    this.#held = [];
    this.#pieceStart = end;
    this.covered.push(range);
    const old = this.#old.find((span) => span.start <= range.start && range.start < span.end) ?? null;
    const whole = old?.start === range.start && old.end === range.end;
    if (whole && old.segmentRange.start === old.start && old.segmentRange.end === old.end) {
      if (old.digest === tableDigest(table)) return;
    }
    this.#pieces.push({ range, table: onItsOwn(table), old });
  }
}

/** A copy of a few rows: without it, the large table they are part of stays in memory until they are stored. */
function onItsOwn(table: Table): Table {
  return table.ts.byteLength * FEW < table.ts.buffer.byteLength ? copyTable(table) : table;
}
