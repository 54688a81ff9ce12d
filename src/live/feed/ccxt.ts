import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, SeamlessError } from '../../sdk/errors.js';
import { closeOf } from '../../sdk/time/grid.js';
import { formatInterval, type Seconds } from '../../sdk/time/time.js';
import { Candles } from './candles.js';
import { Pauses, stopped } from './connection.js';
import { Silence, type Feed, type FeedMessage, type FeedStream } from './feed.js';
import { Inbox } from './inbox.js';

/** Milliseconds between two checks of the exchange's clock. */
const LOOK_MS = 1000;
const SHORTEST_LOOK_MS = 20;
/** Candles in one request. */
const PAGE = 500;

/** The methods used of a ccxt exchange with a WebSocket. */
export interface WatchedExchange {
  /** Resolves with each change of a candle: lists of milliseconds, open, high, low, close, volume. */
  watchOHLCV(symbol: string, timeframe: string): Promise<unknown>;
  /** Absent: missed candles cannot be fetched. */
  fetchOHLCV?(symbol: string, timeframe: string, since: number, limit: number): Promise<unknown>;
  milliseconds?(): number;
  close?(): Promise<unknown>;
}

export interface CcxtFeedOptions {
  /** Its name in messages. */
  readonly name: string;
  readonly exchange: WatchedExchange;
  readonly symbolOf: (stream: FeedStream) => string;
  /** How many seconds after a candle's close to wait for the next one. */
  readonly grace: Seconds;
  /** After this many seconds without a message, the connection counts as dead. */
  readonly silence: Seconds;
  /** Why another attempt is useless after an error; null: it may work. */
  readonly refusal: (error: unknown, symbol: string) => string | null;
  readonly onTrouble: (text: string) => void;
}

/** Bars of an exchange over ccxt's WebSocket. Candles missed since history, or while the connection was lost, are fetched. */
export function ccxtFeed(options: CcxtFeedOptions): Feed {
  return {
    async *open(streams, since, signal) {
      const inbox = new Inbox<FeedMessage>();
      const stop = new AbortController();
      const end = (): void => {
        stop.abort();
        inbox.end();
      };
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
      const lanes = streams.map((stream) => new Candles(stream, since));
      for (const lane of lanes) {
        const watcher = new Watcher(options, lane, lanes, inbox, stop.signal);
        void watcher.run().catch((error: unknown) => inbox.fail(error as Error));
      }
      try {
        yield* inbox;
      } finally {
        signal.removeEventListener('abort', end);
        stop.abort();
        await closed(options.exchange);
      }
    },
  };
}

/** One stream of the feed. */
class Watcher {
  readonly #options: CcxtFeedOptions;
  readonly #candles: Candles;
  readonly #lanes: readonly Candles[];
  readonly #inbox: Inbox<FeedMessage>;
  readonly #signal: AbortSignal;
  readonly #symbol: string;
  readonly #timeframe: string;
  #reached = false;
  readonly #pauses = new Pauses();

  constructor(
    options: CcxtFeedOptions,
    candles: Candles,
    lanes: readonly Candles[],
    inbox: Inbox<FeedMessage>,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#candles = candles;
    this.#lanes = lanes;
    this.#inbox = inbox;
    this.#signal = signal;
    this.#symbol = options.symbolOf(candles.stream);
    this.#timeframe = formatInterval(candles.stream.interval);
  }

