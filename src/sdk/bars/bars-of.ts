import type { Calendar } from '../time/calendar.js';
import { slottingOf, type DagNode } from '../dag-node.js';
import { SeamlessError } from '../errors.js';
import { longestSlot, plainGrid } from '../time/grid.js';
import { bytes, floats } from '../memory.js';
import { KernelCompute, Node, SlotCompute, type Bar, type BarSlot, type KernelOutput } from '../node.js';
import type { InputSeries, Series } from '../series.js';
import { columnIndex } from '../table.js';
import { formatInterval, parseInterval, type Anchor, type Interval } from '../time/time.js';
import type { Window } from '../view.js';
import { aggregate, checkAggregates, type Aggregate } from './aggregate.js';

interface Slots {
  readonly name: string;
  /** A stream of ticks: `interval: 'tick'`. */
  readonly input: DagNode;
  /** The interval of the bars. */
  readonly interval: Interval;
  /** Calendar of the bars: 'XNYS'. Default: UTC. */
  readonly calendar?: Calendar;
  /** Where weeks, quarters and years end: 'W-FRI', 'Q-JAN', 'Y-MAR'. Default: Sunday, and December. */
  readonly anchor?: Anchor;
}

export interface BarsOfOptions extends Slots {
  /**
   * The price column; `'mid'` is the middle of bid and ask unless a column has that name. Default: `price`, `last`, `close` and
   * similar names.
   */
  readonly price?: string;
  /** The column with traded sizes, whose sum is the volume; null: none. Default: `size`, `qty`, `volume` and similar names. */
  readonly size?: string | null;
  /** How other columns are combined: `{ fee: 'sum' }`. Default: they are left out. */
  readonly columns?: Readonly<Record<string, Aggregate>>;
}

export interface BarsByOptions<T> extends Slots {
  /** Makes a bar from the ticks in its slot (at least one, oldest first); undefined: no bar. It must depend on them alone. */
  readonly reduce: (ticks: Window, slot: BarSlot) => T | undefined;
}

/**
 * A bar of ticks: open, high, low and close, volume if there is a size column, the number of `ticks`, and what `columns` adds.
 */
export type TickBar = Bar & { readonly ticks: number } & Readonly<Record<string, number>>;

const PRICES = ['price', 'last', 'trade_price', 'last_price', 'px', 'p', 'close', 'value'];
const SIZES = [
  'size',
  'qty',
  'quantity',
  'volume',
  'amount',
  'vol',
  'trade_size',
  'last_size',
  'shares',
  'q',
  'v',
];
const BIDS = ['bid', 'bid_price', 'bidprice', 'best_bid', 'bid_px', 'bp'];
const ASKS = ['ask', 'ask_price', 'askprice', 'best_ask', 'ask_px', 'ap', 'offer'];

/**
 * Bars of ticks: one for each slot of `interval` with at least one tick, made of the ticks from its open on and before its close,
 * in the source's order. A bar is visible at the close of its slot, once the source has a later tick. Open is the first price,
 * high the highest, low the lowest, close the last, volume the sum of sizes, in the input's units. With `reduce`, the bar is what
 * that function returns.
 * @throws SeamlessError `interval` for an input without ticks
 */
export function barsOf<T>(options: BarsByOptions<T>): Node<T>;
export function barsOf(options: BarsOfOptions): Node<TickBar>;
export function barsOf<T>(options: BarsOfOptions | BarsByOptions<T>): Node<T> | Node<TickBar> {
  const { name, input, interval } = options;
  const seconds = parseInterval(interval, `The interval of ${name}`);
  refuseBars(name, input, seconds);
  const common = {
    name,
    input,
    ...slottingOf(options),
    interval: seconds,
    period: `${longestSlot(plainGrid(seconds))}s`,
  };
  if ('reduce' in options) {
    const { reduce } = options;
    if (typeof reduce !== 'function') {
      const message = `${name} has a reduce that is no function: write (ticks) => … , or leave it out.`;
      throw new SeamlessError('strategy', message, { node: name });
    }
    const indicator = { kind: 'barsOf', params: {} };
    return new Node<T>({ ...common, indicator, computeFn: new SlotCompute(reduce) });
  }
  const { price = null, size, columns = {} } = options;
  checkAggregates(name, columns);
  const params = { price, columns, ...(size === undefined ? {} : { size }) };
  return new Node<TickBar>({
    ...common,
    indicator: { kind: 'barsOf', params },
    computeFn: new KernelCompute<TickBar>(
      (series) => barsIn(series, input, { price, size, columns }),
      (series) => withTicks(series, input),
    ),
  });
}

