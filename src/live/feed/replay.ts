import { setTimeout as sleep } from 'node:timers/promises';
import type { SourceReader } from '../../engine/ports/source.js';
import { closeOf, floorToSlot } from '../../sdk/time/grid.js';
import { rowValue, type FlatRecord, type Table } from '../../sdk/table.js';
import type { Seconds } from '../../sdk/time/time.js';
import type { Feed, FeedBar, FeedMessage, FeedStream } from './feed.js';

/** Sources of bars, by name of the stream. */
export type Recording = ReadonlyMap<string, Pick<SourceReader, 'read'>>;

/**
 * Emits recorded bars of all streams in the order of their closes.
 * @param speed how many times as fast as they came; `max`: without waiting
 */
export function replayFeed(recording: Recording, speed: number | 'max', end = Infinity): Feed {
  return {
    async *open(streams, since, signal) {
      const heads = await Promise.all(streams.map((stream) => Head.open(stream, recording, since, end)));
      let last: Seconds | null = null;
      for (;;) {
        const head = earliest(heads);
        if (!head?.bar || signal.aborted) break;
        const { bar } = head;
        if (speed !== 'max' && last !== null && head.close > last) {
          // A stopped replay does not wait for its next bar.
          await sleep(((head.close - last) * 1000) / speed, undefined, { signal }).catch(() => undefined);
        }
        last = head.close;
        yield bar;
        await head.advance();
      }
      if (!signal.aborted) yield { type: 'closed' } satisfies FeedMessage;
    },
  };
}

function earliest(heads: readonly Head[]): Head | null {
  let found: Head | null = null;
  for (const head of heads) if (head.bar && (!found || head.close < found.close)) found = head;
  return found;
}

/** The next bar of a stream. */
class Head {
  bar: FeedBar | null = null;
  readonly #stream: FeedStream;
  readonly #tables: AsyncIterator<Table>;
  #table: Table | null = null;
  #row = 0;

  private constructor(stream: FeedStream, tables: AsyncIterator<Table>) {
    this.#stream = stream;
    this.#tables = tables;
  }

  static async open(stream: FeedStream, recording: Recording, since: Seconds, end: Seconds): Promise<Head> {
    const start = floorToSlot(since, stream);
    const tables = recording.get(stream.name)?.read({ start, end }) ?? nothing();
    const head = new Head(stream, tables[Symbol.asyncIterator]());
    await head.advance();
    return head;
  }

  get close(): Seconds {
    return closeOf((this.bar as FeedBar).ts, this.#stream);
  }

  async advance(): Promise<void> {
    while (!this.#table || this.#row >= this.#table.ts.length) {
      const step = await this.#tables.next();
      if (step.done) {
        this.bar = null;
        return;
      }
      this.#table = step.value;
      this.#row = 0;
    }
    const row = rowValue(this.#table, this.#row) as FlatRecord;
    this.bar = { type: 'bar', stream: this.#stream.name, ts: this.#table.ts[this.#row] as Seconds, row };
    this.#row += 1;
  }
}

async function* nothing(): AsyncGenerator<Table> {
  // No bars.
}