  async run(): Promise<void> {
    const { name, exchange, refusal, onTrouble } = this.#options;
    while (!this.#signal.aborted) {
      try {
        await this.#follow();
      } catch (error) {
        this.#candles.isWhole = false;
        if (stopped(this.#signal)) return;
        const text = messageOf(error);
        const why = refusal(error, this.#symbol);
        if (why !== null) throw new SeamlessError('source', `${name} ${why}`);
        if (!this.#reached) {
          throw new SeamlessError(
            'source',
            `${name} cannot be reached: ${text}. Check the network, and whether the exchange is up.`,
          );
        }
        onTrouble(`${name} was lost (${this.#symbol}: ${text}): connecting again.`);
        if (error instanceof Silence) {
          this.#inbox.put({ type: 'silent', seconds: error.seconds });
          await closed(exchange);
        }
        await this.#pauses.next(this.#signal);
      }
    }
  }

  /** Follows the stream until the connection is lost. @throws the reason */
  async #follow(): Promise<void> {
    const { exchange, silence } = this.#options;
    let asked: Promise<unknown> | null = null;
    let heard = performance.now();
    while (!this.#signal.aborted) {
      if (!asked) {
        asked = exchange.watchOHLCV(this.#symbol, this.#timeframe);
        // It is awaited below, but may fail before that.
        asked.catch(() => undefined);
      }
      const left = silence * 1000 - (performance.now() - heard);
      const said = await soonest(asked, Math.min(left, this.#untilGrace()), this.#signal);
      if (stopped(this.#signal)) return;
      if (said) {
        asked = null;
        heard = performance.now();
        this.#put(said.value);
        // After the first message: candles that opened before it have closed by now.
        if (!this.#candles.isWhole) await this.#fetch(this.#candles.from);
        this.#candles.isWhole = true;
        this.#reached = true;
        this.#pauses.reset();
      } else if (left <= 0) throw new Silence(silence);
      await this.#give(said !== null);
    }
  }

  /** @param isHeard whether the exchange sent something: its time is then passed on */
  async #give(isHeard: boolean): Promise<void> {
    // Missed bars of one stream must come in order with those of the others.
    if (!this.#lanes.every(({ isWhole }) => isWhole)) return;
    this.#putClosed();
    const { pending } = this.#candles;
    if (pending !== null && this.#now() >= this.#graceOf(pending)) {
      // Its last update may have been lost, and with it the closing numbers.
      await this.#fetch(pending).catch((error: unknown) => {
        const text = messageOf(error);
        this.#options.onTrouble(`${this.#options.name}: ${this.#symbol} could not be asked again (${text}).`);
      });
      for (const bar of this.#candles.closed(this.#candles.pending === pending)) this.#inbox.put(bar);
    }
    if (!isHeard) return;
    // A candle that was not emitted yet is on its way: its slot waits for it.
    const waiting = this.#lanes.map(({ pending: open, stream }) =>
      open === null ? Infinity : closeOf(open, stream),
    );
    this.#inbox.put({ type: 'heartbeat', time: Math.min(this.#now(), ...waiting) });
  }

  #putClosed(): void {
    const bars = this.#lanes.flatMap((lane) =>
      lane.closed().map((bar) => ({ bar, close: closeOf(bar.ts, lane.stream) })),
    );
    for (const { bar } of bars.sort((a, b) => a.close - b.close)) this.#inbox.put(bar);
  }

  /** Fetches candles from a time on, page by page. */
  async #fetch(from: Seconds): Promise<void> {
    const { exchange } = this.#options;
    if (!exchange.fetchOHLCV || !Number.isFinite(from)) return;
    for (let since = from * 1000; !this.#signal.aborted;) {
      const page = await exchange.fetchOHLCV(this.#symbol, this.#timeframe, since, PAGE);
      this.#put(page);
      const times = (Array.isArray(page) ? (page as unknown[]) : []).flatMap((each): number[] =>
        Array.isArray(each) && Number.isFinite(each[0]) ? [each[0] as number] : [],
      );
      const last = Math.max(...times);
      if (!(last > since)) return;
      since = last;
    }
  }

  #put(said: unknown): void {
    const { name, onTrouble } = this.#options;
    for (const fault of this.#candles.put(said, this.#now()))
      onTrouble(`${name} said something of ${this.#symbol} that is no bar (${fault}): it is left out.`);
  }

  #now(): Seconds {
    return (this.#options.exchange.milliseconds?.() ?? Date.now()) / 1000;
  }

  #graceOf(open: Seconds): Seconds {
    return closeOf(open, this.#candles.stream) + this.#options.grace;
  }

  /** Milliseconds until the newest candle should be checked. */
  #untilGrace(): number {
    const { pending } = this.#candles;
    const left = pending === null ? LOOK_MS : (this.#graceOf(pending) - this.#now()) * 1000;
    return Math.max(SHORTEST_LOOK_MS, Math.min(LOOK_MS, left));
  }
}

/** The result of a promise; null if the time is over, or the signal fires, first. */
async function soonest(
  promise: Promise<unknown>,
  ms: number,
  signal: AbortSignal,
): Promise<{ readonly value: unknown } | null> {
  const done = new AbortController();
  const late = sleep(Math.max(0, ms), null, { signal: AbortSignal.any([done.signal, signal]) }).catch(
    () => null,
  );
  try {
    return await Promise.race([promise.then((value) => ({ value })), late]);
  } finally {
    done.abort();
  }
}

/** Ends all pending calls, too. An exchange that cannot be closed is lost already. */
async function closed(exchange: WatchedExchange): Promise<void> {
  await exchange.close?.().catch(() => undefined);
}
