import type { ScanState } from '../engine/ports/host.js';
import type {
  Allocate,
  Candidate,
  Commit,
  Covered,
  CoveredSpan,
  Dependent,
  EarlierNode,
  NodeComparison,
  NodeRecord,
  NodeStore,
  ReadRequest,
  ReadsSince,
  RowSummary,
  SourceState,
  TimesRequest,
} from '../engine/ports/store.js';
import type { Span } from '../engine/run/reporting/report.js';
import type { Table } from '../sdk/table.js';
import type { Range, Seconds } from '../sdk/time/time.js';
import { clean, planClean, type CacheLimits, type CleanPlan } from './upkeep/clean.js';
import { clear } from './upkeep/clear.js';
import { deleteUnnamed } from './upkeep/discard.js';
import { mergeSmall, rewriteSparse, SPARSE_SHARE } from './upkeep/rewrite.js';
import { contents, findNode, sizeOnDisk, type FoundNode, type StoreContents } from './names/contents.js';
import { earlier } from './names/code-parts.js';
import { publishViews } from './names/node-views.js';
import { pin, unpin } from './names/pins.js';
import { point } from './names/pointing.js';
import { compare, current, register } from './names/registry.js';
import { lastRuns, markUsed, recordRun } from './names/runs.js';
import { fullName, isNamedByClass } from './names/strategy-names.js';
import { versions, type NodeVersion } from './names/versions.js';
import { membersIn } from './names/families.js';
import { exportNodes, type ExportedFile, type ExportRequest } from './query/export.js';
import type { StoreContext } from './segments/catalog.js';
import { commit } from './segments/commit.js';
import { heldParts, partsOf, readParts, type StoredPart } from './segments/parts.js';
import { placesOf, type Places } from './segments/places.js';
import {
  candidates,
  coverage,
  covered,
  coversIn,
  dependents,
  lastTimes,
  read,
  readSegments,
  readsSince,
  readStates,
  sources,
  summarize,
  timesFrom,
} from './segments/reading.js';

/** What a store needs from the code that opened its file. */
interface OpenFile {
  /** Whether the open file is still the one at its path. */
  readonly inPlace: () => boolean;
  readonly wanted: () => boolean;
  readonly settle: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * The cache: a `NodeStore` of Parquet packs, with a catalog in a DuckDB file. Strategies are named `file#Class`; lookups accept
 * the class alone if it is unique. Made by `openStore`. Close it: nobody else can open it meanwhile.
 */
export class Store implements NodeStore {
  /** Path of the DuckDB file. */
  readonly file: string;
  readonly #context: StoreContext;
  readonly #open: OpenFile;
  #closing: Promise<void> | null = null;

  constructor(context: StoreContext, file: string, open: OpenFile) {
    this.#context = context;
    this.file = file;
    this.#open = open;
  }

  register(nodes: readonly NodeRecord[], left?: ReadonlySet<string>): Promise<readonly NodeComparison[]> {
    return register(this.#context, nodes, left);
  }

  /** Reads ahead what `compare`, `current` and `covered` will ask for, if the strategy's nodes are as they were. */
  lookUp(strategy: string): Promise<void> {
    return this.#alone(async () => {
      const { catalog } = this.#context;
      const names = await catalog.names([strategy]);
      await catalog.covers([...names.values()].map(({ fingerprint }) => fingerprint));
    });
  }

