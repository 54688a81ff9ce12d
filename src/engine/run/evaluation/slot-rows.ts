import {
  concatFloats,
  concatTables,
  copyTable,
  emptyTable,
  sliceTable,
  type Table,
} from '../../../sdk/table.js';
import type { Seconds } from '../../../sdk/time/time.js';
import type { GraphNode } from '../../graph/graph.js';
import { sameTimes } from './grids.js';
import { unjoinable } from './held.js';

/** Times that nodes of a lane share in one array. */
interface Times {
  readonly ts: Float64Array;
  /** While a slot is added: the next time for rolling nodes; null: for none. */
  next: Seconds | null;
}

interface Held {
  table: Table;
  times: Times;
  /** Its memory is exclusive, so rows may be shifted in place. */
  own: boolean;
  /** While a slot is added. */
  moves: boolean;
}

/** The loaded rows at some moment, by node. */
export type RowsThen = readonly (Table | undefined)[];

const EMPTY = emptyTable();

/** Up to this many cells are moved one by one. */
const FEW = 64;

/**
 * The last rows of each node, from slot to slot. Most slots add one row of plain numbers to a full table. The rows are then
 * shifted in place: tables, columns and the shared times stay the same objects, so what was derived from them stays valid for the
 * next slot.
 */
export class SlotRows {
  readonly #held: (Held | undefined)[] = [];
  /** By node: rows that firings may look back at, plus one, since the last firing may come before the last row. */
  readonly #carried: ReadonlyMap<number, number>;
  /** Nodes with other rows until the slot is over, and their lanes. */
  #grown: number[] = [];
  readonly #mixed = new Set<readonly GraphNode[]>();
  /** Concatenated times of this slot, by the earlier ones. */
  readonly #joined = new Map<Float64Array, { readonly added: Float64Array; readonly ts: Float64Array }>();

  /** @param carried for each node, how many rows firings may look back at */
  constructor(carried: ReadonlyMap<number, number>) {
    this.#carried = new Map([...carried].map(([index, rows]) => [index, rows + 1]));
  }

  of(index: number): Table {
    return this.#held[index]?.table ?? EMPTY;
  }

  /** Begins with these rows. */
  hold(index: number, table: Table): void {
    this.#held[index] = { table, times: { ts: table.ts, next: null }, own: false, moves: false };
  }

  /** A snapshot of the current rows. */
  keep(): RowsThen {
    return this.#held.map((held) => {
      if (held) held.own = false;
      return held?.table;
    });
  }

  restore(then: RowsThen): void {
    this.#held.length = 0;
    then.forEach((table, index) => {
      if (table) this.hold(index, table);
    });
  }

  /**
   * Takes in what the nodes of a lane gave.
   * @param tables in the order of the nodes
   * @throws SeamlessError `value`, naming the node, when its columns changed.
   */
  add(nodes: readonly GraphNode[], tables: readonly Table[]): void {
    const moving: Times[] = [];
    for (let i = 0; i < nodes.length; i++) {
      const { index } = nodes[i] as GraphNode;
      const held = this.#held[index];
      if (!held) continue;
      const { times } = held;
      const table = tables[i] as Table;
      held.moves = this.#mayMove(held, index, table) && (times.next ?? table.ts[0]) === table.ts[0];
      if (!held.moves || times.next !== null) continue;
      times.next = table.ts[0] as Seconds;
      moving.push(times);
    }
    for (let i = 0; i < nodes.length; i++) {
      const { index, name } = nodes[i] as GraphNode;
      const held = this.#held[index];
      const table = tables[i] as Table;
      if (held?.moves) moveRows(held.table, table);
      else {
        // Shift the others that share its times.
        if (held && held.times.next !== null) leave(held);
        if (!this.#carried.has(index)) continue;
        if (table.ts.length > 0) this.#grow(index, name, table);
        this.#mixed.add(nodes);
      }
    }
    for (const times of moving) {
      moveOn(times.ts, times.next as Seconds);
      times.next = null;
    }
    if (moving.length > 1) this.#mixed.add(nodes);
  }

  /** The slot is over: keeps only the rows that the next ones need. */
  endSlot(): void {
    for (const index of this.#grown) {
      const held = this.#held[index] as Held;
      const rows = held.table.ts.length;
      const table = copyTable(sliceTable(held.table, Math.max(0, rows - this.#rowsOf(index)), rows));
      this.#held[index] = { table, times: { ts: table.ts, next: null }, own: true, moves: false };
    }
    for (const nodes of this.#mixed) this.#unite(nodes);
    this.#grown = [];
    this.#mixed.clear();
    this.#joined.clear();
  }

  /** Nodes with equal times share one array from now on. */
  #unite(nodes: readonly GraphNode[]): void {
    const known = new Map<string, Times>();
    for (const { index } of nodes) {
      const held = this.#held[index];
      if (!held?.own) continue;
      const { ts } = held.times;
      const key = `${ts.length} ${ts[0]} ${ts.at(-1)}`;
      const times = known.get(key);
      if (!times) known.set(key, held.times);
      else if (times !== held.times && sameTimes(times.ts, ts)) {
        held.times = times;
        held.table = { ...held.table, ts: times.ts };
      }
    }
  }

  #rowsOf(index: number): number {
    return this.#carried.get(index) ?? 0;
  }

  #mayMove({ own, table: { ts } }: Held, index: number, added: Table): boolean {
    return (
      own &&
      added.ts.length === 1 &&
      ts.length === this.#carried.get(index) &&
      isPlainAs(this.of(index), added)
    );
  }

  #grow(index: number, name: string, added: Table): void {
    try {
      const before = this.#held[index];
      const table = concatTables(before ? [before.table, added] : [added], (parts) => this.#join(parts));
      this.hold(index, table);
      this.#grown.push(index);
    } catch (cause) {
      throw unjoinable(name, cause);
    }
  }

  #join(parts: readonly Float64Array[]): Float64Array {
    const [before, added] = parts;
    if (!before || !added) return concatFloats(parts);
    const known = this.#joined.get(before);
    if (known && sameTimes(known.added, added)) return known.ts;
    const ts = concatFloats(parts);
    this.#joined.set(before, { added, ts });
    return ts;
  }
}

/** Rows of null-free columns with equal names and types. */
function isPlainAs(held: Table, added: Table): boolean {
  const { names, columns } = held;
  if (held.shape !== added.shape || held.present || added.present) return false;
  if (names.length !== added.names.length) return false;
  for (let i = 0; i < names.length; i++) {
    const [own, other] = [columns[i], added.columns[i]];
    if (names[i] !== added.names[i] || own?.type !== other?.type || own?.valid || other?.valid) return false;
    if (own?.type !== 'number' && own?.type !== 'boolean') return false;
  }
  return true;
}

function moveRows(held: Table, added: Table): void {
  for (let i = 0; i < held.columns.length; i++)
    moveOn(held.columns[i]?.values as Float64Array | Uint8Array, added.columns[i]?.values[0] as number);
}

function moveOn(cells: Float64Array | Uint8Array, next: number): void {
  const last = cells.length - 1;
  if (last > FEW) cells.copyWithin(0, 1);
  else for (let i = 0; i < last; i++) cells[i] = cells[i + 1] as number;
  cells[last] = next;
}

/** Gives rows their own times. */
function leave(held: Held): void {
  const ts = held.times.ts.slice();
  held.times = { ts, next: null };
  held.table = { ...held.table, ts };
}
