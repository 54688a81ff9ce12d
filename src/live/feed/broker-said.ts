import * as v from 'valibot';

/** Messages of a live world's broker to the child. Orders are named by their number in the run. */
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
  /** The broker is gone: the run cannot continue. */
  v.object({ type: v.literal('lost'), reason: v.string() }),
]);
export type BrokerSaid = Readonly<v.InferOutput<typeof brokerSaid>>;
