import { fingerprints } from '../../../engine/fingerprint/fingerprints.js';
import { resolveGraph, type Graph, type GraphNode } from '../../../engine/graph/graph.js';
import type { GraphDescription } from '../../../engine/ports/host.js';
import type { SourceLibrary } from '../../../engine/ports/source.js';
import { materialize } from '../../../engine/run/materialize.js';
import { reportOf } from '../../../engine/run/reporting/outcome.js';
import { firstOfEach, type RunHooks } from '../../../engine/run/run-state.js';
import { warmUp } from '../../../engine/run/warm-up.js';
import type { Deadlines } from '../../../engine/sources/deadline.js';
import { openSource } from '../../../engine/sources/open-source.js';
import { serviceText } from '../../../engine/sources/service-level.js';
import type { JournalLine } from '../../../live/journal/codec.js';
import { Journal, JournalReader } from '../../../live/journal/journal.js';
import {
  JOURNAL_VERSION,
  readRun,
  recordRun,
  runFolder,
  takeBacktest,
  takeWorld,
  type RunRecord,
} from '../../../live/journal/runs.js';
import { backtest, type TradedHistory } from '../../../live/run/backtest.js';
import type { SlotCloses } from '../../../live/money/correlation.js';
import { closesBefore } from '../../../live/run/closes-before.js';
import { LiveRun } from '../../../live/run/live-run.js';
import { refuseUnpriced, tradedOf, type Traded } from '../../../live/run/slot-loop.js';
import type { FollowedWorld } from '../../../live/world/messages.js';
import type { World } from '../../../live/world/schema.js';
import type { Payload } from '../../../protocol/payloads.js';
import { SeamlessError } from '../../../sdk/errors.js';
import type { RunResult } from '../../../sdk/live/live.js';
import { gridOf, isTicks } from '../../../sdk/time/grid.js';
import { emptyTable } from '../../../sdk/table.js';
import type { Range, Seconds } from '../../../sdk/time/time.js';
import type { Store } from '../../../store/store.js';
import { extentsOf, feedOf } from './feed-of-world.js';
import { findWorld, warnOfAllocations } from './find-world.js';
import { holding } from '../holding.js';
import { judgeLag } from './judge-lag.js';
import { newestRows } from '../newest-rows.js';
import type { RequestHooks } from '../request.js';
import type { SourceHints } from '../source-hints.js';
import type { StrategySession } from '../../session/strategy-session.js';
import { inWorld } from '../../session/world-host.js';

/** A run that is ready to begin. */
interface PreparedRun {
  readonly run: string;
  readonly file: string;
  readonly projectRoot: string;
  readonly world: World;
  readonly cacheDir: string;
  /** Changes of the world during the run; closed with it. */
  readonly follow: FollowedWorld | null;
  /** The record of a resumed run. */
  readonly record: RunRecord | null;
}

/** The journal of a resumed run. */
interface EarlierRun {
  readonly record: RunRecord;
  /** Without its last end. */
  readonly lines: readonly JournalLine[];
  /** Number of the next event. */
  readonly seq: number;
}

/** What a run needs from its surroundings. */
interface RunPorts {
  readonly hints: () => Promise<SourceHints>;
  readonly useStore: <T>(work: (store: Store) => Promise<T>) => Promise<T>;
  readonly hooks: RequestHooks;
}

type Sources = Parameters<Parameters<StrategySession['withPorts']>[1]>[0];

/** @throws SeamlessError for a world that is unknown, invalid or refused, and for a run that cannot be resumed */
export async function prepareRun(
  payload: Payload<'run'>,
  cacheDir: string,
  onTrouble: (text: string) => void,
): Promise<PreparedRun> {
  const { strategy, run, resume } = payload;
  const { world, follow, isElsewhere } = await findWorld(strategy.projectRoot, payload.world, onTrouble);
  try {
    if (world.mode === 'live') refuseUnconfirmed(world, payload, isElsewhere);
    const record = resume ? resumable(cacheDir, run, world) : null;
    return { run, file: strategy.file, projectRoot: strategy.projectRoot, world, follow, cacheDir, record };
  } catch (error) {
    follow?.close();
    throw error;
  }
}

/** @throws SeamlessError `usage` if real money would move without a broker or without confirmation */
function refuseUnconfirmed({ name, broker }: World, payload: Payload<'run'>, isElsewhere: boolean): void {
  if (!payload.broker) {
    const way = isElsewhere
      ? 'It is elsewhere, so a script starts it: hand one to Runner.submit as `broker`'
      : broker === undefined
        ? `Hand one to Runner.submit as \`broker\`, or name one in the world for seamless run, such as "broker: brokers/mine.ts"`
        : `Start it by seamless run, or hand one to Runner.submit as \`broker\``;
    throw new SeamlessError(
      'usage',
      `World ${name} is live, and there is no Broker to trade through: live orders are never made up. ${way}; or use "mode: paper".`,
    );
  }
  if (payload.confirm === name) return;
  const said = payload.confirm === undefined ? 'nobody has confirmed that' : `what was typed is not its name`;
  throw new SeamlessError(
    'usage',
    `World ${name} trades real money, and ${said}: give its name as \`confirm\` (in a terminal, type it when asked, or write --confirm ${name}).`,
  );
}

