import * as v from 'valibot';

/*
 * The protocol between a remote world and its runs; see `docs/core-loop.md`. Messages are numbered without gaps. A run that missed one
 * asks for a snapshot, which names the number it is as of.
 */

const seq = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Settings that may change during a run. A change applies as a whole or not at all. */
const rules = {
  /** Whether orders are made, and if not, why. */
  decision: v.strictObject({ act: v.boolean(), reason: v.string() }),
  activation: v.picklist(['active', 'freeze', 'drain']),
  /** See `Rules`; from 0 to 1. */
  allocations: v.record(v.string(), v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
};
export type RuleSet = v.InferOutput<v.StrictObjectSchema<typeof rules, undefined>>;

export const worldMessage = v.variant('type', [
  v.strictObject({
    type: v.literal('snapshot'),
    seq,
    /** The world's file. */
    text: v.string(),
    /** The current settings. */
    ...rules,
    /** A prepared change, with the number of its message; null: none. */
    staged: v.nullable(v.strictObject({ set: seq, ...rules })),
  }),
  /** A change to evaluate and answer, not in force yet. Its number identifies the set. */
  v.strictObject({ type: v.literal('prepare'), seq, ...rules }),
  /** The set applies from the next slot on. */
  v.strictObject({ type: v.literal('commit'), seq, set: seq }),
  /** The set will not apply. */
  v.strictObject({ type: v.literal('abort'), seq, set: seq, reason: v.string() }),
  /** Has the number of the last message. */
  v.strictObject({ type: v.literal('heartbeat'), seq }),
]);
export type WorldMessage = v.InferOutput<typeof worldMessage>;
export type WorldSnapshot = Extract<WorldMessage, { type: 'snapshot' }>;

/** From a run. */
export const runMessage = v.variant('type', [
  v.strictObject({ type: v.literal('snapshot') }),
  v.strictObject({ type: v.literal('prepared'), set: seq }),
  v.strictObject({ type: v.literal('refused'), set: seq, reason: v.string() }),
]);
export type RunMessage = v.InferOutput<typeof runMessage>;

/** A world's settings for a run. */
export interface Rules {
  /** Why no orders are made; empty: they are. */
  readonly inactive: string;
  readonly activation: 'active' | 'freeze' | 'drain';
  /** The share of its weights that a strategy gets, by name of its class. Others get all. */
  readonly allocations: Readonly<Record<string, number>>;
}

/** Settings that apply from the next slot on. */
export interface Governed extends Rules {
  readonly type: 'governed';
  /** The set that was prepared; null: none, as when the world is silent. */
  readonly set: number | null;
}

/** What a world tells a run. */
export type WorldSaid =
  | Governed
  /** A change to evaluate and answer before it may apply. */
  | ({ readonly type: 'staged'; readonly set: number } & Rules)
  /** The change will not apply. */
  | { readonly type: 'dropped'; readonly set: number; readonly reason: string };

/** A world as a run follows it. */
export interface FollowedWorld {
  /** The current settings. */
  readonly now: Rules;
  /** Changes. */
  readonly said: AsyncIterable<WorldSaid>;
  /** Answers a staged set: null once it is on disk, else why it cannot be applied. */
  answer(set: number, refusal: string | null): void;
  close(): void;
}

export function rulesOf({ decision, activation, allocations }: RuleSet): Rules {
  const refused = decision.reason || 'The world has decided that no orders are made.';
  return { inactive: decision.act ? '' : refused, activation, allocations };
}
