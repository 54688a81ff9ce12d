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
/** Bars of the fastest stream that a late one may be behind for its slots to be computed again. */
const LATE_BARS = 256;

const FEED_TYPES: ReadonlySet<Message['type']> = new Set(['bar', 'heartbeat', 'silent', 'closed']);

/** What came while slots were computed may still be on its way in, in milliseconds. */
const LEAST_WAIT_MS = 100;

/** Milliseconds that a fill is waited for when the feed has ended, and between two looks. */
const LAST_FILLS_MS = 10_000;
const LOOK_MS = 20;

export interface LiveParts {
  readonly run: string;
  readonly strategy: string;
  readonly world: World;
  readonly graph: Graph;
  /** Position of the node that stands for each. */
  readonly canonical: readonly number[];
  readonly trades: readonly TradeDescription[];
  /** Computes slots, from what is known before the first one. */
  readonly slots: (warm: ReadonlyMap<number, WarmNode>) => Promise<SlotCloser>;
  /** Asked at the end: why what slots came to does not count, a sentence; null: it does. */
  readonly settle: () => Awaitable<string | null>;
  readonly feed: Feed;
  /** Bars that close after it are asked of the feed. */
  readonly since: Seconds;
  /** Rows before a time, from provider and cache; with the range of what the sources have. */
  readonly warm: (until: Seconds) => Promise<{ nodes: ReadonlyMap<number, WarmNode>; history: Range | null }>;
  /** What the symbols closed at in the last slots before a time; null: the policy does not ask. */
  readonly closesBefore: (until: Seconds) => Promise<readonly SlotCloses[] | null>;
  readonly journal: Journal;
  /** What the journal says already: the run goes on from there. */
  readonly lines: readonly JournalLine[];
  /** What changes of the world under way. */
  readonly follow: FollowedWorld | null;
  /** What the broker of a live world did. */
  readonly said: AsyncIterable<BrokerSaid>;
  /** Stops the run after the step in hand. */
  readonly signal: AbortSignal;
  /** Told when more of the journal is on disk. */
  readonly onWritten: () => void;
  readonly onTrouble: (text: string) => void;
}

/** A run of a strategy over a feed: bars to slots, slots to values, values to orders and fills, and all of it to the journal. */
export class LiveRun {
  readonly #parts: LiveParts;
  readonly #desk: Desk;
  readonly #rules: WorldRules;
  readonly #streams: readonly FeedStream[];
  readonly #columns = new Map<string, BarColumns>();
  readonly #faults = new Set<string>();
  /** Fills of a broker that were taken in. */
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

  /** @throws SeamlessError what keeps it from going on; the journal then says so, too. */
  async run(): Promise<RunResult> {
    const { journal } = this.#parts;
    try {
      return await this.#run();
    } catch (error) {
      // What was cancelled with it, such as warming up, is no fault of the run.
      const stopped = error instanceof SeamlessError && error.code === 'cancelled';
      const why = messageOf(error);
      const message = stopped ? 'The run was stopped before its first slot.' : why;
      try {
        // No event: the caller that waits for the run to be warm gets the error itself.
        journal.append([{ asOf: this.#asOf, events: [{ type: 'error', node: null, message }] }]);
      } catch {
        // A journal that cannot be written is what stopped it.
      }
      throw error;
    } finally {
      journal.close();
    }
  }

  #asOf: Seconds = 0;
  #lags: Lags | null = null;
  /** Milliseconds of a clock that only grows: when the feed was heard last. */
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

  /** Orders that are on their way when the feed ends are waited for, as long as one comes after the other. */
  async #awaitFills(inbox: Inbox<Message>, clock: SlotClock, loop: SlotLoop): Promise<void> {
    for (let waited = 0; this.#desk.waiting && waited < LAST_FILLS_MS; waited += LOOK_MS) {
      const messages = (await inbox.take()) ?? [];
      if (messages.length > 0) waited = 0;
      await this.#step(messages, clock, loop);
      await sleep(LOOK_MS);
    }
  }

  /** Messages up to the first bar: it says from where on the feed goes. */
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
    // What a broker or a remote world says is no word of the feed.
    const now = performance.now();
    const heard = messages === null || messages.some(({ type }) => FEED_TYPES.has(type));
    if (heard) this.#heardAt = now;
    else if (now >= until && !this.#parts.signal.aborted) {
      this.#heardAt = now;
      this.#write([{ asOf: this.#asOf, events: [stale(silence)] }]);
    }
    return messages;
  }

  /** Warms up to where the feed or the journal begins; a journal is then gone through once more. */
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
    // A run that goes on has them from its journal, whatever history is by now.
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

  /** Takes messages in, and computes the slots that they close. Says whether the feed ended. */
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
      // After each message: what comes late must not depend on how many came together.
      const closed = clock.close();
      if (closed) ranges.push(closed);
      // A late bar is taken in between two slots.
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
    // Each beside the slot that it was noticed at, however many slots closed together.
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

  /** What the broker did. Told twice, it counts once. */
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

/** What the broker does, and what the world says, comes in among what the feed says. */
async function hear(said: AsyncIterable<Message>, inbox: Inbox<Message>): Promise<void> {
  for await (const message of said) inbox.put(message);
}

/** Slots that close by then are history: what was asked for, or where the feed's first bar begins, if that is later. */
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