/** @throws SeamlessError if there is no such run, or it cannot be resumed in this world */
function resumable(cacheDir: string, run: string, world: World): RunRecord {
  const record = readRun(cacheDir, run);
  if (JSON.stringify(record.world) !== JSON.stringify(world)) {
    throw new SeamlessError(
      'usage',
      `Run ${run} was started in world ${record.world.name} as it was then, and that has changed: start a new run, or take the change back.`,
    );
  }
  if (world.mode === 'backtest')
    throw new SeamlessError('usage', `Run ${run} is a backtest: start it again instead.`);
  return record;
}

/** To be read once the world belongs to this run: until then, another process may write to it. */
function earlierRun(cacheDir: string, record: RunRecord): EarlierRun {
  const all = [...new JournalReader(runFolder(cacheDir, record.run)).all()];
  const last = all.at(-1);
  const seq = last ? last.seq + last.events.length : 1;
  return { record, lines: all.filter(({ events }) => !endsRun(events)), seq };
}

/** A resumed run does not repeat what it reported at its last end. */
function endsRun(events: JournalLine['events']): boolean {
  return events.every(
    (event) => event.type === 'finished' || (event.type === 'error' && event.node === null),
  );
}

/** Runs a strategy in a world until the end of its feed or range, or until the request is cancelled. */
export async function runInWorld(
  session: StrategySession,
  prepared: PreparedRun,
  ports: RunPorts,
): Promise<RunResult> {
  const { world, cacheDir, run } = prepared;
  const leave =
    world.mode === 'backtest' ? takeBacktest(cacheDir, run) : takeWorld(cacheDir, world.name, run);
  try {
    const earlier = prepared.record && earlierRun(cacheDir, prepared.record);
    const hints = await ports.hints();
    return await session.withPorts(hints, async ({ host, ...rest }) => {
      const sources = { ...rest, host: inWorld(host, world, prepared.projectRoot) };
      const description = await sources.host.describe();
      const graph = resolveGraph(description);
      refuseTicks(graph, world);
      warnOfAllocations(prepared, graph.strategy, (text) => ports.hooks.log({ level: 'warn', text }));
      const begun = begin({ ...prepared, earlier }, graph, sources.nonce);
      const result =
        world.mode === 'backtest'
          ? await runBacktest(begun, description, graph, sources, ports)
          : await runLive(begun, description, graph, sources, ports);
      await hints.save();
      return result;
    });
  } finally {
    leave();
  }
}

/** @throws SeamlessError `usage` if a run would need live ticks: feeds have bars */
function refuseTicks(graph: Graph, { name, mode }: World): void {
  const ticks = graph.nodes.find((node) => isTicks(node));
  if (!ticks || mode === 'backtest') return;
  throw new SeamlessError(
    'usage',
    `World ${name} is ${mode}, and its feed has bars, but ${ticks.name} has ticks: run the strategy in a backtest, or give it a stream of bars in place of barsOf.`,
    { node: ticks.name },
  );
}

interface LockedRun extends PreparedRun {
  readonly earlier: EarlierRun | null;
}

interface BegunRun extends LockedRun {
  readonly journal: Journal;
}

/** Opens the journal. @throws SeamlessError `usage` for a run whose strategy changed */
function begin(prepared: LockedRun, graph: Graph, nonce: string): BegunRun {
  const { run, file, world, cacheDir, earlier } = prepared;
  const wayOut =
    world.mode === 'backtest'
      ? 'Make room, then start the backtest again.'
      : `Make room, then resume the run (--resume ${run}): nothing of it is lost.`;
  // Nodes that cannot be hashed get a new fingerprint each time; the run is resumed anyway.
  const named = fingerprints(graph, nonce).map(({ hash: full }, i) => [
    (graph.nodes[i] as GraphNode).name,
    (graph.nodes[i] as GraphNode).description.own.hash === undefined ? 'unhashable' : full,
  ]);
  const prints = Object.fromEntries(named) as Record<string, string>;
  if (earlier) {
    const before = earlier.record.prints;
    const changed = Object.keys({ ...before, ...prints }).filter((name) => before[name] !== prints[name]);
    if (changed.length > 0) {
      throw new SeamlessError(
        'usage',
        `Run ${run} cannot go on, because ${changed.join(', ')} changed since it began: start a new run, or take the change back.`,
      );
    }
    return { ...prepared, journal: Journal.resume(runFolder(cacheDir, run), wayOut, earlier.seq) };
  }
  const started = new Date().toISOString();
  const record = { version: JOURNAL_VERSION, run, file, className: graph.strategy, world, prints, started };
  return { ...prepared, journal: Journal.create(recordRun(cacheDir, record), wayOut) };
}

