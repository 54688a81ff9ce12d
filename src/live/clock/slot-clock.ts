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

/** Bars of a stream that came, by open, kept after their slot to tell a repetition from a correction. */
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
  /** Of slots that have closed. */
  readonly known: Map<Seconds, FlatRecord>;
  /** Every bar that closes by then has come. */
  complete: Seconds;
}

/** Turns bars into slots. A slot closes once: when all streams have their bar of it, or when grace has passed. */
export class SlotClock {
  readonly #lanes: ReadonlyMap<string, Lane>;
  readonly #grids: readonly Grid[];
  readonly #grace: Seconds;
  readonly #start: Seconds;
  #closed: Seconds;
  #now = -Infinity;
  /** The lane that lacks the earliest bar; null: to be looked for. It is asked for after each of many streams' bars. */
  #slowest: Lane | null = null;
  readonly #inOrder: readonly Lane[];
  /** Where the last one was that lacked the earliest bar, and when that closes: no stream lacks an earlier one since. */
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

  /** Why a bar is none of a stream's; null: it is one. */
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
    // The slot is open still: what is said last counts.
    lane.pending.set(bar.ts, bar);
    this.#advance(lane);
    return before && sameRow(before.row, bar.row) ? 'known' : 'taken';
  }

  /** A late bar counts now: said again, it is known. */
  correct({ stream, ts, row }: FeedBar): void {
    this.#lanes.get(stream)?.known.set(ts, row);
  }

  hear(time: Seconds): void {
    this.#now = Math.max(this.#now, time);
  }

  /** No more bars come: slots that lack some do not wait for them. */
  end(): void {
    // Grace has passed once it is later than that, by however little.
    this.#now += this.#grace + MOMENT;
  }

  /** The slots that have come to close; null when none has. */
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

  /** Looks from the last one found on: bars come in some order, and the first that lacks as early a bar as that did is one. */
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

  /** The last close of a slot that can be decided. */
  #decided(): Seconds {
    // A stream's next bar closes one interval after the last: slots before that lack nothing of it.
    this.#slowest ??= this.#findSlowest();
    const complete = this.#slowest ? missingFrom(this.#slowest) : Infinity;
    const before = Math.max(complete, this.#now - this.#grace);
    if (!Number.isFinite(before)) return this.#closed;
    return Math.max(...this.#grids.map((grid) => slotSeeing(before, grid)));
  }
}

/** When the first bar that has not come of a stream would close. */
function missingFrom({ complete, stream }: Lane): Seconds {
  return closeOf(complete, stream);
}

/** One of each. */
function unlike(grids: readonly Grid[]): Grid[] {
  const found: Grid[] = [];
  for (const grid of grids) if (!found.some((each) => sameGrid(each, grid))) found.push(grid);
  return found;
}

function sameRow(a: FlatRecord, b: FlatRecord): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.is(a[name], b[name]));
}
