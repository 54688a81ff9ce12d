import { SeamlessError } from '../sdk/errors.js';
import { concatTables, emptyTable, lowerBound, sliceTable, type Table } from '../sdk/table.js';
import { floorToGrid, type Range, type Seconds } from '../sdk/time.js';
import { tableDigest } from './digest.js';
import type { Fingerprint } from './fingerprints.js';
import type { GraphNode } from './graph.js';
import type { Horizon } from './horizon.js';
import type {
  Commit,
  CoveredSpan,
  Invalidation,
  NewSegment,
  NodeStore,
  SourceReader,
  SourceState,
} from './ports.js';
import { firstDifference, SourceComparison, type SourceChange } from './source-change.js';
import { difference, intersection, union, within, type RangeSet } from './ranges.js';

/** Bars in a block of a stream: the grain in which its rows are stored and compared. */
const BLOCK_BARS = 16_384;

/** Blocks per transaction while a source is taken in. */
const BLOCKS_PER_COMMIT = 8;

const EVERYTHING: Range = { start: -Infinity, end: Infinity };

/** Keeps what the store holds of one stream true to its source, and brings in what is missing. */
export class StreamKeeper {
  readonly node: GraphNode;
  readonly fingerprint: Fingerprint;
  readonly #reader: SourceReader;
  readonly #store: NodeStore;
  /** What was read from the source in this run. */
  readonly #taken: Range[] = [];
  #spans: readonly CoveredSpan[];
  #first: Seconds | null = null;
  #last: Seconds | null = null;
  #change: SourceComparison | null = null;
  /** Where the source began when it was last taken in; null: it was not, or had no bars. */
  #knownFirst: Seconds | null = null;
  /** What the source called its content when this run first looked; null: it cannot tell. */
  #version: string | null = null;

  constructor(
    node: GraphNode,
    fingerprint: Fingerprint,
    reader: SourceReader,
    store: NodeStore,
    spans: readonly CoveredSpan[],
  ) {
    this.node = node;
    this.fingerprint = fingerprint;
    this.#reader = reader;
    this.#store = store;
    this.#spans = spans;
  }

  /** What was read from the source in this run. */
  get taken(): RangeSet {
    return union(this.#taken);
  }

  /** How the bars of a source that was taken in before have changed since; null where none was, or did. */
  get change(): SourceChange | null {
    return this.#change && firstDifference(this.#change) !== null ? this.#change : null;
  }

  get horizon(): Horizon {
    return {
      begin: this.#first ?? Infinity,
      limit: this.#last === null ? -Infinity : this.#last + this.node.interval,
    };
  }

  /** Notices what changed in the source since it was last taken in, and makes the store say the same. */
  async refresh(known: SourceState | undefined): Promise<void> {
    const version = await this.#reader.version();
    this.#version = version;
    const unchanged = known !== undefined && version !== null && known.version === version;
    if (this.#reader.whole) {
      if (unchanged) {
        this.#first = known.first;
        this.#last = known.last;
        return;
      }
      await this.#distrust(known);
      this.#knownFirst = known?.first ?? null;
      await this.#takeIn([EVERYTHING], (first, last) => ({ version, first, last }));
      return;
    }
    const bounds = await this.#reader.bounds();
    this.#first = bounds?.first ?? null;
    this.#last = bounds?.last ?? null;
    if (unchanged) return;
    await this.#distrust(known);
    this.#knownFirst = known?.first ?? null;
    await this.#takeIn(union(this.#spans), () => ({ version, first: this.#first, last: this.#last }));
  }

  /**
   * Until a changed source has been read to its end, the store holds rows of two versions: should the reading be cut short
   * and the old content come back, neither version may be believed.
   */
  async #distrust(known: SourceState | undefined): Promise<void> {
    if (!known) return;
    const sources = [{ fingerprint: this.fingerprint.full, state: { ...known, version: null } }];
    await this.#store.commit({ invalidations: [], segments: [], adoptions: [], sources });
  }

  /** Whoever took another beginning for the beginning, and fired late or early for it, has to look again. */
  #movedBeginning(): Invalidation[] {
    if (this.#knownFirst === null || this.#knownFirst === this.#first) return [];
    return [{ stream: this.fingerprint.full, range: null, dependentsFrom: -Infinity }];
  }

