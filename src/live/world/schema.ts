import * as v from 'valibot';
import { messageOf } from '../../sdk/errors.js';
import { parseInterval, parseTime, type Seconds } from '../../sdk/time/time.js';

/** The schema of a world's file. Every default is the safe one. */

const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const share = v.pipe(v.number(), v.finite(), v.gtValue(0));

/** Parses a value by a function whose errors are sentences already. */
function parsed<T>(parse: (value: string | number) => T) {
  return v.pipe(
    v.union([v.string(), v.number()]),
    v.rawTransform(({ dataset, addIssue, NEVER }): T => {
      try {
        return parse(dataset.value);
      } catch (error) {
        addIssue({ message: messageOf(error) });
        return NEVER;
      }
    }),
  );
}

const time = parsed((value): Seconds => parseTime(value));
const duration = parsed((value): Seconds =>
  value === 0 || value === '0' || value === '0s' ? 0 : parseInterval(value),
);

const pace = v.union([v.literal('max'), positive], 'Expected max, or how many times as fast as the clock');
const from = { start: v.optional(time), end: v.optional(time) };

const feed = v.variant('kind', [
  /** Replays the bars of each stream's own provider. */
  v.strictObject({ kind: v.literal('replay'), speed: v.optional(pace, 'max'), ...from }),
  /** Made-up bars for every stream. */
  v.strictObject({
    kind: v.literal('demo'),
    speed: v.optional(pace, 'max'),
    seed: v.optional(v.pipe(v.number(), v.integer()), 1),
    ...from,
  }),
  /** Anything that speaks the feed protocol of `docs/core-loop.md`. */
  v.strictObject({
    kind: v.literal('ws'),
    url: v.pipe(v.string(), v.regex(/^wss?:\/\//, 'Expected an address such as wss://feed.example.com/bars')),
    /** Name of the environment variable with a token. */
    tokenFrom: v.optional(v.string()),
    /** After this long without a message it is reported as stale, and connected to again. */
    silence: v.optional(duration, '30s'),
  }),
  /** The candles of an exchange, through the project's own ccxt. */
  v.strictObject({
    kind: v.literal('ccxt'),
    exchange: v.string(),
    /** As ccxt writes it, such as BTC/USDT; for several streams, one for each name. */
    symbol: v.union([v.string(), v.record(v.string(), v.string())]),
    /** After this long without a message it is reported as stale, and connected to again. */
    silence: v.optional(duration, '60s'),
  }),
]);

const limits = v.strictObject({
  /** Sum of |weight| over symbols. */
  gross: v.optional(positive, 1),
  /** |weight| of one symbol. */
  maxWeight: v.optional(positive, 1),
  /** The most money in one symbol. */
  perSymbol: v.optional(positive),
  /** Smaller orders, in money, are not made, unless they close a position. */
  minNotional: v.optional(amount, 0),
  /** Units come in multiples of it; 0: of any size. */
  lot: v.optional(amount, 0),
});

const policy = v.strictObject({
  /** Decisions nearer to 0 than this count as 0. */
  threshold: v.optional(amount, 0),
  /** A weight that changes by less than this stays. */
  hysteresis: v.optional(amount, 0),
  /** Only so many symbols with the largest |weight|. */
  topK: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  /** Of symbols whose positions correlate by more than `max` over `slots`, only the one with the largest |weight| is held. */
  correlation: v.optional(
    v.strictObject({
      max: v.pipe(v.number(), v.minValue(0), v.ltValue(1)),
      slots: v.pipe(v.number(), v.integer(), v.minValue(3), v.maxValue(10_000)),
    }),
  ),
  /** `change`: orders when a weight changes; `slot`: at each slot, back to the weight. */
  rebalance: v.optional(v.picklist(['change', 'slot']), 'change'),
});

/** A maker's fee below 0 is a rebate. */
const rebateBps = v.pipe(v.number(), v.finite(), v.gtValue(-10_000));

const fills = v.strictObject({
  /** `nextOpen`: orders take the open of the next bar. `limit`: they rest at a price until a bar trades through it. */
  at: v.optional(v.picklist(['nextOpen', 'limit']), 'nextOpen'),
  /** Taker's fee, of a fill's money, in basis points. */
  feeBps: v.optional(amount, 0),
  /** Makes a taker's price worse, in basis points of the price. */
  slippageBps: v.optional(v.pipe(amount, v.ltValue(10_000)), 0),
  /** Taker's fee per unit, in addition. */
  feePerUnit: v.optional(amount, 0),
  /** Of `limit`: how much better than the last close the price is, in basis points. Absent: 0. */
  offsetBps: v.optional(v.pipe(amount, v.ltValue(10_000))),
  /** Of `limit`: bars that an order rests for. Absent: 1. */
  restBars: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  /** Of `limit`: what happens after these bars. `take`: the order takes the next open. Absent: take. */
  unfilled: v.optional(v.picklist(['take', 'cancel'])),
  /** Of `limit`: the maker's fee, below 0 for a rebate. Absent: the taker's. */
  makerFeeBps: v.optional(rebateBps),
  /** Of `limit`: the maker's fee per unit. Absent: the taker's. */
  makerFeePerUnit: v.optional(v.pipe(v.number(), v.finite())),
});

const late = v.strictObject({
  /** How long to wait for bars after a slot's close. */
  grace: v.optional(duration, '5s'),
  /** Later bars: only an event, an event with the row, or their slots are computed again. */
  bars: v.optional(v.picklist(['ignore', 'sideOutput', 'recompute']), 'ignore'),
});

/** Names in `seamless.presets.yaml`, by stream. */
const presets = v.strictObject({
  /** What a stream reads in this world, instead of the strategy's source. */
  data: v.optional(v.record(v.string(), v.string()), {}),
  /** The service level of a stream in this world. */
  sla: v.optional(v.record(v.string(), v.string()), {}),
});

export const worldSchema = v.strictObject({
  mode: v.picklist(['backtest', 'paper', 'live', 'shadow']),
  /** Backtest alone. */
  ...from,
  capital: v.optional(positive, 10_000),
  feed: v.optional(feed),
  presets: v.optional(presets, {}),
  limits: v.optional(limits, {}),
  policy: v.optional(policy, {}),
  fills: v.optional(fills, {}),
  late: v.optional(late, {}),
  /** Older decisions do not count: they make no orders. */
  decisionTtl: v.optional(duration),
  /** `active`; `freeze`: no new orders; `drain`: positions are closed, and none is opened. */
  activation: v.optional(v.picklist(['active', 'freeze', 'drain']), 'active'),
  /** The share of its weights that a strategy gets, by name of its class. Others get all. */
  allocations: v.optional(v.record(v.string(), v.pipe(amount, v.maxValue(1))), {}),
  allowLive: v.optional(v.boolean(), false),
  /** File of the Broker that `seamless run` trades a live world through: its default export, or the one after a #. */
  broker: v.optional(v.string()),
  /** Days in a year of returns: 365 for markets that never close, 252 for shares. */
  periodsPerYear: v.optional(share, 365),
});

export type WorldFile = v.InferOutput<typeof worldSchema>;

export interface World extends WorldFile {
  readonly name: string;
}

/** A remote world: its settings come from a server. */
export const remoteSchema = v.strictObject({
  url: v.pipe(v.string(), v.regex(/^wss?:\/\//, 'Expected an address such as ws://127.0.0.1:7070/btc')),
  /** Name of the environment variable with a token. */
  tokenFrom: v.optional(v.string()),
  /** After this long without a message, its last settings are invalid. */
  silence: v.optional(duration, '30s'),
});

export type RemotePlace = v.InferOutput<typeof remoteSchema>;
