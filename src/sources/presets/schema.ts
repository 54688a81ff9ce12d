import * as v from 'valibot';
import { messageOf } from '../../sdk/errors.js';
import { parseInterval, type Seconds } from '../../sdk/time/time.js';

/** What `seamless.presets.yaml` says. */

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** A length of time, such as 30s or 5m. */
const duration = v.pipe(
  v.union([v.string(), v.number()]),
  v.rawTransform(({ dataset, addIssue, NEVER }): Seconds => {
    try {
      return parseInterval(dataset.value);
    } catch (error) {
      addIssue({ message: messageOf(error) });
      return NEVER;
    }
  }),
);

const PROVIDERS = ['csv', 'parquet', 'sql', 'demo', 'http', 'postgres', 'ccxt'] as const;

const data = v.strictObject({
  /** What its rows are. */
  kind: v.optional(v.literal('bars'), 'bars'),
  /** The interval at which bars are recorded: one of the two. */
  interval: v.optional(duration),
  intervalMs: v.optional(v.pipe(whole, v.multipleOf(1000), v.minValue(1000))),
  /** How many of the newest closed bars may still change and are not stored. */
  stabilizationBars: v.optional(whole),
  provider: v.picklist(PROVIDERS),
  /** What the provider takes: `url`, `path`, `columns`. */
  options: v.optional(v.record(v.string(), v.unknown()), {}),
  /** Names of presets below. */
  sla: v.optional(v.string()),
  conformance: v.optional(v.string()),
  /** What was read is kept until it is refreshed. */
  pinned: v.optional(v.boolean(), false),
});

const sla = v.strictObject({
  /** How long a fetch may take. */
  deadline: v.optional(duration),
  /** The least share of closed slots that must have a bar. */
  coverage: v.optional(share),
  /** How far the last bar may be behind. */
  lag: v.optional(duration),
  /** `failFast`: an error; `partialFill`: use what is there and say what is missing; `hold`: wait until the deadline. */
  miss: v.optional(v.picklist(['failFast', 'partialFill', 'hold']), 'failFast'),
});

const conformance = v.strictObject({
  /** `strict` refuses rows that cannot be bars; `permissive` leaves them out and counts them. */
  mode: v.picklist(['strict', 'permissive']),
  /** Rounds times to multiples of this interval. */
  snap: v.optional(v.string()),
});

export const presetsSchema = v.strictObject({
  data: v.optional(v.record(v.string(), data), {}),
  sla: v.optional(v.record(v.string(), sla), {}),
  conformance: v.optional(v.record(v.string(), conformance), {}),
});

export type PresetsFile = v.InferOutput<typeof presetsSchema>;
export type DataPreset = PresetsFile['data'][string];
