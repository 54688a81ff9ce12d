import type { Graph, GraphNode } from '../../engine/graph/graph.js';
import { missedText, serviceOutcome } from '../../engine/sources/service-level.js';
import type { HeldTo } from '../../sdk/providers/fetched.js';
import { SeamlessError } from '../../sdk/errors.js';
import type { RunEventBody } from '../../sdk/live/live.js';
import { closeOf, gridOf } from '../../sdk/time/grid.js';
import type { Seconds } from '../../sdk/time/time.js';
import type { FeedBar } from '../feed/feed.js';

/** A stream whose service level limits how far its bars may be behind. */
interface Watched {
  readonly node: GraphNode;
  readonly held: HeldTo;
  /** Open of its last bar; null: it has none since the run began. */
  last: Seconds | null;
  isBehind: boolean;
}

/** Checks during a run how far the streams of a feed are behind its slots. */
export class Lags {
  readonly #streams: Watched[];
  readonly #start: Seconds;
  /** The error that ends the run, set once a stream with `failFast` is behind. */
  refusal: SeamlessError | null = null;

  /** @param start slots that close by then are history */
  constructor(graph: Graph, start: Seconds) {
    this.#start = start;
    this.#streams = graph.nodes.flatMap((node) => {
      const held = node.description.source?.held;
      return held?.level.lag === undefined ? [] : [{ node, held, last: null, isBehind: false }];
    });
  }

  /**
   * Reports a stream that falls behind once, until it has caught up.
   * @param asOf close of the last slot
   * @param bars that closed since the last call, by stream
   */
  judge(asOf: Seconds, bars: ReadonlyMap<string, readonly FeedBar[]>): RunEventBody[] {
    return this.#streams.flatMap((stream): RunEventBody[] => {
      const { node, held } = stream;
      const { name } = node;
      stream.last = bars.get(name)?.at(-1)?.ts ?? stream.last;
      const { last } = stream;
      const { lag, miss } = held.level;
      const range = { start: Math.min(this.#start, last ?? this.#start), end: asOf };
      const facts = { range, asOf, bars: 0, last, unsettled: 0, late: false };
      const { met, misses, behind } = serviceOutcome({ lag, miss }, facts, gridOf(node));
      const isNew = !met && !stream.isBehind;
      stream.isBehind = !met;
      if (!isNew) return [];
      if (miss === 'failFast')
        this.refusal ??= new SeamlessError('source', missedText(held, misses), { node: name });
      const seconds = last === null ? behind : asOf - closeOf(last, node);
      return [{ type: 'stale', what: 'stream', stream: name, seconds }];
    });
  }
}