  async point(nodes: readonly NodeRecord[], held: ReadonlySet<string>): Promise<void> {
    if (held.size > 0) await point(this.#context, nodes, held);
    await this.publishViews();
  }

  current(strategy: string): Promise<ReadonlyMap<string, string>> {
    return this.#alone(() => current(this.#context, strategy));
  }

  compare(nodes: readonly NodeRecord[]): Promise<readonly NodeComparison[]> {
    return this.#alone(() => compare(this.#context, nodes));
  }

  earlier(nodes: readonly NodeRecord[]): Promise<readonly (EarlierNode | null)[]> {
    return this.#alone(() => earlier(this.#context, nodes));
  }

  covered(fingerprints: readonly string[]): Promise<ReadonlyMap<string, Covered>> {
    return this.#alone(() => covered(this.#context, fingerprints));
  }

  coverage(fingerprints: readonly string[]): Promise<ReadonlyMap<string, readonly CoveredSpan[]>> {
    return this.#alone(() => coverage(this.#context, fingerprints));
  }

  sources(fingerprints: readonly string[]): Promise<ReadonlyMap<string, SourceState>> {
    return this.#alone(() => sources(this.#context, fingerprints));
  }

  read(requests: readonly ReadRequest[], memory?: Allocate): Promise<readonly Table[]> {
    return this.#alone(() => read(this.#context, requests, memory));
  }

  /** Which segments hold the rows of each request, so that `readParts` finds the same rows later. */
  partsOf(requests: readonly ReadRequest[]): Promise<readonly (readonly StoredPart[])[]> {
    return this.#alone(() => partsOf(this.#context, requests));
  }

  /** The rows of parts, even if other segments cover their range now; null: some were cleaned up. */
  readParts(parts: readonly StoredPart[]): Promise<Table | null> {
    return this.#alone(() => readParts(this.#context, parts));
  }

  /** Where the rows of each request are on disk, for another process to read. */
  places(requests: readonly ReadRequest[]): Promise<readonly Places[]> {
    return this.#alone(async () => {
      const covers = await coversIn(this.#context, requests);
      return covers.map((each) => placesOf(this.#context.folder, each));
    });
  }

  /** The same for parts; null if some are no longer stored. */
  placesOfParts(parts: readonly StoredPart[]): Promise<Places | null> {
    return this.#alone(async () => {
      const held = await heldParts(this.#context, parts);
      return held && placesOf(this.#context.folder, held);
    });
  }

  readSegments(segments: readonly number[]): Promise<readonly Table[]> {
    return this.#alone(() => readSegments(this.#context, segments));
  }

  readStates(segments: readonly number[]): Promise<readonly ScanState[]> {
    return this.#alone(() => readStates(this.#context, segments));
  }

  summarize(requests: readonly ReadRequest[]): Promise<readonly RowSummary[]> {
    return this.#alone(() => summarize(this.#context, requests));
  }

  lastTimes(fingerprint: string, before: Seconds, count: number): Promise<Float64Array> {
    return this.#alone(() => lastTimes(this.#context, fingerprint, before, count));
  }

  timesFrom(requests: readonly TimesRequest[]): Promise<readonly Float64Array[]> {
    return this.#alone(() => timesFrom(this.#context, requests));
  }

  dependents(stream: string): Promise<readonly Dependent[]> {
    return this.#alone(() => dependents(this.#context, stream));
  }

  readsSince(requests: readonly ReadRequest[]): Promise<readonly (ReadsSince | null)[]> {
    return this.#alone(() => readsSince(this.#context, requests));
  }

  candidates(owns: readonly string[], range: Range): Promise<readonly Candidate[]> {
    return this.#alone(() => candidates(this.#context, owns, range));
  }

  commit(parts: Commit): Promise<void> {
    return commit(this.#context, parts);
  }

  /** Remembers a run's range, for `lastRuns`. */
  recordRun(strategy: string, range: Range): Promise<void> {
    return recordRun(this.#context, strategy, range);
  }

  /** Updates the views that other clients read, if anything changed. */
  async publishViews(): Promise<void> {
    if (this.#context.views.stale) await publishViews(this.#context);
  }

  /** Ranges of a strategy's recent runs, latest first. */
  lastRuns(strategy: string): Promise<readonly Span[]> {
    return this.#alone(async () => lastRuns(this.#context, await fullName(this.#context, strategy)));
  }

  /** What is stored, by strategy and node; for one strategy or for all. */
  contents(strategy?: string): Promise<StoreContents> {
    return this.#alone(async () => contents(this.#context, this.file, await this.#fullName(strategy)));
  }

  /** The node of that name at its strategy's last registration; null: none. */
  findNode(strategy: string, node: string): Promise<FoundNode | null> {
    return this.#alone(async () => findNode(this.#context, await fullName(this.#context, strategy), node));
  }

  /** Whether the class alone names a strategy, given by its full name. */
  isNamedByClass(strategy: string): Promise<boolean> {
    return this.#alone(() => isNamedByClass(this.#context, strategy));
  }

  /** All versions of the node of that name: the current one first, then by time of replacement. */
  versions(strategy: string, node: string): Promise<readonly NodeVersion[]> {
    return this.#alone(async () => versions(this.#context, await fullName(this.#context, strategy), node));
  }

  /** Deletes a strategy and what only it uses, or everything. */
  async clear(strategy?: string): Promise<void> {
    const name = await this.#alone(() => this.#fullName(strategy));
    await clear(this.#context, name);
    await this.publishViews();
  }

  /** Total size of the cache on disk. */
  get bytes(): number {
    return sizeOnDisk(this.file, this.#context.folder);
  }

  /** What `clean` would delete. */
  planClean(limits: CacheLimits): Promise<CleanPlan> {
    return this.#alone(() => planClean(this.#context, this.file, limits, null));
  }

  /**
   * Deletes rows until the limits are met, as far as possible, and returns the space to the disk. Least recently used rows go
   * first; pinned rows stay. Without limits, deletes what no strategy's current nodes cover.
   * @param keep a strategy whose current rows stay
   */
  async clean(limits: CacheLimits, keep: string | null = null): Promise<CleanPlan> {
    const plan = await clean(this.#context, this.file, limits, keep);
    await this.publishViews();
    return plan;
  }

  /**
   * Does deferred work step by step: deletes files that no row refers to, and rewrites packs that are mostly unused, or small.
   */
  async upkeep(mayGoOn: () => boolean = () => true): Promise<void> {
    const context = this.#context;
    const steps = [
      () => deleteUnnamed(context),
      () => rewriteSparse(context, SPARSE_SHARE, mayGoOn),
      () => mergeSmall(context, mayGoOn),
    ];
    for (const step of steps) if (mayGoOn()) await this.#alone(step);
    await this.publishViews();
  }

  /** Keeps clean-ups away from the current rows of a strategy, or of one node (null: all). */
  async pin(strategy: string, node: string | null): Promise<void> {
    return pin(this.#context, await this.#alone(() => fullName(this.#context, strategy)), node);
  }

  /** Undoes `pin`; for a whole strategy, its nodes' pins as well. */
  async unpin(strategy: string, node: string | null): Promise<void> {
    return unpin(this.#context, await this.#alone(() => fullName(this.#context, strategy)), node);
  }

  /** Remembers that a strategy's rows were used, to the hour. Runs do this themselves. */
  async markUsed(strategy: string): Promise<void> {
    const name = await this.#alone(() => fullName(this.#context, strategy));
    return markUsed(this.#context, name);
  }

  /** False when the file was deleted or replaced: reads and writes here are then lost. */
  get inPlace(): boolean {
    return this.#open.inPlace();
  }

  /** Whether another process waits for the file. */
  get wanted(): boolean {
    return this.#open.wanted();
  }

  /** Checkpoints if that is worth it, without closing. */
  settle(): Promise<void> {
    return this.#open.settle();
  }

  /** The names of a family's nodes; null: the strategy has no such family. */
  members(strategy: string, family: string): Promise<readonly string[] | null> {
    return this.#alone(async () => {
      const known = await membersIn(this.#context.session, await fullName(this.#context, strategy), family);
      return known && known.map(([, node]) => node);
    });
  }

  /**
   * Writes rows of nodes, or of one family, to a file.
   * @throws SeamlessError `not-found` for an unknown node, `usage` when the file cannot be written
   */
  exportNodes(request: ExportRequest): Promise<ExportedFile> {
    return this.#alone(async () => {
      const strategy = await fullName(this.#context, request.strategy);
      return exportNodes(this.#context, { ...request, strategy });
    });
  }

  /** Waits for work in progress and closes the file. Closing again does nothing. */
  close(): Promise<void> {
    this.#closing ??= this.#open.close();
    return this.#closing;
  }

  async #fullName(strategy: string | undefined): Promise<string | undefined> {
    return strategy === undefined ? undefined : fullName(this.#context, strategy);
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#context.session.exclusive(work);
  }
}
