import { SeamlessError } from '../../sdk/errors.js';
import { emptyTable, lowerBound, type Table } from '../../sdk/table.js';
import { floorToSlot, gridOf } from '../../sdk/time/grid.js';
import { type Range, type Seconds } from '../../sdk/time/time.js';
import type { Fingerprint } from '../fingerprint/fingerprints.js';
import type { GraphNode } from '../graph/graph.js';
import { sourceLimit } from './source-limit.js';
import type { Horizon } from '../plan/horizon.js';
import type { SkippedRow, SourceReader } from '../ports/source.js';
import type { SourceNote } from '../ports/source-note.js';
import type { Commit, CoveredSpan, NodeStore, SourceState } from '../ports/store.js';
import { Overdue } from './deadline.js';
import { Intake, type Piece } from './intake.js';
import { addNotes, areByRow } from './notes.js';
import { versionKindOf, type VersionKind } from './open-source.js';
import { reachOf } from './reach.js';
import { StoredOpens } from './stored-opens.js';
import { takingIn, type Takings } from './takings.js';
import { endOf, firstDifference, movedEnds, SourceComparison, type SourceChange } from './source-change.js';
import { difference, hull, intersection, union, within, type RangeSet } from '../plan/ranges.js';

/** Keeps the store's rows of one stream in line with its source, and reads what is missing. */
export class StreamKeeper {
  readonly node: GraphNode;
  readonly fingerprint: Fingerprint;
  readonly #reader: SourceReader;
  readonly #store: NodeStore;
  /** What this run stored from the source; rows that were read and found unchanged do not count. */
  readonly #taken: Range[] = [];
  #spans: readonly CoveredSpan[];
  #first: Seconds | null = null;
  #last: Seconds | null = null;
  #change: SourceComparison | null = null;
  #wrote = false;
  #distrusted = false;
  /** Ranges that were read and are about to be stored. */
  readonly #coming: Range[] = [];
  readonly #opens: StoredOpens;
  /** The source's version at this run's first check; null: unknown. */
  #version: string | null = null;
  /** Repairs that were made before this reader was opened. */
  #notesBefore: readonly SourceNote[] = [];
  /** Whether the source is unchanged, and whether nothing is left to do for it. */
  #look = { unchanged: false, ends: false };
  #needed: Range = { start: Infinity, end: Infinity };
  /** The source has changed since. */
  #changed = false;

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
    this.#opens = new StoredOpens(store, fingerprint.hash);
  }

  /** What this run stored from the source, as new bars or replacements. */
  get taken(): RangeSet {
    return within(union(this.#taken), this.#extent);
  }

  /** How the source's bars have changed since they were stored; null: none were stored, or none changed. */
  get change(): SourceChange | null {
    return this.#change && firstDifference(this.#change) !== null ? this.#change : null;
  }

  /** What was repaired or left out of all stored bars. */
  get notes(): readonly SourceNote[] {
    const read = this.#reader.notes?.() ?? [];
    if (this.#reader.whole) return read.length > 0 ? read : this.#notesBefore;
    return addNotes(this.#notesBefore, read);
  }

  /** Whether anything was stored. */
  get wrote(): boolean {
    return this.#wrote;
  }

  /** The stored ranges of the stream. */
  get covered(): RangeSet {
    return union(this.#spans);
  }

  get versionKind(): VersionKind {
    const { source } = this.node.description;
    return source ? versionKindOf(source, this.#version) : 'none';
  }

  get horizon(): Horizon {
    return {
      begin: this.#first ?? Infinity,
      limit: this.#last === null ? -Infinity : sourceLimit(this.node, this.#last),
    };
  }

  /**
   * Checks the source's current version. All streams are checked before one is refreshed, so that those of one table are read
   * together.
   * @param needed the bars that are needed at most; with an infinite start, maybe none
   */
  async look(known: SourceState | undefined, needed: Range): Promise<void> {
    this.#needed = needed;
    const version = await this.#reader.version(known?.version);
    this.#version = version;
    const unchanged = known !== undefined && version !== null && known.version === version;
    if (unchanged) this.#notesBefore = known.notes ?? [];
    // A pinned source keeps its beginning and end, too.
    const grown = this.#reader.grows && !(needed.end <= this.#limitOf(known));
    const fixed = this.#reader.boundsByVersion || this.#reader.grows || this.versionKind === 'pinned';
    const bounded = this.#reader.whole || (fixed && !grown);
    this.#look = { unchanged, ends: unchanged && bounded };
    if (this.#look.ends) {
      this.#first = known?.first ?? null;
      this.#last = known?.last ?? null;
    } else if (!this.#reader.whole) {
      const bounds = await this.#bounds(unchanged ? known : undefined);
      this.#first = bounds?.first ?? null;
      this.#last = bounds?.last ?? null;
    }
  }

  /** A source that has only grown is known as far as before, if it does not report its end in time. */
  async #bounds(known: SourceState | undefined): ReturnType<SourceReader['bounds']> {
    try {
      return await this.#reader.bounds(known);
    } catch (error) {
      if (!(error instanceof Overdue) || known?.first == null || known.last === null) throw error;
      return { first: known.first, last: known.last };
    }
  }

  /** Updates the store for the changes that the check found. */
  async refresh(known: SourceState | undefined, takings: Takings): Promise<void> {
    if (this.#look.ends) return;
    if (this.#reader.whole) {
      const from = await this.#changedFrom(known);
      await this.#takeIn([{ start: from, end: Infinity }], { known, from }, takings);
      return;
    }
    if (this.#look.unchanged) {
      if (known && this.#reader.grows) await this.#noteGrowth(known, takings);
      return;
    }
    const from = await this.#changedFrom(known);
    const { start, end } = this.#extent;
    const ranges = within(union([...this.#spans, ...this.#grown()]), { start: Math.max(from, start), end });
    await this.#takeIn(ranges, { known, from }, takings);
  }

  /** The needed range after a file's stored bars: it is read in the same pass. */
  #grown(): RangeSet {
    const last = this.#spans.at(-1)?.end ?? -Infinity;
    const { start, end } = this.#needed;
    const isFile = this.#reader.boundsByVersion && !this.node.description.source?.held;
    return isFile && start <= last && last < end ? [{ start: last, end }] : [];
  }

  #limitOf(known: SourceState | undefined): Seconds {
    return known?.last == null ? -Infinity : sourceLimit(this.node, known.last);
  }

  /** The current end of a source that has only grown. */
  async #noteGrowth(known: SourceState, takings: Takings): Promise<void> {
    if (known.first === this.#first && known.last === this.#last) return;
    const state = { ...known, first: this.#first, last: this.#last };
    const sources = [{ fingerprint: this.fingerprint.hash, state }];
    await takings.add(this, { invalidations: [], segments: [], reuses: [], sources });
  }

  /** From where on a changed source's bars may differ from the stored ones; −∞: its reader cannot tell. */
  async #changedFrom(known: SourceState | undefined): Promise<Seconds> {
    // Repairs are counted over the whole source. For single rows, a reader knows its earlier count, or counts again.
    const { whole } = this.#reader;
    const counts = whole || this.#reader.notesIn !== undefined;
    const counted = !known?.notes || (counts && areByRow(known.notes));
    if (!known?.version || !counted) return -Infinity;
    const same = (await this.#reader.sameUntil?.(known.version)) ?? -Infinity;
    // For a source that is read as a whole, the last bar is known from reading it: only added bars leave it as it is.
    if (this.#reader.whole && (known.last === null || same <= known.last)) return -Infinity;
    const from = Math.min(same, this.#reader.whole ? endOf(known, this.node) : this.horizon.limit);
    // A covered span is read again as a whole.
    const anew = this.#spans.find(({ start, end }) => start < from && from < end)?.start ?? from;
    if (known.notes && !whole) {
      const kept = within(union(this.#spans), { start: -Infinity, end: anew });
      this.#notesBefore = (await this.#reader.notesIn?.(kept)) ?? [];
    }
    return anew;
  }

  /** The source's bounds. */
  get #extent(): Range {
    return { start: this.horizon.begin, end: this.horizon.limit };
  }

  /**
   * Storing before a changed source is read to its end would mix two versions: if the read is interrupted and the old content
   * returns, neither version could be trusted.
   */
  async #distrust({ known }: Refresh): Promise<void> {
    if (!known || this.#distrusted) return;
    this.#distrusted = true;
    const sources = [{ fingerprint: this.fingerprint.hash, state: { ...known, version: null } }];
    await this.#store.commit({ invalidations: [], segments: [], reuses: [], sources });
  }

  /** Reads the bars of a range, as far as the source has them. They are stored together with `takings`. */
  async ensure(range: Range, takings: Takings): Promise<void> {
    const wanted = intersection(range, this.#extent);
    const missing = difference(union([wanted]), union([...this.#spans, ...this.#coming]));
    if (missing.length === 0) return;
    try {
      await this.#takeIn(missing, null, takings);
    } catch (error) {
      if (!(error instanceof Overdue)) throw error;
      const { hash } = this.fingerprint;
      this.#spans = (await this.#store.coverage([hash])).get(hash) ?? [];
      const [rest] = difference(union([wanted]), union([...this.#spans, ...this.#coming]));
      throw new Overdue(error.held, rest?.start ?? wanted.end);
    }
    this.#coming.push(...missing);
  }

  /** The current stored ranges of the stream. */
  noteSpans(spans: readonly CoveredSpan[]): void {
    this.#spans = spans;
    this.#coming.length = 0;
    this.#opens.forget();
  }

  /** The open of the `count`-th bar before `before`, or of the first bar. Counts existing bars, across holes and weekends. */
  async rowsBack(before: Seconds, count: number): Promise<Seconds> {
    if (before <= this.horizon.begin) return this.horizon.begin;
    let length = count * this.node.interval;
    for (;;) {
      const start = Math.max(this.horizon.begin, floorToSlot(before - length, this.node));
      if (!this.#reader.whole)
        await takingIn(this.#store, (takings) => this.ensure({ start, end: before }, takings));
      const times = await this.#opens.before(before, count);
      // Older spans beyond an unread range say nothing about the bars in between.
      const missing = this.#reader.whole ? 0 : lowerBound(times, start);
      if (times.length - missing >= count) return times[0] as Seconds;
      if (this.#reader.whole || start <= this.horizon.begin) return this.horizon.begin;
      length *= 4;
    }
  }

  /**
   * Rows of two versions of a source must not be stored under one: everything read since the first check is discarded.
   * @throws SeamlessError `source` when the source changed during the run
   */
  async #refuseChanged(): Promise<void> {
    // A source that is read at once is watched by its reader, from its version to its last row.
    if (this.#version === null || this.#reader.whole) return;
    if ((await this.#reader.version()) === this.#version) return;
    this.#changed = true;
    const { name } = this.node;
    throw new SeamlessError(
      'source',
      `The source of ${name} changed while it was being read, so nothing of that reading was stored: run again once it stays as it is.`,
      { node: name },
    );
  }

  /** Reads ranges and stores what is new. @param refresh null: new ranges of an unchanged source */
  async #takeIn(ranges: RangeSet, refresh: Refresh | null, takings: Takings): Promise<void> {
    this.#wrote = true;
    const intake = new Intake(this.node, this.#spans, this.#reader.blockBars);
    const skipped: Range[] = [];
    try {
      await this.#read(ranges, intake, refresh, skipped);
    } catch (error) {
      // A source that is read at once starts over anyway; otherwise, what was read before an interruption is kept.
      if (this.#reader.whole || this.#changed) await this.#letGo(intake);
      else if (error instanceof Overdue && this.#reader.grows && !refresh) await this.#keepRest(intake);
      throw error;
    }
    const pieces = intake.takePieces();
    if (refresh && this.#reader.whole) {
      const { first = null, last = null } = refresh.from > -Infinity ? (refresh.known ?? {}) : {};
      this.#first = first ?? intake.first;
      this.#last = intake.last ?? last;
    }
    // Covered spans that a read no longer reaches are uncovered: the source shrank.
    const start = refresh ? Math.min(refresh.from, this.horizon.limit) : Infinity;
    const lost = difference(within(union(this.#spans), { start, end: Infinity }), union(intake.covered));
    const { notes } = this;
    const now = { version: this.#version, first: this.#first, last: this.#last };
    const state: SourceState = notes.length > 0 ? { ...now, notes } : now;
    // New ranges change nothing that is known about a source, except its repairs.
    const sources = refresh || notes.length > 0 ? [{ fingerprint: this.fingerprint.hash, state }] : [];
    const commit = await this.#commitOf(pieces, lost, refresh, movedEnds(this.node, refresh?.known, now));
    if (skipped.length === 0) await takings.add(this, { ...commit, sources });
    else {
      if (refresh) await this.#distrust(refresh);
      await this.#store.commit(commit);
      // What is beside an unreadable row is unknown; requesting it gives the reason.
      const invalidations = union(skipped).map((range) => ({ fingerprint: this.fingerprint.hash, range }));
      await takings.add(this, { invalidations, segments: [], reuses: [], sources });
    }
  }

  /**
   * @param skipped receives ranges of a changed source that cannot be read; without a change, such rows are part of the request
   */
  async #read(ranges: RangeSet, intake: Intake, refresh: Refresh | null, skipped: Range[]): Promise<void> {
    const skip = refresh ? ({ range }: SkippedRow): unknown => skipped.push(range) : undefined;
    for (const range of ranges) {
      intake.begin(range);
      for await (const table of this.#reader.read(range, skip)) {
        intake.add(table);
        if (intake.pieces > 0) {
          await this.#refuseChanged();
          if (refresh) await this.#distrust(refresh);
          await this.#store.commit(await this.#commitOf(intake.takePieces(), [], refresh));
        }
      }
      intake.end(this.#reader.whole ? null : Math.min(range.end, this.horizon.limit));
    }
    await this.#refuseChanged();
  }

  /** Stores what a wire gave before its deadline: up to its last bar, none is missing. */
  async #keepRest(intake: Intake): Promise<void> {
    intake.end(null);
    await this.#store.commit(await this.#commitOf(intake.takePieces(), [], null));
  }

  /** Uncovers what a read stored before its source was found to have changed. */
  async #letGo({ taken }: Intake): Promise<void> {
    const { hash: fingerprint } = this.fingerprint;
    const invalidations = taken.map((range) => ({ fingerprint, range }));
    if (taken.length === 0) return;
    await this.#store.commit({ invalidations, segments: [], reuses: [], sources: [] });
  }

  /** What to store of pieces, and what coverage ends because of them. */
  async #commitOf(
    pieces: readonly Piece[],
    lost: RangeSet,
    refresh: Refresh | null,
    moved: RangeSet = [],
  ): Promise<Commit> {
    const { hash: fingerprint, codeHash } = this.fingerprint;
    const segments = pieces.map(({ range, table }) => ({
      fingerprint,
      codeHash,
      range,
      table,
      inputDigests: [],
    }));
    const ended = [...pieces.flatMap(({ old }) => (old ? [old] : [])), ...lost];
    const invalidations = ended.map(({ start, end }) => ({ fingerprint, range: { start, end } }));
    const commit = { segments, reuses: [], sources: [] };
    if (!refresh) {
      this.#taken.push(...pieces.map(({ range }) => range));
      return { ...commit, invalidations };
    }
    const changed = [...moved];
    for (const { range, table, old } of pieces) {
      // If a source shrank, what is left of a span replaces all of it.
      const ranges = old ? await this.#compare(hull(union([old, range])) ?? range, table) : [range];
      this.#taken.push(...ranges);
      // Bars after the known end: nobody who looked earlier could have seen them.
      if (old || range.start < endOf(refresh.known, this.node)) changed.push(...ranges);
    }
    const gone = difference(lost, union(pieces.flatMap(({ old }) => (old ? [old] : []))));
    for (const range of gone) changed.push(...(await this.#compare(range, emptyTable())));
    const stream = { fingerprint, ...gridOf(this.node) };
    return {
      ...commit,
      invalidations: [...invalidations, ...(await reachOf(this.#store, stream, union(changed)))],
    };
  }

  /** Records how rows to be stored differ from those they replace, and returns the changed ranges. */
  async #compare(range: Range, table: Table): Promise<RangeSet> {
    const [before] = await this.#store.read([{ fingerprint: this.fingerprint.hash, range }]);
    this.#change ??= new SourceComparison();
    return this.#change.compare(before ?? emptyTable(), table, this.node);
  }
}

/** A source that is read because it may have changed. */
interface Refresh {
  readonly known: SourceState | undefined;
  /** Bars before this are as stored. */
  readonly from: Seconds;
}
