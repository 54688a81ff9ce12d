import { join } from 'node:path';
import { resolveGraph, type GraphNode } from '../engine/graph.js';
import type { RunProgress } from '../engine/report.js';
import { emptyTable, type Table } from '../sdk/table.js';
import type { Range } from '../sdk/time.js';
import type { LockHolder, Store } from '../store/store.js';
import type {
  BarResult,
  CacheReport,
  ExportReport,
  GraphSummary,
  LogLine,
  Payload,
  RequestKind,
  Result,
  StrategyRef,
} from './protocol.js';
import { diffOf, seriesOf } from './history-requests.js';
import { underDebugger } from './debugger.js';
import { StoreKeeper } from './store-keeper.js';
import { SourceHints } from './source-hints.js';
import { StrategySession, type Surroundings } from './strategy-session.js';
import { unknownNode, unknownStrategy } from './unknown-names.js';

/** What a request may use while it is answered. */
export interface RequestHooks {
  readonly progress: (progress: RunProgress) => void;
  readonly signal: AbortSignal;
  readonly log: (line: LogLine) => void;
  /** Tells where a debugger may attach; resolves once that is sent. */
  readonly inspect: (url: string) => Promise<void>;
}

type Handlers = {
  readonly [K in RequestKind]: (payload: Payload<K>, hooks: RequestHooks) => Promise<Result<K>>;
};

const ALL_TIME: Range = { start: -Infinity, end: Infinity };