  /** Brings in the bars of a range as far as the source has them. */
  async ensure(range: Range): Promise<void> {
    const wanted = intersection(range, { start: this.horizon.begin, end: this.horizon.limit });
    const missing = difference(union([wanted]), union(this.#spans));
    if (missing.length > 0) await this.#takeIn(missing, null);
  }

  /**
   * The open of the `count`-th bar before `before`, or of the first bar there is. Bars are counted as they exist,
   * across holes and weekends.
   */
  async rowsBack(before: Seconds, count: number): Promise<Seconds> {
    const { interval, phase } = this.node;
    let length = count * interval;
    for (;;) {
      const start = Math.max(this.horizon.begin, floorToGrid(before - length, interval, phase));
      if (!this.#reader.whole) await this.ensure({ start, end: before });
      const times = await this.#store.lastTimes(this.fingerprint.full, before, count);
      // Older spans beyond a stretch that was never read say nothing of the bars in between.
      const missing = this.#reader.whole ? 0 : lowerBound(times, start);
      if (times.length - missing >= count) return times[0] as Seconds;
      if (this.#reader.whole || start <= this.horizon.begin) return this.horizon.begin;
      length *= 4;
    }
  }

  /**
   * Rows of two versions of a source must not be stored under one: whatever was read since the first look is let go.
   * @throws SeamlessError `source` when the source changed during the run.
   */
  async #refuseChanged(): Promise<void> {
    // What is read at once is watched by its reader, from its version to its last row.
    if (this.#version === null || this.#reader.whole) return;
    if ((await this.#reader.version()) === this.#version) return;
    const { name } = this.node;
    throw new SeamlessError(
      'source',
      `The source of ${name} changed while it was being read, so nothing of that reading was stored: run again once it stays as it is.`,
      { node: name },
    );
  }

  /** Reads ranges and stores what is new in them. */
  async #takeIn(
    ranges: RangeSet,
    stateAfter: ((first: Seconds | null, last: Seconds | null) => SourceState) | null,
  ): Promise<void> {
    const intake = new Intake(this.node, this.fingerprint, this.#spans, this.#reader.whole);
    // Bars that are asked for the first time are no change.
    const compares = stateAfter !== null && this.#spans.length > 0;
    const takeCommit = async (): Promise<Commit> => {
      const commit = intake.takeCommit();
      if (compares) await this.#compare(commit, intake.takeLost());
      return commit;
    };
    for (const range of ranges) {
      intake.begin(range);
      for await (const table of this.#reader.read(range)) {
        intake.add(table);
        if (intake.pieces >= BLOCKS_PER_COMMIT) {
          await this.#refuseChanged();
          await this.#store.commit(await takeCommit());
        }
      }
      intake.end(this.#reader.whole ? null : Math.min(range.end, this.horizon.limit));
    }
    await this.#refuseChanged();
    const commit = await takeCommit();
    if (stateAfter && this.#reader.whole) {
      this.#first = intake.first;
      this.#last = intake.last;
    }
    const state = stateAfter?.(this.#first, this.#last);
    const sources = state ? [{ fingerprint: this.fingerprint.full, state }] : [];
    // With the state: until that says where the source begins now, the next run looks at it again.
    const invalidations = [...commit.invalidations, ...(state ? this.#movedBeginning() : [])];
    await this.#store.commit({ ...commit, invalidations, sources });
    this.#taken.push(...intake.covered);
    const coverage = await this.#store.coverage([this.fingerprint.full]);
    this.#spans = coverage.get(this.fingerprint.full) ?? [];
  }

  /** Notes how rows that are about to be stored differ from those they take the place of. */
  async #compare({ segments }: Commit, lost: readonly Range[]): Promise<void> {
    const changed = [
      ...segments.map(({ range, table }) => ({ range, table })),
      ...lost.map((range) => ({ range, table: emptyTable() })),
    ];
    this.#change ??= new SourceComparison();
    for (const { range, table } of changed) {
      const [before] = await this.#store.read([{ fingerprint: this.fingerprint.full, range }]);
      this.#change.compare(before ?? emptyTable(), table);
    }
  }
}

/** Cuts what a source gives into pieces, and says which of them are new, unchanged or changed. */
class Intake {
  readonly covered: Range[] = [];
  first: Seconds | null = null;
  last: Seconds | null = null;
  readonly #node: GraphNode;
  readonly #fingerprint: Fingerprint;
  readonly #old: readonly CoveredSpan[];
  /** Everything is read: what was not covered before was taken for empty. */
  readonly #whole: boolean;
  #segments: NewSegment[] = [];
  #invalidations: Invalidation[] = [];
  #lost: Range[] = [];
  #held: Table[] = [];
  #range: Range = EVERYTHING;
  /** Start of the piece in hand; null before the first row of a range without a start. */
  #pieceStart: Seconds | null = null;

  constructor(node: GraphNode, fingerprint: Fingerprint, old: readonly CoveredSpan[], whole: boolean) {
    this.#whole = whole;
    this.#node = node;
    this.#fingerprint = fingerprint;
    this.#old = old;
  }

  get pieces(): number {
    return this.#segments.length;
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

  /** Ends the range in hand, which is known up to its last bar, and to `knownEnd` if that is later. */
  end(knownEnd: Seconds | null): void {
    const lastClose = this.last === null ? -Infinity : this.last + this.#node.interval;
    const end = Math.min(this.#range.end, Math.max(knownEnd ?? -Infinity, lastClose));
    if (this.#pieceStart !== null) {
      while (this.#pieceStart < end) this.#finishPiece(Math.min(this.#nextCut(this.#pieceStart), end));
    }
    this.#held = [];
    this.#dropBeyond();
  }

  takeCommit(): Commit {
    const commit = {
      invalidations: this.#invalidations,
      segments: this.#segments,
      adoptions: [],
      sources: [],
    };
    this.#segments = [];
    this.#invalidations = [];
    return commit;
  }

  /** Covered stretches that have no rows any more. */
  takeLost(): readonly Range[] {
    const lost = this.#lost;
    this.#lost = [];
    return lost;
  }

  /** Pieces end where covered spans begin or end, so that each is compared whole, and at block boundaries. */
  #nextCut(start: Seconds): Seconds {
    const inside = this.#old.find((span) => span.start <= start && start < span.end);
    if (inside) return inside.end;
    const block = BLOCK_BARS * this.#node.interval;
    const nextSpan = this.#old.find((span) => span.start > start);
    return Math.min(floorToGrid(start, block, this.#node.phase) + block, nextSpan?.start ?? Infinity);
  }

  #finishPiece(end: Seconds): void {
    const range = { start: this.#pieceStart as Seconds, end };
    const table = concatTables(this.#held);
    this.#held = [];
    this.#pieceStart = end;
    const old = this.#old.find((span) => span.start <= range.start && range.start < span.end);
    const whole = old !== undefined && old.start === range.start && old.end === range.end;
    if (whole && old.segmentRange.start === old.start && old.segmentRange.end === old.end) {
      if (old.digest === tableDigest(table)) {
        this.covered.push(range);
        return;
      }
    }
    // Whoever saw this stretch before, as other rows or as none, may have to look again.
    if (old) {
      this.#invalidate({ start: old.start, end: old.end }, old.start + this.#node.interval);
    } else if (this.#whole && table.ts.length > 0) {
      this.#invalidate(null, (table.ts[0] as Seconds) + this.#node.interval);
    }
    this.covered.push(range);
    this.#segments.push({
      fingerprint: this.#fingerprint.full,
      own: this.#fingerprint.own,
      range,
      table,
      inputDigests: [],
    });
  }

  /** Covered spans that a reading did not reach any more lose their cover: the source shrank. */
  #dropBeyond(): void {
    for (const lost of difference(within(union(this.#old), this.#range), union(this.covered))) {
      this.#lost.push(lost);
      this.#invalidate(lost, lost.start + this.#node.interval);
    }
  }

  #invalidate(range: Range | null, dependentsFrom: Seconds): void {
    this.#invalidations.push({ stream: this.#fingerprint.full, range, dependentsFrom });
  }
}