/** @throws SeamlessError `interval` */
function refuseBars(name: string, input: DagNode, seconds: number): void {
  // Anything that is not a node is refused when the node is made.
  if (!(input as DagNode | undefined)?.kind || (input.kind === 'stream' && input.interval === 'tick')) return;
  const has =
    input.interval === undefined ? 'bars' : `bars of ${formatInterval(parseInterval(input.interval))}`;
  throw new SeamlessError(
    'interval',
    `${name} makes bars of ticks, but ${input.name} has ${has}: write resample({ name, input, interval: '${formatInterval(seconds)}' }), or give a StreamInput of ticks interval: 'tick'.`,
    { node: name },
  );
}

interface Made {
  readonly name: string;
  readonly how: Aggregate;
  readonly from: Float64Array;
}

function barsIn(
  series: Series,
  input: DagNode,
  {
    price,
    size,
    columns,
  }: Required<Pick<BarsOfOptions, 'columns'>> & { price: string | null; size: BarsOfOptions['size'] },
): KernelOutput {
  const source = series.of(input);
  const prices = pricesOf(source, input.name, price);
  const sizes = size === null ? undefined : columnFor(source, input.name, 'size', size, SIZES);
  const made: Made[] = [
    { name: 'open', how: 'first', from: prices },
    { name: 'high', how: 'max', from: prices },
    { name: 'low', how: 'min', from: prices },
    { name: 'close', how: 'last', from: prices },
    ...(sizes === undefined ? [] : [{ name: 'volume', how: 'sum' as const, from: source.column(sizes) }]),
    ...Object.entries(columns).map(([name, how]): Made => ({ name, how, from: source.column(name) })),
  ];
  const ticks = floats(series.length);
  const fields = new Map(made.map(({ name }) => [name, floats(series.length)]));
  eachSlot(series, source, (firing, start, end) => {
    for (const { name, how, from } of made)
      (fields.get(name) as Float64Array)[firing] = aggregate(from, start, end, how);
    ticks[firing] = end - start;
  });
  return { ...Object.fromEntries(fields), ticks };
}

function eachSlot(
  { length, opens }: Series,
  { ts, end }: InputSeries,
  see: (firing: number, start: number, end: number) => void,
): void {
  let start = 0;
  for (let firing = 0; firing < length; firing++) {
    const last = end[firing] as number;
    while (start < last && (ts[start] as number) < (opens[firing] as number)) start++;
    see(firing, start, last);
  }
}

/** Which slots have a tick; null: all. On a calendar, a slot's only ticks may have come before it opened. */
function withTicks(series: Series, input: DagNode): Uint8Array | null {
  const rows = bytes(series.length);
  eachSlot(series, series.of(input), (firing, start, end) => (rows[firing] = start < end ? 1 : 0));
  return rows.includes(0) ? rows : null;
}

/** @throws SeamlessError `unknown-column` naming the columns */
function pricesOf(source: InputSeries, input: string, price: string | null): Float64Array {
  const { names } = source;
  if (names.length === 0) return new Float64Array(0);
  const column =
    price === 'mid' && columnIndex(names, 'mid') < 0
      ? undefined
      : columnFor(source, input, 'price', price ?? undefined, PRICES);
  if (column !== undefined) return source.column(column);
  const [bid, ask] = [found(names, BIDS), found(names, ASKS)];
  if (price === 'mid' && bid !== undefined && ask !== undefined) {
    const asks = source.column(ask);
    return source.column(bid).map((cell, row) => (cell + (asks[row] as number)) / 2);
  }
  const listed = names.join(', ');
  const advice =
    price === 'mid'
      ? `'mid' takes the middle of bid and ask: name the columns so in the source, with columns: { bid: '…', ask: '…' }`
      : bid !== undefined && ask !== undefined
        ? `say price: 'mid' for the middle of ${bid} and ${ask}, or price: '${bid}'`
        : `say which is it with price: '${names[0] ?? ''}', or make bars of it with a reduce of your own`;
  throw new SeamlessError(
    'unknown-column',
    `${input} has no column with prices; it has ${listed}: ${advice}.`,
  );
}

function columnFor(
  { names }: InputSeries,
  input: string,
  option: string,
  name: string | undefined,
  usual: readonly string[],
): string | undefined {
  if (name === undefined) return found(names, usual);
  const own = names[columnIndex(names, name)];
  if (own !== undefined || names.length === 0) return own;
  throw new SeamlessError(
    'unknown-column',
    `${input} has no column ${name}, which ${option} names; it has ${names.join(', ')}.`,
  );
}

/** The `price` option that `barsOf` needs for these columns. null: none; `'mid'`; or a column's name. */
export function priceToName(names: readonly string[]): string | null {
  if (found(names, PRICES) !== undefined) return null;
  const quoted = found(names, BIDS) !== undefined && found(names, ASKS) !== undefined;
  return quoted ? 'mid' : (names[0] ?? null);
}

/** The first of the usual names that exists. */
function found(names: readonly string[], usual: readonly string[]): string | undefined {
  const plain = names.map((name) => name.trim().toLowerCase().replaceAll(' ', '_'));
  const name = usual.find((each) => plain.filter((other) => other === each).length === 1);
  return name === undefined ? undefined : names[plain.indexOf(name)];
}
