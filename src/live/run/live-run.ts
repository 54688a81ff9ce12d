import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, nearNames, SeamlessError } from '../../sdk/errors.js';
import type { Graph } from '../../engine/graph/graph.js';
import type { SlotCloser, WarmNode } from '../../engine/run/evaluation/slot-evaluator.js';
import type { Awaitable, TradeDescription } from '../../engine/ports/host.js';
import { gridOf } from '../../sdk/time/grid.js';
import type { RunEventBody, RunResult } from '../../sdk/live/live.js';
import { formatTime, type Range, type Seconds } from '../../sdk/time/time.js';
import type { ClosedStretch } from '../clock/slot-clock.js';
import { SlotClock } from '../clock/slot-clock.js';
import type { Feed, FeedBar, FeedMessage, FeedStream } from '../feed/feed.js';
import type { Inbox } from '../feed/inbox.js';
import { pump } from '../feed/pump.js';
import type { Entry, Journal } from '../journal/journal.js';
import type { JournalLine } from '../journal/codec.js';
import type { SlotCloses } from '../money/correlation.js';
import { Desk } from '../money/desk.js';
import type { BrokerSaid } from '../feed/broker-said.js';
import type { FollowedWorld, WorldSaid } from '../world/messages.js';
import type { World } from '../world/schema.js';
import { goThroughAgain, type Traded } from './again.js';
import { Lags } from './lags.js';
import { Revisions } from './revisions.js';
import { BarColumns } from './rows.js';
import { WorldRules } from './rules.js';
import { SlotLoop, tradedOf } from './slot-loop.js';

type Message = FeedMessage | BrokerSaid | WorldSaid;
/** The slots of a late bar are computed again if it is at most this many bars of the fastest stream behind. */
const LATE_BARS = 256;

const FEED_TYPES: ReadonlySet<Message['type']> = new Set(['bar', 'heartbeat', 'silent', 'closed']);

/** The least time to wait for messages, in milliseconds: those that arrived during a computation may not be in the inbox yet. */
const LEAST_WAIT_MS = 100;

/** How many milliseconds to wait for fills after the feed has ended, and between two checks. */
const LAST_FILLS_MS = 10_000;
const LOOK_MS = 20;

export interface LiveParts {
  readonly run: string;
  readonly strategy: string;
  readonly world: World;
  readonly graph: Graph;
  /** For each node, the position of the first with the same fingerprint. */
  readonly canonical: readonly number[];
  readonly trades: readonly TradeDescription[];
  /** Makes what computes slots, from the rows before the first one. */
  readonly slots: (warm: ReadonlyMap<number, WarmNode>) => Promise<SlotCloser>;
  /** Called at the end: why the results are invalid, a sentence; null: they are valid. */
  readonly settle: () => Awaitable<string | null>;
  readonly feed: Feed;
  /** The feed is asked for bars that close later. */
  readonly since: Seconds;
  /** Reads the rows before a time from provider and cache, and the range that the sources have. */
  readonly warm: (until: Seconds) => Promise<{ nodes: ReadonlyMap<number, WarmNode>; history: Range | null }>;
  /** Closes of the symbols in the last slots before a time; null: the policy does not need them. */
  readonly closesBefore: (until: Seconds) => Promise<readonly SlotCloses[] | null>;
  readonly journal: Journal;
  /** The journal of a resumed run; empty for a new one. */
  readonly lines: readonly JournalLine[];
  /** Changes of the world during the run. */
  readonly follow: FollowedWorld | null;
  /** Messages of a live world's broker. */
  readonly said: AsyncIterable<BrokerSaid>;
  /** Stops the run after the current step. */
  readonly signal: AbortSignal;
  /** Called when more of the journal is on disk. */
  readonly onWritten: () => void;
  readonly onTrouble: (text: string) => void;
}

/** A run over a feed: turns bars into slots, slots into values, values into orders and fills, and writes everything to the journal. */
export class LiveRun {
  readonly #parts: LiveParts;
  readonly #desk: Desk;
  readonly #rules: WorldRules;
  readonly #streams: readonly FeedStream[];
  readonly #columns = new Map<string, BarColumns>();
  readonly #faults = new Set<string>();
  /** Ids of the broker's fills that were processed. */
  readonly #executions = new Set<string>();

