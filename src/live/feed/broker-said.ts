import * as v from 'valibot';

/** What the broker of a live world did, as the child hears it. Orders by their number in the run. */
const order = v.pipe(v.number(), v.integer(), v.minValue(1));
const number = v.pipe(v.number(), v.finite());

export const brokerSaid = v.variant('type', [
  v.object({
    type: v.literal('filled'),
    execution: v.string(),
    order,
    quantity: number,
    price: v.pipe(number, v.gtValue(0)),
    fee: v.pipe(number, v.minValue(0)),
    maker: v.optional(v.boolean()),
    at: number,
  }),
  v.object({ type: v.literal('ended'), order, reason: v.string() }),
  /** The run cannot go on without it. */
  v.object({ type: v.literal('lost'), reason: v.string() }),
]);
export type BrokerSaid = Readonly<v.InferOutput<typeof brokerSaid>>;
