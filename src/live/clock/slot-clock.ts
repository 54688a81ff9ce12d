import {
  closeOf,
  floorToSlot,
  isOnGrid,
  nextOpen,
  sameGrid,
  slotSeeing,
  type Grid,
} from '../../sdk/time/grid.js';
import type { FlatRecord } from '../../sdk/table.js';
import { formatInterval, formatTime, type Range, type Seconds } from '../../sdk/time/time.js';
import type { FeedBar, FeedStream } from '../feed/feed.js';

/** Bars of closed slots that are kept for each stream, to tell a repetition from a correction. */
const REMEMBERED = 256;

/** Less than any interval, in seconds. */
const MOMENT = 0.001;

/** What became of a bar. */
export type Taken =
  | 'taken'
  /** It is known already, or belongs to the history before the first slot. */
  | 'known'
  /** Its slot has closed. */
  | 'late';

/** Slots that closed together, in `(from, to]`. */
export interface ClosedStretch {
  readonly from: Seconds;
  readonly to: Seconds;
  /** Bars that close in it, by stream, ascending. */
  readonly bars: ReadonlyMap<string, readonly FeedBar[]>;
  /** Bars that nobody had, by stream: ranges of opens. */
  readonly gaps: readonly (Range & { readonly stream: string })[];
}

interface Lane {
  readonly stream: FeedStream;
  /** Bars of slots that are open, by their open. */
  readonly pending: Map<Seconds, FeedBar>;
  /** Bars of closed slots. */
  readonly known: Map<Seconds, FlatRecord>;
  /** All bars that open before this have arrived. */
  complete: Seconds;
}

/** Turns bars into slots. A slot closes once: when all streams have their bar, when grace has passed, or when the feed has ended. */
export class SlotClock {
  readonly #lanes: ReadonlyMap<string, Lane>;
  readonly #grids: readonly Grid[];
  readonly #grace: Seconds;
  readonly #start: Seconds;
  #closed: Seconds;
  #now = -Infinity;
  /** The lane with the earliest missing bar, kept because it is needed after each bar; null: to be found again. */
  #slowest: Lane | null = null;
  readonly #inOrder: readonly Lane[];
  /** Position of the last such lane, and the close of its missing bar: no lane can miss an earlier bar since. */
  #lookFrom = 0;
  #least = -Infinity;