  constructor(parts: LiveParts) {
    this.#parts = parts;
    const { graph, canonical, world, trades } = parts;
    const traded = tradedOf(graph, trades, canonical);
    this.#desk = new Desk(
      world,
      traded.map(({ symbol }) => symbol),
      traded.map(({ section }) => section),
    );
    this.#rules = new WorldRules(parts.strategy, this.#desk, parts.follow);
    this.#streams = graph.nodes
      .filter(({ kind, index }) => kind === 'stream' && canonical[index] === index)
      .map((node) => ({ name: node.name, ...gridOf(node) }));
  }

  /** @throws SeamlessError the reason it cannot continue, which is in the journal, too */
  async run(): Promise<RunResult> {
    const { journal } = this.#parts;
    try {
      return await this.#run();
    } catch (error) {
      // Work that was cancelled with the run, such as warming up, is not its error.
      const stopped = error instanceof SeamlessError && error.code === 'cancelled';
      const why = messageOf(error);
      const message = stopped ? 'The run was stopped before its first slot.' : why;
      try {
        // The caller that waits for the run to be warm gets the error itself.
        journal.append([{ asOf: this.#asOf, events: [{ type: 'error', node: null, message }] }]);
      } catch {
        // An unwritable journal is the error itself.
      }
      throw error;
    } finally {
      journal.close();
    }
  }

  #asOf: Seconds = 0;
  #lags: Lags | null = null;
  /** Time of the feed's last message, in milliseconds of a monotonic clock. */
  #heardAt = performance.now();

  get #recomputes(): boolean {
    return this.#parts.world.late.bars === 'recompute';
  }

  async #run(): Promise<RunResult> {
    const { feed, lines, signal, since, world } = this.#parts;
    const last = lines.at(-1)?.asOf;
    const from = last ?? since;
    const feedEnds = new AbortController();
    const stop = (): void => feedEnds.abort();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      const inbox = pump<Message>(feed.open(this.#streams, from, feedEnds.signal));
      if (world.mode === 'live') void hear(this.#parts.said, inbox);
      if (this.#parts.follow) void hear(this.#parts.follow.said, inbox);
      const first = await this.#firstMessages(inbox);
      const start = last ?? startOf(first, since);
      const loop = await this.#begin(start);
      const clock = this.#clock(start);
      this.#lags = new Lags(this.#parts.graph, start);
      let messages: readonly Message[] | null = first;
      let ended = false;
      while (messages) {
        ended = await this.#step(messages, clock, loop);
        if (signal.aborted || ended) break;
        messages = await this.#next(inbox);
      }
      if (ended && world.mode === 'live') await this.#awaitFills(inbox, clock, loop);
      const meddled = signal.aborted ? null : await this.#parts.settle();
      if (meddled !== null) throw new SeamlessError('compute', meddled);
      return this.#finish(signal.aborted && !ended ? 'stopped' : 'completed');
    } finally {
      signal.removeEventListener('abort', stop);
      feedEnds.abort();
    }
  }

  /** Waits for the fills of open orders when the feed has ended. Each message starts the wait again. */
  async #awaitFills(inbox: Inbox<Message>, clock: SlotClock, loop: SlotLoop): Promise<void> {
    for (let waited = 0; this.#desk.waiting && waited < LAST_FILLS_MS; waited += LOOK_MS) {
      const messages = (await inbox.take()) ?? [];
      if (messages.length > 0) waited = 0;
      await this.#step(messages, clock, loop);
      await sleep(LOOK_MS);
    }
  }

  /** Reads messages up to the first bar, which says where the feed begins. */
  async #firstMessages(inbox: Inbox<Message>): Promise<Message[]> {
    const found: Message[] = [];
    while (!this.#parts.signal.aborted) {
      const messages = await this.#next(inbox);
      if (!messages) break;
      found.push(...messages);
      if (messages.some(({ type }) => type === 'bar' || type === 'closed')) break;
    }
    return found;
  }

  async #next(inbox: Inbox<Message>): Promise<readonly Message[] | null> {
    const { feed } = this.#parts.world;
    const silence = feed && 'silence' in feed ? feed.silence : Infinity;
    const until = this.#heardAt + silence * 1000;
    const messages = await inbox.take(Math.max(LEAST_WAIT_MS, until - performance.now()));
    // Messages of a broker or a remote world are not the feed's.
    const now = performance.now();
    const heard = messages === null || messages.some(({ type }) => FEED_TYPES.has(type));
    if (heard) this.#heardAt = now;
    else if (now >= until && !this.#parts.signal.aborted) {
      this.#heardAt = now;
      this.#write([{ asOf: this.#asOf, events: [stale(silence)] }]);
    }
    return messages;
  }

  /** Warms up to the beginning of the feed or the journal, and replays a journal. */
  async #begin(start: Seconds): Promise<SlotLoop> {
    const { graph, canonical, slots, warm, world, trades, lines, run, strategy, closesBefore } = this.#parts;
    const begun = lines[0]?.asOf ?? start;
    const { nodes, history } = await warm(begun);
    for (const { name } of this.#streams) {
      const index = graph.nodes.findIndex((node) => node.name === name);
      this.#columns.set(name, new BarColumns(nodes.get(index)?.schema ?? null));
    }
    const computing = await slots(nodes);
    const reach = LATE_BARS * Math.min(...this.#streams.map(({ interval }) => interval));
    const evaluator = this.#recomputes ? new Revisions(graph, computing, reach) : computing;
    const traded = tradedOf(graph, trades, canonical);
    const { fills } = world;
    const loop = new SlotLoop({ graph, evaluator, desk: this.#desk, traded, columns: this.#columns, fills });
    this.#asOf = start;
    // A resumed run has them from its journal, since history may have changed.
    const ready = lines[0]?.events.find((event) => event.type === 'ready');
    const closes = ready ? ready.closes : await closesBefore(begun);
    this.#desk.warm(closes ?? []);
    if (lines.length > 0)
      await goThroughAgain(lines, {
        run,
        loop,
        desk: this.#desk,
        columns: this.#columns,
        trade: (said) => this.#traded(said),
      });
    const events: RunEventBody[] = [
      {
        type: 'ready',
        run,
        strategy,
        world: world.name,
        mode: world.mode,
        nodes: graph.nodes.filter(({ index }) => canonical[index] === index).map(({ name }) => name),
        symbols: traded.map(({ symbol }) => symbol),
        history: history && [history.start, Math.min(history.end, begun)],
        ...(closes && !ready && { closes }),
      },
    ];
    for (const { name } of this.#streams) {
      if (lines.length === 0 && history && history.end < begun)
        events.push({ type: 'gap', stream: name, start: history.end, end: begun });
    }
    const { activation, allocations } = world;
    const rules = this.#parts.follow?.now ?? { inactive: '', activation, allocations };
    this.#write([{ asOf: start, events }, ...this.#rules.begin(rules, lines, start)]);
    return loop;
  }

  #clock(start: Seconds): SlotClock {
    const { graph, world } = this.#parts;
    return new SlotClock(this.#streams, graph.nodes, start, world.late.grace);
  }

  /** Processes messages, and computes the slots that they close. @returns whether the feed ended */
  async #step(messages: readonly Message[], clock: SlotClock, loop: SlotLoop): Promise<boolean> {
    const entries: Entry[] = [];
    const ranges: ClosedStretch[] = [];
    const ended = messages.some(({ type }) => type === 'closed');
    for (const message of messages) {
      if (message.type === 'lost') throw new SeamlessError('source', message.reason);
      else if (message.type === 'filled' || message.type === 'ended') {
        this.#trade(message, entries);
        continue;
      } else if (isOfWorld(message)) {
        this.#rules.take(message, entries, this.#asOf);
        continue;
      } else if (message.type === 'silent') {
        entries.push({ asOf: this.#asOf, events: [stale(message.seconds)] });
        continue;
      } else if (message.type === 'closed') clock.end();
      else if (message.type === 'heartbeat') clock.hear(message.time);
      else await this.#take(message, clock, entries, loop);
      // After each message, so that lateness does not depend on how many arrived together.
      const closed = clock.close();
      if (closed) ranges.push(closed);
      // A late bar is processed between two slots.
      if (closed && this.#recomputes) await this.#close(ranges.splice(0), clock, loop, entries);
    }
    await this.#close(ranges, clock, loop, entries);
    this.#write(entries);
    if (this.#lags?.refusal) throw this.#lags.refusal;
    return ended;
  }

  async #close(
    ranges: readonly ClosedStretch[],
    clock: SlotClock,
    loop: SlotLoop,
    entries: Entry[],
  ): Promise<void> {
    const [first] = ranges;
    if (!first) return;
    const slots = await loop.close({ start: first.from, end: clock.closed }, merged(ranges));
    const noticed = ranges.flatMap(({ to, bars, gaps }): Entry[] => [
      { asOf: to, events: this.#lags?.judge(to, bars) ?? [] },
      ...gaps.map((gap): Entry => ({ asOf: to, events: [{ type: 'gap', ...gap }] })),
    ]);
    // Each event stands beside its slot, however many slots closed together.
    entries.push(...[...slots, ...noticed].sort((a, b) => a.asOf - b.asOf));
    this.#asOf = clock.closed;
  }

  async #take(bar: FeedBar, clock: SlotClock, entries: Entry[], loop: SlotLoop): Promise<void> {
    const fault = clock.fault(bar) ?? this.#columns.get(bar.stream)?.fault(bar.row) ?? null;
    if (fault !== null) {
      const key = `${bar.stream} ${fault}`;
      if (this.#faults.has(key)) return;
      this.#faults.add(key);
      const near = nearNames(
        bar.stream,
        this.#streams.map(({ name }) => name),
      );
      const hint = near.length > 0 && near[0] !== bar.stream ? ` Did you mean ${near.join(' or ')}?` : '';
      this.#parts.onTrouble(`A bar of ${formatTime(bar.ts)} was left out: ${fault}.${hint}`);
      return;
    }
    if (clock.take(bar) !== 'late') return;
    const { stream, ts } = bar;
    const revised = this.#recomputes ? await loop.revise(bar) : null;
    if (revised) clock.correct(bar);
    const row = this.#parts.world.late.bars === 'ignore' ? null : bar.row;
    const late: RunEventBody = { type: 'late', stream, ts, row, ...(revised && { taken: true }) };
    entries.push({ asOf: clock.closed, events: [late, ...(revised ?? [])] });
  }

  /** Processes a broker's message. A repeated fill counts once. */
  #trade(said: Traded, entries: Entry[]): void {
    if (said.type === 'filled' && this.#executions.has(said.execution)) return;
    const event = this.#traded(said);
    if (event) entries.push({ asOf: this.#asOf, events: [event] });
  }

  #traded(said: Traded): RunEventBody | null {
    if (said.type === 'ended') return this.#desk.rejected(said.order, said.reason);
    this.#executions.add(said.execution);
    return this.#desk.filled(said);
  }

  #finish(reason: RunResult['reason']): RunResult {
    const { run, strategy, world } = this.#parts;
    const { name, mode } = world;
    const result: RunResult = {
      run,
      strategy,
      world: name,
      mode,
      reason,
      computedNodes: null,
      ...this.#desk.summary,
    };
    this.#write([{ asOf: this.#asOf, events: [{ type: 'finished', ...result }] }]);
    return result;
  }

  #write(entries: readonly Entry[]): void {
    const told = entries.filter(({ events }) => events.length > 0);
    if (told.length > 0) {
      this.#parts.journal.append(told);
      this.#parts.onWritten();
    }
    this.#rules.answer();
  }
}

function stale(seconds: Seconds): RunEventBody {
  return { type: 'stale', what: 'feed', seconds };
}

function isOfWorld(message: Message): message is WorldSaid {
  return message.type === 'governed' || message.type === 'staged' || message.type === 'dropped';
}

/** Puts messages of the broker or the world into the inbox of the feed. */
async function hear(said: AsyncIterable<Message>, inbox: Inbox<Message>): Promise<void> {
  for await (const message of said) inbox.put(message);
}

/** Slots that close by then are history. It is the requested time, or the open of the feed's first bar, if that is later. */
function startOf(messages: readonly Message[], since: Seconds): Seconds {
  const first = messages.find((message) => message.type === 'bar');
  return first ? Math.max(since, first.ts) : Number.isFinite(since) ? since : 0;
}

function merged(ranges: readonly ClosedStretch[]): ReadonlyMap<string, readonly FeedBar[]> {
  const bars = new Map<string, FeedBar[]>();
  for (const range of ranges) {
    for (const [name, found] of range.bars) {
      const all = bars.get(name);
      if (all) for (const bar of found) all.push(bar);
      else bars.set(name, [...found]);
    }
  }
  return bars;
}