/** Answers the requests of the protocol, one at a time. */
export class JobService {
  readonly #around: Surroundings;
  readonly #stores = new StoreKeeper();
  readonly #handlers: Handlers = {
    describe: (payload) => this.#describe(payload),
    materialize: (payload, hooks) => this.#materialize(payload, hooks),
    status: (payload, hooks) => this.#status(payload, hooks),
    bounds: (payload) => this.#bounds(payload),
    read: (payload, hooks) => this.#read(payload, hooks),
    series: (payload, hooks) => this.#series(payload, hooks),
    diff: (payload, hooks) => this.#diff(payload, hooks),
    export: (payload, hooks) => this.#export(payload, hooks),
    cache: (payload, hooks) => this.#cache(payload, hooks),
    refresh: (payload, hooks) => this.#refresh(payload, hooks),
    debug: (payload, hooks) => this.#debug(payload, hooks),
  };

  constructor(around: Surroundings) {
    this.#around = around;
  }

  answer<K extends RequestKind>(kind: K, payload: Payload<K>, hooks: RequestHooks): Promise<Result<K>> {
    const handler: (payload: Payload<K>, hooks: RequestHooks) => Promise<Result<K>> = this.#handlers[kind];
    return handler(payload, hooks);
  }

  /** Lets go of the cache, unless a request has it in use. */
  close(): Promise<void> {
    return this.#stores.close();
  }

  #describe({ strategy }: Payload<'describe'>): Promise<GraphSummary> {
    return this.#withStrategy(strategy, async (session) => {
      const graph = resolveGraph(await session.describe());
      const nodes = graph.order.map((index) => graph.nodes[index] as GraphNode);
      return {
        strategy: graph.strategy,
        nodes: nodes.map(({ name, kind, label, interval, edges, description: { location } }) => ({
          name,
          kind,
          label,
          interval,
          inputs: edges.map(({ node, period }) => ({ name: (graph.nodes[node] as GraphNode).name, period })),
          location,
        })),
      };
    });
  }

  #materialize(payload: Payload<'materialize'>, hooks: RequestHooks): Promise<Result<'materialize'>> {
    const { strategy, start, end, only } = payload;
    const dir = cacheDirOf(strategy.projectRoot, payload.cacheDir);
    return this.#withStrategy(strategy, (session) =>
      this.#withStore(dir, hooks, async (store) => {
        const hints = await SourceHints.load(dir);
        const report = await session.materialize({ start, end }, store, hints, hooks, only);
        await store.recordRun(report.strategy, { start, end });
        await hints.save();
        return report;
      }),
    );
  }

  #status(payload: Payload<'status'>, hooks: RequestHooks): Promise<Result<'status'>> {
    const { strategy } = payload;
    const dir = cacheDirOf(strategy.projectRoot, payload.cacheDir);
    return this.#withStrategy(strategy, (session) =>
      this.#withStore(dir, hooks, async (store) => {
        const lastRanges = await store.lastRuns(session.name);
        const [last] = payload.last ? lastRanges : [];
        const range = last ? { start: last[0], end: last[1] } : rangeOf(payload);
        const status = await session.status(range, store, await SourceHints.load(dir));
        return { ...status, lastRanges, files: session.files };
      }),
    );
  }

  #bounds({ strategy }: Payload<'bounds'>): Promise<Result<'bounds'>> {
    return this.#withStrategy(strategy, async (session) => {
      const hints = await SourceHints.load(cacheDirOf(strategy.projectRoot, undefined));
      const range = await session.bounds(hints);
      return { range: range && [range.start, range.end] };
    });
  }

  #read(payload: Payload<'read'>, hooks: RequestHooks): Promise<Table> {
    const { strategy, node, projectRoot, cacheDir } = payload;
    return this.#withStore(cacheDirOf(projectRoot, cacheDir), hooks, async (store) => {
      const found = await store.findNode(strategy, node);
      if (!found) throw await unknownNode(store, strategy, node);
      const { fingerprint } = found;
      const asked = rangeOf(payload) ?? ALL_TIME;
      const range =
        payload.last === undefined ? asked : await lastRows(store, fingerprint, asked, payload.last);
      const [table] = await store.read([{ fingerprint, range }]);
      return table ?? emptyTable();
    });
  }

  #series(payload: Payload<'series'>, hooks: RequestHooks): Promise<Result<'series'>> {
    const dir = cacheDirOf(payload.projectRoot, payload.cacheDir);
    const range = rangeOf(payload) ?? ALL_TIME;
    return this.#withStore(dir, hooks, (store) => seriesOf(store, payload, range, payload.stretches));
  }

  #diff(payload: Payload<'diff'>, hooks: RequestHooks): Promise<Result<'diff'>> {
    const dir = cacheDirOf(payload.projectRoot, payload.cacheDir);
    return this.#withStore(dir, hooks, (store) => diffOf(store, payload, rangeOf(payload) ?? ALL_TIME));
  }

  #export(payload: Payload<'export'>, hooks: RequestHooks): Promise<ExportReport> {
    const { strategy, nodes, projectRoot, cacheDir, format, path } = payload;
    return this.#withStore(cacheDirOf(projectRoot, cacheDir), hooks, async (store) => {
      for (const node of nodes) {
        if (!(await store.findNode(strategy, node))) throw await unknownNode(store, strategy, node);
      }
      return store.exportNodes({ strategy, nodes, range: rangeOf(payload) ?? ALL_TIME, format, path });
    });
  }

  #cache(payload: Payload<'cache'>, hooks: RequestHooks): Promise<CacheReport> {
    const dir = cacheDirOf(payload.projectRoot, payload.cacheDir);
    return this.#withStore(dir, hooks, async (store) => {
      const before = await store.contents(payload.strategy);
      if (payload.action === 'show') return { ...before, freed: 0 };
      if (payload.strategy !== undefined && before.strategies.length === 0) {
        throw await unknownStrategy(store, payload.strategy);
      }
      await store.clear(payload.strategy);
      const after = await store.contents(payload.strategy);
      return { ...after, freed: Math.max(0, before.bytes - after.bytes) };
    });
  }

  #refresh(payload: Payload<'refresh'>, hooks: RequestHooks): Promise<Result<'refresh'>> {
    const { strategy } = payload;
    const dir = cacheDirOf(strategy.projectRoot, payload.cacheDir);
    return this.#withStrategy(strategy, (session) =>
      this.#withStore(dir, hooks, async (store) => {
        const refreshed = await session.forgetSourceVersions(store);
        const hints = await SourceHints.load(dir);
        hints.clear();
        await hints.save();
        return refreshed;
      }),
    );
  }

  #debug(payload: Payload<'debug'>, hooks: RequestHooks): Promise<BarResult> {
    const { strategy, node, bar, inspect = false } = payload;
    const dir = cacheDirOf(strategy.projectRoot, payload.cacheDir);
    return this.#withStrategy(strategy, async (session) => {
      // The store is closed by the time of the call: a person may look at a breakpoint for long.
      const call = await this.#withStore(dir, hooks, async (store) => {
        const hints = await SourceHints.load(dir);
        const prepared = await session.prepareCall(node, bar, store, hints, hooks);
        await hints.save();
        return prepared;
      });
      await this.#stores.close();
      if (!inspect) return session.call(call, hooks.signal);
      // Loaded once more in the debugger's sight, which so sets its breakpoints in code that nothing else has called.
      return underDebugger(hooks.inspect, async () => {
        const fresh = await session.again();
        try {
          return await fresh.call(call, hooks.signal);
        } finally {
          fresh.close();
        }
      });
    });
  }

  async #withStrategy<T>(ref: StrategyRef, work: (session: StrategySession) => Promise<T>): Promise<T> {
    const session = await StrategySession.open(ref, this.#around);
    try {
      return await work(session);
    } finally {
      session.close();
    }
  }

  #withStore<T>(dir: string, hooks: RequestHooks, work: (store: Store) => Promise<T>): Promise<T> {
    const options = {
      dir,
      signal: hooks.signal,
      onWaiting: ({ message }: LockHolder) =>
        hooks.progress({ phase: 'waiting', node: message, done: 0, total: 0 }),
      onMessage: (text: string) => hooks.log({ level: 'warn', text }),
    };
    return this.#stores.use(options, work);
  }
}

function cacheDirOf(projectRoot: string, cacheDir: string | undefined): string {
  return cacheDir ?? join(projectRoot, '.seamless');
}

function rangeOf({
  start,
  end,
}: {
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}): Range | null {
  if (start === undefined && end === undefined) return null;
  return { start: start ?? -Infinity, end: end ?? Infinity };
}

/** The part of a range that holds only its last rows. */
async function lastRows(store: Store, fingerprint: string, range: Range, count: number): Promise<Range> {
  const [first = range.end] = await store.lastTimes(fingerprint, range.end, count);
  return { start: Math.max(range.start, first), end: range.end };
}