  /**
   * @param grids of all nodes: where slots may close
   * @param start slots that close by then are history
   */
  constructor(streams: readonly FeedStream[], grids: readonly Grid[], start: Seconds, grace: Seconds) {
    this.#grids = unlike([...streams, ...grids]);
    this.#grace = grace;
    this.#start = start;
    this.#closed = start;
    this.#lanes = new Map(
      streams.map((stream) => [
        stream.name,
        {
          stream,
          pending: new Map(),
          known: new Map(),
          complete: floorToSlot(start, stream),
        },
      ]),
    );
    this.#inOrder = [...this.#lanes.values()];
  }

  /** All slots up to here are closed. */
  get closed(): Seconds {
    return this.#closed;
  }

  /** Why a bar cannot be used; null: it can. */
  fault({ stream, ts }: FeedBar): string | null {
    const lane = this.#lanes.get(stream);
    if (!lane) return `there is no stream ${stream}: there is ${[...this.#lanes.keys()].join(', ')}`;
    return isOnGrid(ts, lane.stream)
      ? null
      : `a bar of ${stream} opens at ${formatTime(ts)}, which is not on its grid of ${formatInterval(lane.stream.interval)}`;
  }

  take(bar: FeedBar): Taken {
    const lane = this.#lanes.get(bar.stream) as Lane;
    const close = closeOf(bar.ts, lane.stream);
    if (close <= this.#start) return 'known';
    this.#now = Math.max(this.#now, close);
    if (close <= this.#closed) {
      const before = lane.known.get(bar.ts);
      return before && sameRow(before, bar.row) ? 'known' : 'late';
    }
    const before = lane.pending.get(bar.ts);
    // The slot is still open: the last version counts.
    lane.pending.set(bar.ts, bar);
    this.#advance(lane);
    return before && sameRow(before.row, bar.row) ? 'known' : 'taken';
  }

  /** Records a late bar that was taken in: if it arrives again, it is known. */
  correct({ stream, ts, row }: FeedBar): void {
    this.#lanes.get(stream)?.known.set(ts, row);
  }

  hear(time: Seconds): void {
    this.#now = Math.max(this.#now, time);
  }

  /** The feed has ended: no slot waits for missing bars any more. */
  end(): void {
    // Grace has passed only once it is later than that.
    this.#now += this.#grace + MOMENT;
  }

  /** Closes all slots that can be closed; null: none can. */
  close(): ClosedStretch | null {
    const from = this.#closed;
    const to = this.#decided();
    if (to <= from) return null;
    const bars = new Map<string, readonly FeedBar[]>();
    const gaps: (Range & { stream: string })[] = [];
    for (const [name, lane] of this.#lanes) {
      const grid = lane.stream;
      const found: FeedBar[] = [];
      const end = floorToSlot(to, lane.stream);
      for (let open = floorToSlot(from, lane.stream); open < end; open = nextOpen(open, grid)) {
        const bar = lane.pending.get(open);
        const last = gaps.at(-1);
        if (bar) found.push(bar);
        else if (last?.stream === name && last.end === open)
          gaps[gaps.length - 1] = { ...last, end: nextOpen(open, grid) };
        else gaps.push({ stream: name, start: open, end: nextOpen(open, grid) });
      }
      for (const { ts, row } of found) {
        lane.pending.delete(ts);
        lane.known.set(ts, row);
      }
      for (const ts of lane.known.keys()) {
        if (lane.known.size <= REMEMBERED) break;
        lane.known.delete(ts);
      }
      lane.complete = Math.max(lane.complete, end);
      this.#advance(lane);
      if (found.length > 0) bars.set(name, found);
    }
    this.#closed = to;
    this.#slowest = null;
    return { from, to, bars, gaps };
  }

  #advance(lane: Lane): void {
    while (lane.pending.has(lane.complete)) {
      lane.complete = nextOpen(lane.complete, lane.stream);
      if (lane === this.#slowest) this.#slowest = null;
    }
  }

  /** Starts at the last lane found: bars mostly arrive in one order, so the search ends early. */
  #findSlowest(): Lane | null {
    const lanes = this.#inOrder;
    let slowest = -1;
    let least = Infinity;
    for (let looked = 0; looked < lanes.length && !(least <= this.#least); looked++) {
      const at = (this.#lookFrom + looked) % lanes.length;
      const missing = missingFrom(lanes[at] as Lane);
      if (missing >= least) continue;
      least = missing;
      slowest = at;
    }
    this.#least = least;
    this.#lookFrom = Math.max(0, slowest);
    return lanes[slowest] ?? null;
  }

  /** Close of the last slot that can be closed. */
  #decided(): Seconds {
    // Slots that close before a stream's first missing bar does are complete.
    this.#slowest ??= this.#findSlowest();
    const complete = this.#slowest ? missingFrom(this.#slowest) : Infinity;
    const before = Math.max(complete, this.#now - this.#grace);
    if (!Number.isFinite(before)) return this.#closed;
    return Math.max(...this.#grids.map((grid) => slotSeeing(before, grid)));
  }
}

/** Close of a stream's first missing bar. */
function missingFrom({ complete, stream }: Lane): Seconds {
  return closeOf(complete, stream);
}

/** Each grid once. */
function unlike(grids: readonly Grid[]): Grid[] {
  const found: Grid[] = [];
  for (const grid of grids) if (!found.some((each) => sameGrid(each, grid))) found.push(grid);
  return found;
}

function sameRow(a: FlatRecord, b: FlatRecord): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.is(a[name], b[name]));
}
