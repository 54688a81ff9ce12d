import type { Grid } from '../../sdk/time/grid.js';
import type { FlatRecord } from '../../sdk/table.js';
import type { Seconds } from '../../sdk/time/time.js';

/** A stream as a feed is asked for it. */
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
  /** What time it is where the bars come from: slots that close before it are over, once grace has passed. */
  | { readonly type: 'heartbeat'; readonly time: Seconds }
  /** Nothing was heard for so long; the connection is made again. */
  | { readonly type: 'silent'; readonly seconds: Seconds }
  /** No more will come. */
  | { readonly type: 'closed' };

/** Where bars come from as they close. They may come twice, late, in any order, or not at all: the clock decides. */
export interface Feed {
  /**
   * @param since bars that close after it are wanted; −∞: all there are
   * @throws SeamlessError `source` when it cannot be reached at all.
   */
  open(streams: readonly FeedStream[], since: Seconds, signal: AbortSignal): AsyncIterable<FeedMessage>;
}

/** Nothing was heard for so long that a connection is taken for dead. */
export class Silence extends Error {
  readonly seconds: Seconds;

  constructor(seconds: Seconds) {
    super(`nothing was heard for ${seconds} s`);
    this.seconds = seconds;
  }
}
