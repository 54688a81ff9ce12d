import { resolve } from 'node:path';

import { byFamily, isFamily } from '../engine/run/family.js';
import type { NodeReport, RunProgress, RunReport, Span } from '../engine/run/reporting/report.js';
import { didYouMean, SeamlessError } from '../sdk/errors.js';
import { Strategy } from '../sdk/strategy.js';
import type { Table } from '../sdk/table.js';
import { ALL_TIME, parseRange, type Range, type TimeInput } from '../sdk/time/time.js';
import { builtFile } from '../protocol/built-file.js';
import { abortSignal } from './abort-signal.js';
import type { CancelSignal } from '../sdk/cancel-signal.js';
import { JobClient } from './job-client.js';
import { columnsOf, rowsOf, type HistoryColumns, type NodeRow } from '../protocol/history.js';
import { familyColumns, familyRows, panelOf, type MemberTable, type Panel } from './family-table.js';
import type { HistoryPart, Payload, StrategyRef } from '../protocol/payloads.js';
import { cacheFolder, partialRange, projectRootOf, storedName } from '../protocol/project.js';
import { print, refOf, refuseInHost } from './strategy-of.js';
import { isRecent } from '../protocol/sidecar/kept-file.js';
import { placesIn, readPlaces } from '../protocol/sidecar/kept-places.js';
import { readSidecar } from '../protocol/sidecar/sidecar.js';
import type { Places } from '../store/segments/places.js';
import { PlacesReader } from '../store/segments/places-reader.js';
import { sharedReader } from './sync-reader.js';

export interface MaterializeOptions {
  /** The class, exported from its file; or `'path/to/file.ts#Class'`, or a file with one strategy. */
  readonly strategy: (new () => Strategy) | string;
  /** The range is `[start, end)`. */
  readonly start: TimeInput;
  readonly end: TimeInput;
  /**
   * `'missing'`: complete only nodes with missing or incomplete history over the range, and what they depend on. Nodes that
   * changed but are complete in their previous version stay as they are and are reported as `stale`.
   */
  readonly only?: 'missing' | undefined;
  /** Default: `.seamless` in the strategy's project root. */
  readonly cacheDir?: string | undefined;
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
  /** An `AbortSignal`. */
  readonly signal?: CancelSignal | undefined;
}

export type { CancelSignal } from '../sdk/cancel-signal.js';

/** The programs that a job starts, for builds other than this package's own. */
export interface JobPrograms {
  readonly childPath?: string | undefined;
  readonly workerPath?: string | undefined;
}

/**
 * Reads a run's results from the cache synchronously.
 * @internal
 */
interface HistoryReader {
  read(payload: Payload<'read'>): Table;
}

/** Materializes a strategy over a range: computes and stores each node's missing history. */
export class MaterializeSeamlessJob {
  readonly #options: MaterializeOptions;
  readonly #range: Range;
  readonly #programs: JobPrograms;

  /**
   * @param programs for builds other than this package's own
   * @throws SeamlessError `time` or `range` for an invalid range
   */
  constructor(options: MaterializeOptions, programs: JobPrograms = {}) {
    this.#options = options;
    this.#range = parseRange(options.start, options.end);
    this.#programs = programs;
  }

  /**
   * Runs in a separate process. Resolves even if nodes failed: the report says which and why. Output of author code appears here.
   * @throws SeamlessError `compute-only`, at once, while a strategy is being loaded; `not-found` for a class that does not exist
   * or is not exported; `cancelled`; and whatever keeps the strategy from running
   */
  run(): Promise<MaterializeReport> {
    refuseInHost('MaterializeSeamlessJob.run()');
    return this.#run(refOf(this.#options.strategy, 'MaterializeSeamlessJob'));
  }

