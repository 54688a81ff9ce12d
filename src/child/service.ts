import { existsSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { resolveGraph, type GraphNode } from '../engine/graph/graph.js';
import type { Deadlines } from '../engine/sources/deadline.js';
import { ALL_TIME, type Range } from '../sdk/time/time.js';
import type { Places } from '../store/segments/places.js';
import { querySql, type Store } from '../store/store.js';
import type { BarResult, CacheReport, ExportReport, GraphSummary, Result } from '../protocol/results.js';
import type { Payload, RequestKind, StrategyRef } from '../protocol/payloads.js';
import { diffOf, exportRows, readRows, rowsOf, seriesOf } from './requests/history-requests.js';
import { reported, rowsLeft } from './requests/reported-rows.js';
import { StoreKeeper } from './session/store-keeper.js';
import { noteHit, notePlaces } from './requests/note-hit.js';
import { SourceHints } from './requests/source-hints.js';
import {
  StrategySession,
  type OpenHooks,
  type StrategyPlace,
  type Surroundings,
} from './session/strategy-session.js';
import { CacheLimit, changeCache } from './requests/cache-request.js';
import { fetchPreset } from './requests/fetch.js';
import { holding } from './requests/holding.js';
import { openAhead } from './requests/open-ahead.js';
import { inspect } from './requests/inspect.js';
import { verifyStrategy } from './requests/verify.js';
import { compareRun, openRecording } from './requests/live/parity.js';
import { prepareRun, runInWorld } from './requests/live/live-run.js';
import { runRequests } from './requests/live/run-report.js';
import { judgeNames, strategiesNamed, tellOthers } from './requests/judged-names.js';
import {
  cacheOf,
  checking,
  folderOf,
  openHooks,
  openOptions,
  rangeOf,
  type OpenedCache,
  type RequestHooks,
} from './requests/request.js';
import { foundNode } from './requests/unknown-names.js';

type Handlers = {
  readonly [K in RequestKind]: (payload: Payload<K>, hooks: RequestHooks) => Promise<Result<K>>;
};

/** Answers the protocol's requests, one at a time. */
export class JobService {
  readonly #around: Surroundings;
  readonly #stores = new StoreKeeper();
  readonly #limits = new CacheLimit();
  readonly #handlers: Handlers = {
    describe: (payload, hooks) => this.#describe(payload, hooks),
    materialize: (payload, hooks) => this.#materialize(payload, hooks),
    bars: (payload, hooks) => this.#fetch(payload, hooks),
    status: (payload, hooks) => this.#status(payload, hooks),
    source: (payload, hooks) => this.#source(payload, hooks),
    bounds: (payload, hooks) => this.#bounds(payload, hooks),
    read: (asked, hooks) => this.#ofNode(asked, hooks, (store, range) => readRows(store, asked, range)),
    places: (payload, hooks) => this.#places(payload, hooks),
    series: (asked, hooks) =>
      this.#ofNode(asked, hooks, (store, range) => seriesOf(store, asked, range, asked.points)),
    rows: (asked, hooks) => this.#ofNode(asked, hooks, (store, range) => rowsOf(store, asked, range, asked)),
    diff: (asked, hooks) =>
      this.#ofNode(asked, hooks, (store, range) => diffOf(store, asked, range), 'comparing'),
    export: (payload, hooks) => this.#export(payload, hooks),
    cache: (payload, hooks) => this.#cache(payload, hooks),
    verify: (payload, hooks) => this.#verify(payload, hooks),
    sql: (payload, hooks) => this.#sql(payload, hooks),
    refresh: (payload, hooks) => this.#refresh(payload, hooks),
    run: (payload, hooks) => this.#run(payload, hooks),
    parity: (payload, hooks) => this.#parity(payload, hooks),
    ...runRequests((cache, hooks, work) => this.#lookIntoStore(cache, hooks, work)),
    inspect: ({ projectRoot, path, options }) => inspect(projectRoot, path, options),
    debug: (payload, hooks) => this.#debug(payload, hooks),
  };

  constructor(around: Surroundings) {
    this.#around = around;
  }

  answer<K extends RequestKind>(kind: K, payload: Payload<K>, hooks: RequestHooks): Promise<Result<K>> {
    const handler: (payload: Payload<K>, hooks: RequestHooks) => Promise<Result<K>> = this.#handlers[kind];
    return handler(payload, hooks);
  }

  /** Closes the cache unless a request uses it. */
  close(): Promise<void> {
    return this.#stores.close();
  }

  #describe({ strategy }: Payload<'describe'>, hooks: RequestHooks): Promise<GraphSummary> {
    return this.#withStrategy(strategy, hooks, async (session) => {
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
    const { strategy, start, end, only, bundle } = payload;
    const cache = cacheOf(strategy.projectRoot, payload, `materializing ${nameOf(strategy)}`);
    const once = (session: StrategySession, deadlines: Deadlines): Promise<Result<'materialize'>> =>
      this.#withStore(cache, hooks, async (store) => {
        const hints = await SourceHints.load(cache.dir, checking(hooks));
        const runHooks = { ...hooks, deadlines };
        const { report, next } = await session.materialize({ start, end }, store, hints, runHooks, only);
        await session.keepProviderFiles(hints);
        const left = payload.parts && (await rowsLeft(store, session.storedAs, report));
        await store.recordRun(session.storedAs, { start, end });
        await store.publishViews();
        if (payload.limits) await this.#limits.keep(store, payload.limits, session.storedAs, hooks);
        await hints.save();
        if (payload.sidecar && !only) {
          await noteHit(session, { store, hints, dir: cache.dir }, { strategy, start, end }, next());
        }
        if (payload.sidecar) await notePlaces(store, cache.dir, session.storedAs);
        return {
          ...report,
          ...left,
          ...(payload.fingerprints && { fingerprints: await session.fingerprints() }),
        };
      });
    const work = (session: StrategySession): Promise<Result<'materialize'>> =>
      holding(hooks, (deadlines) => once(session, deadlines));
    return this.#withStrategyAndCache(strategy, cache, hooks, work, bundle);
  }

  #fetch(payload: Payload<'bars'>, hooks: RequestHooks): Promise<Result<'bars'>> {
    const cache = cacheOf(payload.projectRoot, payload, `fetching ${payload.preset}`);
    return fetchPreset(payload, (work) => this.#withStore(cache, hooks, work), hooks);
  }

  #status(payload: Payload<'status'>, hooks: RequestHooks): Promise<Result<'status'>> {
    const { strategy } = payload;
    const cache = cacheOf(strategy.projectRoot, payload, `looking at ${nameOf(strategy)}`);
    const place = { ...strategy, limitMs: payload.limitMs };
    const look = (session: StrategySession): Promise<Result<'status'>> =>
      this.#withStore({ ...cache, create: false }, hooks, async (store) => {
        const lastRanges = await store.lastRuns(session.storedAs);
        const [last] = payload.last ? lastRanges : [];
        const range = last ? { start: last[0], end: last[1] } : rangeOf(payload);
        const depth = payload.thorough ? 'all' : 'files';
        const hints = await SourceHints.load(cache.dir, checking(hooks));
        const status = await session.status(range, store, hints, depth);
        await hints.save();
        const dataFiles = [...new Set([...status.dataFiles, ...session.read])];
        return { ...status, dataFiles, lastRanges, files: session.files };
      });
    return this.#withStrategyAndCache(place, cache, hooks, look, payload.bundle);
  }

  #source(payload: Payload<'source'>, hooks: RequestHooks): Promise<Result<'source'>> {
    const { strategy, node, limitMs } = payload;
    return this.#withStrategy({ ...strategy, limitMs }, hooks, async (session) => {
      const hints = await SourceHints.load(folderOf(strategy.projectRoot, {}));
      return { taken: await session.taken(node, hints) };
    });
  }

  #bounds({ strategy, limitMs }: Payload<'bounds'>, hooks: RequestHooks): Promise<Result<'bounds'>> {
    return this.#withStrategy({ ...strategy, limitMs }, hooks, async (session) => {
      const hints = await SourceHints.load(folderOf(strategy.projectRoot, {}));
      const range = await session.bounds(hints);
      return { range: range && [range.start, range.end] };
    });
  }

  /** Reads what is stored of a node. */
  #ofNode<T>(
    payload: Payload<'read' | 'series' | 'rows' | 'diff'>,
    hooks: RequestHooks,
    work: (store: Store, range: Range) => Promise<T>,
    doing = 'reading',
  ): Promise<T> {
    const { projectRoot, strategy, node } = payload;
    const cache = cacheOf(projectRoot, payload, `${doing} ${node} of ${strategy}`);
    return this.#lookIntoStore(cache, hooks, (store) => work(store, rangeOf(payload) ?? ALL_TIME));
  }

  #places(payload: Payload<'places'>, hooks: RequestHooks): Promise<Result<'places'>> {
    const { strategy, node, projectRoot, parts } = payload;
    // For scripts: `columns()` and the like.
    const cache = { ...cacheOf(projectRoot, payload, `reading ${node} of ${strategy}`), askerWaits: true };
    return this.#lookIntoStore(cache, hooks, async (store) => {
      if (parts) return reported(store, strategy, node, (found) => store.placesOfParts(found), parts);
      const { fingerprint } = await foundNode(store, strategy, node);
      await store.markUsed(strategy);
      const [places] = await store.places([{ fingerprint, range: rangeOf(payload) ?? ALL_TIME }]);
      return places as Places;
    });
  }

  async #export(payload: Payload<'export'>, hooks: RequestHooks): Promise<ExportReport> {
    const { strategy, projectRoot, judge } = payload;
    const cache = cacheOf(projectRoot, payload, `exporting ${strategy}`);
    const judged = await this.#judge(judge ? [judge] : [], cache, hooks);
    return this.#lookIntoStore(cache, hooks, (store) =>
      exportRows(store, payload, rangeOf(payload) ?? ALL_TIME, judged),
    );
  }

  #cache(payload: Payload<'cache'>, hooks: RequestHooks): Promise<CacheReport> {
    const looks = payload.action === 'show';
    const cache = cacheOf(payload.projectRoot, payload, looks ? 'looking at it' : 'cleaning it up');
    const create = !looks && payload.dryRun !== true;
    return this.#withStore({ ...cache, create }, hooks, (store) => changeCache(store, payload));
  }

  #verify(payload: Payload<'verify'>, hooks: RequestHooks): Promise<Result<'verify'>> {
    const { strategy, nodes, sample } = payload;
    const cache = cacheOf(strategy.projectRoot, payload, `verifying ${nameOf(strategy)}`);
    const options = { nodes, sample, range: rangeOf(payload) };
    return this.#withStrategy(strategy, hooks, (session) =>
      verifyStrategy(session, options, (work) => this.#lookIntoStore(cache, hooks, work), hooks),
    );
  }

  async #sql(payload: Payload<'sql'>, hooks: RequestHooks): Promise<Result<'sql'>> {
    const { projectRoot, sql, strategy, most, judge } = payload;
    const cache = cacheOf(projectRoot, payload, 'reading in SQL');
    if (judge) {
      const others = await this.#judge(await this.#namedIn(payload, cache, hooks), cache, hooks);
      tellOthers(others, sql, hooks.log);
    }
    // Otherwise this process would have the file open for writing.
    await this.#stores.close();
    return querySql({
      ...openOptions(cache, hooks),
      projectRoot,
      sql,
      strategy,
      most,
    });
  }

  /** The strategies whose nodes a query may refer to, if their files exist. */
  async #namedIn(
    { projectRoot, sql, strategy }: Payload<'sql'>,
    cache: OpenedCache,
    hooks: RequestHooks,
  ): Promise<readonly StrategyRef[]> {
    if (!existsSync(cache.dir)) return [];
    const { strategies } = await this.#withStore({ ...cache, create: false }, hooks, (store) =>
      store.contents(),
    );
    return strategiesNamed(
      strategies.map((each) => each.strategy),
      { projectRoot, sql, strategy },
    ).filter(({ file }) => existsSync(file));
  }

  /** See `judgeNames`. */
  #judge(
    refs: readonly StrategyRef[],
    cache: OpenedCache,
    hooks: RequestHooks,
  ): ReturnType<typeof judgeNames> {
    const use = { ...cache, create: false };
    const judge = (ref: StrategyRef): ReturnType<StrategySession['judge']> =>
      this.#withStrategy(ref, hooks, (session) =>
        this.#withStore(use, hooks, (store) => session.judge(store)),
      );
    return judgeNames(refs, judge, hooks.log);
  }

  #refresh(payload: Payload<'refresh'>, hooks: RequestHooks): Promise<Result<'refresh'>> {
    const { strategy } = payload;
    const cache = cacheOf(strategy.projectRoot, payload, `refreshing ${nameOf(strategy)}`);
    return this.#withStrategy(strategy, hooks, (session) =>
      this.#withStore(cache, hooks, async (store) => {
        const refreshed = await session.forgetSourceVersions(store);
        const hints = await SourceHints.load(cache.dir);
        hints.clear();
        await hints.save();
        return refreshed;
      }),
    );
  }

  #debug(payload: Payload<'debug'>, hooks: RequestHooks): Promise<BarResult> {
    const { strategy, node, bar, inspect = false } = payload;
    const cache = cacheOf(strategy.projectRoot, payload, `reading for ${node} of ${nameOf(strategy)}`);
    return this.#withStrategy(strategy, hooks, async (session) => {
      // The store is closed before the call: a person may stay at a breakpoint for long.
      const call = await this.#withStore(cache, hooks, async (store) => {
        const hints = await SourceHints.load(cache.dir);
        const prepared = await session.prepareCall(node, bar, store, hints, hooks);
        await hints.save();
        return prepared;
      });
      await this.#stores.close();
      if (!inspect) return session.call(call, hooks.signal);
      const fresh = await session.again({ ...openHooks(hooks), onInspect: hooks.inspect });
      try {
        return await fresh.call(call, hooks.signal);
      } finally {
        // After the answer is sent: if the debugger detaches earlier, a person stopped it.
        setImmediate(() => void fresh.close());
      }
    });
  }

  async #run(payload: Payload<'run'>, hooks: RequestHooks): Promise<Result<'run'>> {
    const { strategy, world } = payload;
    const cache = cacheOf(strategy.projectRoot, payload, `running ${nameOf(strategy)} in ${world}`);
    // Before the strategy is loaded, so that a refused world is reported at once.
    const onTrouble = (text: string): void => hooks.log({ level: 'warn', text });
    const prepared = await prepareRun(payload, cache.dir, onTrouble);
    const running = this.#withStrategy(strategy, hooks, (session) =>
      runInWorld(session, prepared, {
        hints: () => SourceHints.load(cache.dir, checking(hooks)),
        useStore: (work) => this.#withStore(cache, hooks, work),
        hooks,
      }),
    );
    return running.finally(() => prepared.follow?.close());
  }

  #parity(payload: Payload<'parity'>, hooks: RequestHooks): Promise<Result<'parity'>> {
    const { projectRoot, run } = payload;
    const cache = cacheOf(projectRoot, payload, `comparing run ${run}`);
    const { dir, ...recorded } = openRecording(cache.dir, projectRoot, run);
    return this.#withStrategy(recorded.strategy, hooks, async (session) => {
      try {
        // A separate cache: a recorded feed is not what the sources have.
        return await this.#withStore({ ...cache, dir }, hooks, (store) =>
          compareRun(session, run, recorded, store, hooks),
        );
      } finally {
        await this.#stores.close();
        rmSync(dir, { recursive: true, force: true });
      }
    });
  }

  async #withStrategy<T>(
    ref: StrategyPlace,
    hooks: RequestHooks,
    work: (session: StrategySession) => Promise<T>,
    made?: OpenHooks['made'],
  ): Promise<T> {
    const session = await StrategySession.open(ref, this.#around, { ...openHooks(hooks), made });
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  /** For work that uses the cache as well, which is opened while the strategy is loaded. */
  async #withStrategyAndCache<T>(
    ref: StrategyPlace,
    cache: OpenedCache,
    hooks: RequestHooks,
    work: (session: StrategySession) => Promise<T>,
    made?: OpenHooks['made'],
  ): Promise<T> {
    const ahead = openAhead(this.#stores, ref, cache, hooks);
    try {
      const afterwards = async (session: StrategySession): Promise<T> => {
        await ahead.done();
        return work(session);
      };
      return await this.#withStrategy(ref, hooks, afterwards, made);
    } finally {
      await ahead.end();
    }
  }

  /** For work that does not change the cache; a missing cache is not created. */
  #lookIntoStore<T>(cache: OpenedCache, hooks: RequestHooks, work: (store: Store) => Promise<T>): Promise<T> {
    return this.#stores.use(openOptions({ ...cache, create: false }, hooks), work);
  }

  /** For work that computes what the cache lacks, or does without. */
  #withStore<T>(cache: OpenedCache, hooks: RequestHooks, work: (store: Store) => Promise<T>): Promise<T> {
    return this.#stores.rebuild(openOptions(cache, hooks), work);
  }
}

function nameOf({ className, file }: StrategyRef): string {
  return className ?? basename(file);
}
