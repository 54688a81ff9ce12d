import type { Grid } from '../../sdk/time/grid.js';
import type { FlatRecord } from '../../sdk/table.js';
import type { Seconds } from '../../sdk/time/time.js';

/** A stream to subscribe to. */
export interface FeedStream extends Grid {
  readonly name: string;
}

/** A closed bar, stamped by its open. */
export interface FeedBar {
  readonly type: 'bar';
  readonly stream: string;
  readonly ts: Seconds;
  readonly row: FlatRecord;
}

export type FeedMessage =
  | FeedBar
  /** The time at the source of the bars. Slots that close before it are over once grace has passed. */
  | { readonly type: 'heartbeat'; readonly time: Seconds }
  /** Nothing arrived for this long; the feed connects again. */
  | { readonly type: 'silent'; readonly seconds: Seconds }
  /** The feed has ended. */
  | { readonly type: 'closed' };

/** A source of bars as they close. Bars may arrive twice, late, in any order, or not at all: the clock handles that. */
export interface Feed {
  /**
   * @param since only bars that close later are sent; −∞: all bars
   * @throws SeamlessError `source` when it cannot be reached at all
   */
  open(streams: readonly FeedStream[], since: Seconds, signal: AbortSignal): AsyncIterable<FeedMessage>;
}

/** Nothing arrived for so long that the connection counts as dead. */
export class Silence extends Error {
  readonly seconds: Seconds;

  constructor(seconds: Seconds) {
    super(`nothing was heard for ${seconds} s`);
    this.seconds = seconds;
  }
}