  async #run(strategy: StrategyRef): Promise<MaterializeReport> {
    const { onProgress, signal, only } = this.#options;
    const cacheDir = cacheFolder(strategy.projectRoot, this.#options.cacheDir);
    const own = this.#programs.childPath === undefined;
    const known = own && !only && !signal?.aborted && (await this.#known(strategy, cacheDir));
    if (known) return known;
    const client = JobClient.start({
      childPath: this.#programs.childPath ?? builtFile('child.js'),
      batch: true,
      onLog: print,
    });
    try {
      const request = { strategy, ...this.#range, only, cacheDir, parts: true, sidecar: true } as const;
      const {
        parts = [],
        places,
        ...report
      } = await client.request('materialize', request, {
        onProgress,
        signal: abortSignal(signal),
      });
      return this.#report(report, { strategy, cacheDir }, parts, places);
    } finally {
      await client.dispose();
    }
  }

  /** The report of a hit, from the sidecar; null: a run is needed. */
  async #known(strategy: StrategyRef, cacheDir: string): Promise<MaterializeReport | null> {
    const began = performance.now();
    const report = await readSidecar(cacheDir, { strategy, ...this.#range });
    const all = report && (await readPlaces(cacheDir, storedName(strategy, report.strategy)));
    if (!all) return null;
    const places = report.nodes.map(({ name }) => placesIn(cacheDir, all, name, this.#range));
    if (!places.every((each) => each !== null)) return null;
    const parts = places.map((each) =>
      each.parts.map(({ start, end, segment: { digest } }) => ({ start, end, digest })),
    );
    const elapsedMs = Math.round(performance.now() - began);
    return this.#report({ ...report, elapsedMs }, { strategy, cacheDir }, parts, places);
  }

  #report(
    report: RunReport,
    { strategy, cacheDir }: { readonly strategy: StrategyRef; readonly cacheDir: string },
    parts: readonly (readonly HistoryPart[])[],
    places?: readonly Places[],
  ): MaterializeReport {
    const place = {
      projectRoot: strategy.projectRoot,
      cacheDir,
      strategy: storedName(strategy, report.strategy),
    };
    return new MaterializeReport(report, place, sharedReader(this.#programs), parts, places);
  }
}

/** The result of `report.node(name)`: the node's part of the report, and its history over the range. */
export interface MaterializedNode extends Omit<NodeReport, 'columns' | 'rows' | 'symbol'> {
  readonly rowCount: number;
  readonly columnNames: readonly string[];
  /**
   * Its history by column, as this run left it. Read from the cache at each call, synchronously.
   * @throws SeamlessError `not-found` when these rows have been cleaned up
   */
  columns(): HistoryColumns;
  /** The same by bar. */
  rows(): NodeRow[];
  /**
   * For a family (a node over a universe): its symbols in order; else empty. Columns and rows are then one long table: the
   * histories of all symbols one after the other, with a symbol column.
   */
  readonly symbols: readonly string[];
  /** The node of one symbol. @throws SeamlessError `not-found`, suggesting similar symbols */
  symbol(symbol: string): MaterializedNode;
  /**
   * One column of a family as a table of time by symbol.
   * @param column default: `value`
   * @throws SeamlessError `unknown-column` for one that does not exist or holds no numbers, `not-found` for a node without
   * symbols
   */
  panel(column?: string): Panel;
}

/** Where the cache is, and the strategy's name in it. */
interface StoredStrategy {
  readonly projectRoot: string;
  readonly cacheDir: string;
  readonly strategy: string;
}

/** The result of a run, with access to its rows in the cache. */
export class MaterializeReport implements RunReport {
  readonly strategy: string;
  readonly range: Span;
  readonly coverageBounds: Span | null;
  readonly nodeCount: number;
  readonly hits: number;
  readonly reused: number;
  readonly computed: number;
  readonly partial: number;
  readonly failed: number;
  readonly blocked: number;
  readonly stale: number;
  readonly elapsedMs: number;
  readonly nodes: readonly NodeReport[];
  readonly #place: StoredStrategy;
  readonly #reader: HistoryReader;
  readonly #parts: readonly (readonly HistoryPart[])[];
  readonly #places: readonly Places[];
  readonly #placesReader = new PlacesReader();
  readonly #since = Date.now();

  /**
   * @param parts the rows of each node, in the order of the report's nodes
   * @param places where these are on disk; without it, the reader finds out
   * @internal
   */
  constructor(
    report: RunReport,
    place: StoredStrategy,
    reader: HistoryReader,
    parts: readonly (readonly HistoryPart[])[],
    places: readonly Places[] = [],
  ) {
    this.strategy = report.strategy;
    this.range = report.range;
    this.coverageBounds = report.coverageBounds;
    this.nodeCount = report.nodeCount;
    this.hits = report.hits;
    this.reused = report.reused;
    this.computed = report.computed;
    this.partial = report.partial;
    this.failed = report.failed;
    this.blocked = report.blocked;
    this.stale = report.stale;
    this.elapsedMs = report.elapsedMs;
    this.nodes = report.nodes;
    this.#place = place;
    this.#reader = reader;
    this.#parts = parts;
    this.#places = places;
  }

  /** A node or a family by name. @throws SeamlessError `not-found`, suggesting similar names */
  node(name: string): MaterializedNode {
    const index = this.nodes.findIndex((node) => node.name === name);
    const found = this.nodes[index];
    if (!found) return this.#family(name);
    const { columns: columnNames, rows: rowCount, symbol: _, ...rest } = found;
    const read = (): Table => this.#read(index);
    return {
      ...rest,
      rowCount,
      columnNames,
      columns: () => columnsOf(read()),
      rows: () => rowsOf(read()),
      symbols: [],
      symbol: () => refuseSymbols(name),
      panel: () => refuseSymbols(name),
    };
  }

  #read(index: number): Table {
    const places = this.#places[index];
    // After that time, the catalog must record that the rows are in use.
    const near = places && isRecent(this.#since) ? this.#placesReader.read(places) : null;
    if (near) return near;
    const node = this.nodes[index]?.name ?? '';
    return this.#reader.read({ ...this.#place, node, parts: this.#parts[index] ?? [] });
  }

  #family(name: string): MaterializedNode {
    const found = byFamily(this.nodes).find((node) => isFamily(node) && node.name === name);
    if (!found || !isFamily(found)) throw this.#unknown(name);
    const { columns, rows: rowCount, members, symbol: _, ...rest } = found;
    const symbols = members.map(({ symbol }) => symbol ?? '');
    const tables = (): MemberTable[] =>
      members.map((node, at) => ({
        symbol: symbols[at] ?? '',
        table: this.#read(this.nodes.indexOf(node)),
      }));
    return {
      ...rest,
      rowCount,
      columnNames: ['symbol', ...columns],
      columns: () => familyColumns(tables()),
      rows: () => familyRows(tables()),
      symbols,
      symbol: (symbol) => this.#member(name, symbols, members, symbol),
      panel: (column) => panelOf(name, tables(), column),
    };
  }

  #member(
    family: string,
    symbols: readonly string[],
    members: readonly NodeReport[],
    symbol: string,
  ): MaterializedNode {
    const member = members[symbols.indexOf(symbol)];
    if (member) return this.node(member.name);
    const hint = didYouMean(
      symbol,
      symbols,
      `It has ${symbols.length}, such as ${symbols.slice(0, 5).join(', ')}.`,
    );
    throw new SeamlessError('not-found', `${family} has no symbol ${symbol}. ${hint}`);
  }

  #unknown(name: string): SeamlessError {
    const names = byFamily(this.nodes).map((node) => node.name);
    const hint = didYouMean(name, names, `It has ${names.join(', ')}.`);
    return new SeamlessError('not-found', `Strategy ${this.strategy} has no node ${name}. ${hint}`);
  }
}

function refuseSymbols(name: string): never {
  throw new SeamlessError(
    'not-found',
    `${name} has no symbols: it is not a node over a universe. Read it with columns() or rows().`,
  );
}

export interface CacheOptions {
  /** Default: the project the working folder is in. */
  readonly projectRoot?: string | undefined;
  /** Default: `.seamless` in the project root. */
  readonly cacheDir?: string | undefined;
}

/** A cache that is open for reading until it is closed. */
export interface OpenCache {
  /**
   * A node's stored history over `[start, end)`, or all of it.
   * @throws SeamlessError `not-found`, suggesting similar names, for an unknown strategy or node
   */
  read(strategy: string, node: string, start?: TimeInput, end?: TimeInput): Promise<HistoryColumns>;
  /** Ends the reading process. Without it, the script does not exit. */
  close(): Promise<void>;
}

/** Opens a cache without running anything. */
export function openCache(
  options: CacheOptions = {},
  programs: { readonly childPath?: string | undefined } = {},
): OpenCache {
  const projectRoot = resolve(options.projectRoot ?? projectRootOf(process.cwd()));
  const cacheDir = cacheFolder(projectRoot, options.cacheDir);
  const reader = new PlacesReader();
  let client: JobClient | null = null;
  let closed = false;
  const child = (): JobClient => {
    if (closed) throw new SeamlessError('cancelled', 'This cache was closed: open it again to read from it.');
    const childPath = programs.childPath ?? builtFile('child.js');
    return (client ??= JobClient.start({ childPath, onLog: print, loads: false }));
  };
  return {
    async read(strategy, node, start, end) {
      const range = partialRange(start, end);
      const all = closed ? null : await readPlaces(cacheDir, strategy);
      const known = all && placesIn(cacheDir, all, node, { ...ALL_TIME, ...range });
      const near = known && reader.read(known);
      if (near) return columnsOf(near);
      const place = { projectRoot, cacheDir, strategy, node, ...range };
      const table = reader.read(await child().request('places', place));
      return columnsOf(table ?? (await child().request('read', place)));
    },
    async close() {
      closed = true;
      await client?.dispose();
    },
  };
}
