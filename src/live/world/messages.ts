import * as v from 'valibot';

/*
 * What a remote world and the runs in it say to each other, as `docs/core-loop.md` has it. Numbered messages follow each other without
 * a gap, and a snapshot says which number it is as of: whoever missed one asks for a snapshot.
 */

const seq = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Whether orders are made at all; where not, why. */
const decision = v.strictObject({ act: v.boolean(), reason: v.string() });
const activation = v.picklist(['active', 'freeze', 'drain']);
/** See `Governed`; from 0 to 1. */
const allocations = v.record(v.string(), v.pipe(v.number(), v.minValue(0), v.maxValue(1)));

export const worldMessage = v.variant('type', [
  v.strictObject({
    type: v.literal('snapshot'),
    seq,
    /** The world's file. */
    text: v.string(),
    decision,
    activation,
    allocations,
  }),
  v.strictObject({ type: v.literal('decision'), seq, decision }),
  v.strictObject({ type: v.literal('activation'), seq, activation }),
  v.strictObject({ type: v.literal('allocations'), seq, allocations }),
  /** Nothing new: the number is that of the last message. */
  v.strictObject({ type: v.literal('heartbeat'), seq }),
]);
export type WorldMessage = v.InferOutput<typeof worldMessage>;
export type WorldSnapshot = Extract<WorldMessage, { type: 'snapshot' }>;

/** From a run. */
export const runMessage = v.strictObject({ type: v.literal('snapshot') });

/** What a world has a run do from the next slot on. */
export interface Governed {
  readonly type: 'governed';
  /** Why no orders are made; empty: they are. */
  readonly inactive: string;
  readonly activation: 'active' | 'freeze' | 'drain';
  /** By name of a strategy's class: the share of its weights that it gets. Whom it does not name gets all. */
  readonly allocations: Readonly<Record<string, number>>;
}
