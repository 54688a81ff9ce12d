import * as v from 'valibot';

/*
 * What a remote world and the runs in it say to each other, as `docs/core-loop.md` has it. Numbered messages follow each other without
 * a gap, and a snapshot says which number it is as of: whoever missed one asks for a snapshot.
 */

const seq = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What may change under way. It is taken over as a whole, or not at all. */
const rules = {
  /** Whether orders are made at all; where not, why. */
  decision: v.strictObject({ act: v.boolean(), reason: v.string() }),
  activation: v.picklist(['active', 'freeze', 'drain']),
  /** See `Governed`; from 0 to 1. */
  allocations: v.record(v.string(), v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
};
export type RuleSet = v.InferOutput<v.StrictObjectSchema<typeof rules, undefined>>;

export const worldMessage = v.variant('type', [
  v.strictObject({
    type: v.literal('snapshot'),
    seq,
    /** The world's file. */
    text: v.string(),
    /** What is in force. */
    ...rules,
    /** What is prepared, and may come into force: the number of its message. Null: nothing. */
    staged: v.nullable(v.strictObject({ set: seq, ...rules })),
  }),
  /** To be looked at, and answered; nothing of it is in force. Its number names the set. */
  v.strictObject({ type: v.literal('prepare'), seq, ...rules }),
  /** The set is in force from the next slot on. */
  v.strictObject({ type: v.literal('commit'), seq, set: seq }),
  /** The set never comes into force. */
  v.strictObject({ type: v.literal('abort'), seq, set: seq, reason: v.string() }),
  /** Nothing new: the number is that of the last message. */
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

/** What a world has a run do. */
export interface Rules {
  /** Why no orders are made; empty: they are. */
  readonly inactive: string;
  readonly activation: 'active' | 'freeze' | 'drain';
  /** By name of a strategy's class: the share of its weights that it gets. Whom it does not name gets all. */
  readonly allocations: Readonly<Record<string, number>>;
}

/** In force from the next slot on. */
export interface Governed extends Rules {
  readonly type: 'governed';
  /** The set that was prepared; null: none was, as where the world is silent. */
  readonly set: number | null;
}

/** What a run hears of its world. */
export type WorldSaid =
  | Governed
  /** To be looked at and answered, before it may come into force. */
  | ({ readonly type: 'staged'; readonly set: number } & Rules)
  /** It does not come into force. */
  | { readonly type: 'dropped'; readonly set: number; readonly reason: string };

/** A world as a run follows it. */
export interface FollowedWorld {
  /** What is in force by now. */
  readonly now: Rules;
  /** What changes. */
  readonly said: AsyncIterable<WorldSaid>;
  /** Of a set that was staged: null once that is on disk, else why it cannot be followed. */
  answer(set: number, refusal: string | null): void;
  close(): void;
}

export function rulesOf({ decision, activation, allocations }: RuleSet): Rules {
  const refused = decision.reason || 'The world has decided that no orders are made.';
  return { inactive: decision.act ? '' : refused, activation, allocations };
}
