import { decimate } from '../../engine/history/decimate.js';
import { columnIndex, emptyTable, sliceTableByTime, type Table } from '../../sdk/table.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import type { FeedBar } from '../feed/feed.js';
import type { JournalLine } from '../journal/codec.js';
import { BarColumns } from '../run/rows.js';

/** A fill of one symbol, as a price chart marks it. */
interface MarkedFill {
  /** Open of the bar it was filled at. */
  readonly at: Seconds;
  /** Below 0: sold. */
  readonly quantity: number;
  readonly price: number;
}

/** One symbol's bars and fills in a journal. A backtest's journal has no bars. */
export interface RecordedPrices {
  readonly table: Table;
  readonly fills: readonly MarkedFill[];
}

export function recordedPrices(lines: Iterable<JournalLine>, symbol: string): RecordedPrices {
  const bars: FeedBar[] = [];
  const fills: MarkedFill[] = [];
  for (const { events } of lines) {
    for (const event of events) {
      if (event.type === 'bar' && event.stream === symbol) bars.push(event);
      else if (event.type === 'fill' && event.symbol === symbol)
        fills.push({ at: event.at, quantity: event.quantity, price: event.price });
    }
  }
  return { table: tableOf(bars), fills };
}

const SHOWN = ['open', 'high', 'low', 'close'];

/** @param points how many a chart can show */
export function shownPrices({ table, fills }: RecordedPrices, range: Range, points: number) {
  const { ts } = table;
  const inRange = fills.filter(({ at }) => at >= range.start && at < range.end);
  const each = Math.ceil(inRange.length / points);
  const interval = leastStep(ts);
  const part = sliceTableByTime(pricesOf(table), range.start, range.end);
  const [first, last] = [part.ts[0] ?? 0, part.ts.at(-1) ?? 0];
  const shown = { start: Math.max(range.start, first), end: Math.min(range.end, last + 1) };
  return {
    interval,
    // A single bar needs a width, too.
    whole: ts.length > 0 ? ([ts[0] as number, (ts.at(-1) as number) + (interval || 1)] as const) : null,
    table: decimate(part, shown, points),
    fills: inRange.filter((_, at) => at % each === 0),
    filled: inRange.length,
  };
}

/** The price columns that there are; all four make candles. */
function pricesOf({ shape, ts, names, columns, present }: Table): Table {
  const places = SHOWN.map((name) => columnIndex(names, name)).filter((at) => at >= 0);
  return {
    shape,
    ts,
    present,
    names: places.map((at) => names[at] as string),
    columns: places.map((at) => columns[at] as Table['columns'][number]),
  };
}

function leastStep(ts: Float64Array): Seconds {
  let least = Infinity;
  for (let at = 1; at < ts.length; at++) least = Math.min(least, (ts[at] as number) - (ts[at - 1] as number));
  return Number.isFinite(least) ? least : 0;
}

function tableOf(bars: readonly FeedBar[]): Table {
  if (bars.length === 0) return emptyTable();
  const columns = new BarColumns(null);
  for (const { row } of bars) columns.fault(row);
  return columns.table(bars);
}