async function runBacktest(
  { run, world, journal }: BegunRun,
  description: GraphDescription,
  graph: Graph,
  sources: Sources,
  { useStore, hooks }: RunPorts,
): Promise<RunResult> {
  const request = { start: world.start as Seconds, end: world.end as Seconds };
  try {
    const once = async (store: Store, deadlines: Deadlines): Promise<RunResult> => {
      const started = performance.now();
      const outcome = await materialize({ ...sources, store }, request, { ...runHooks(hooks), deadlines });
      const report = await reportOf(outcome, performance.now() - started);
      await store.recordRun(graph.storedAs, request);
      await store.publishViews();
      for (const { service } of report.nodes)
        if (service && !service.met) hooks.log({ level: 'warn', text: serviceText(service) });
      const failed = report.nodes.find(({ state }) => state === 'failed');
      if (failed)
        throw new SeamlessError('compute', failed.failure?.message ?? failed.reason, { node: failed.name });
      const { state } = outcome;
      const history = async (index: number) => {
        const { hash: full } = state.fingerprint(index);
        const [table = emptyTable()] = await store.read([{ fingerprint: full, range: request }]);
        return { table, grid: state.node(index) };
      };
      const traded: TradedHistory[] = [];
      const symbols = tradedOf(graph, description.trades ?? [], state.canonicals);
      for (const { symbol, decision, price, section } of symbols) {
        const bars = await history(price);
        refuseUnpriced(symbol, bars.table.names, world.fills);
        traded.push({ symbol, section, price: bars, decision: await history(decision) });
      }
      return backtest({
        run,
        strategy: graph.strategy,
        world,
        nodes: report.nodes.map(({ name }) => name),
        traded,
        start: request.start,
        history: report.coverageBounds,
        closes: await closesOf(world, graph, symbols, sources.sources, request.start),
        computedNodes: report.nodes.filter(({ kind, state: found }) => kind === 'node' && found !== 'hit')
          .length,
        newest: await newestRows(state, store),
        journal,
        onWritten: hooks.written,
      });
    };
    return await holding(hooks, (deadlines) => useStore((store) => once(store, deadlines)));
  } finally {
    journal.close();
  }
}

async function runLive(
  begun: BegunRun,
  description: GraphDescription,
  graph: Graph,
  sources: Sources,
  { useStore, hooks }: RunPorts,
): Promise<RunResult> {
  const { run, world, follow, journal, earlier } = begun;
  const onTrouble = (text: string): void => hooks.log({ level: 'warn', text });
  const { feed, since } = await feedOf(begun, graph, sources.sources, onTrouble);
  const canonical = firstOfEach(fingerprints(graph, sources.nonce));
  const trades = description.trades ?? [];
  const live = new LiveRun({
    run,
    strategy: graph.strategy,
    world,
    graph,
    canonical,
    trades,
    slots: (warm) => sources.host.slots(canonical, warm),
    settle: () => sources.host.settle(),
    feed,
    since,
    warm: (until) =>
      holding(hooks, (deadlines) =>
        useStore(async (store) => {
          // Opened again: history may have grown towards the feed meanwhile.
          const history = hull(await extentsOf(graph, sources.sources));
          const held = { ...runHooks(hooks), deadlines };
          const nodes = await warmUp({ ...sources, store }, graph.nodes, history, until, held);
          await judgeLag(graph, sources, until, deadlines, onTrouble);
          await store.publishViews();
          return { nodes, history };
        }),
      ),
    closesBefore: (until) =>
      closesOf(world, graph, tradedOf(graph, trades, canonical), sources.sources, until),
    journal,
    lines: earlier?.lines ?? [],
    follow,
    said: hooks.said,
    signal: hooks.signal,
    onWritten: hooks.written,
    onTrouble,
  });
  return live.run();
}

/** The closes of traded symbols before a time, for as many slots as the policy looks back; null: it does not. */
async function closesOf(
  { policy }: World,
  graph: Graph,
  traded: readonly Traded[],
  sources: SourceLibrary,
  until: Seconds,
): Promise<SlotCloses[] | null> {
  if (!policy.correlation) return null;
  const prices = traded.map(({ price }) => {
    const node = graph.nodes[price] as GraphNode;
    const { source } = node.description;
    return { grid: gridOf(node), open: source ? () => openSource(sources, node, source) : null };
  });
  return closesBefore(prices, until, policy.correlation.slots + 1);
}

function runHooks({ progress, signal }: RequestHooks): RunHooks {
  return { progress, signal };
}

function hull(extents: readonly Range[]): Range | null {
  if (extents.length === 0) return null;
  return {
    start: Math.min(...extents.map(({ start }) => start)),
    end: Math.max(...extents.map(({ end }) => end)),
  };
}
