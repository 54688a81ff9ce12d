import { SeamlessError } from '../../sdk/errors.js';
import { addTo } from '../../sdk/lists.js';
import type { RunEventBody } from '../../sdk/live/live.js';
import type { BrokerSaid } from '../feed/broker-said.js';
import type { FeedBar } from '../feed/feed.js';
import type { JournalLine } from '../journal/codec.js';
import type { Desk } from '../money/desk.js';
import type { BarColumns } from './rows.js';
import type { SlotLoop } from './slot-loop.js';

/** Slots of a journal that are computed together when a run is resumed. */
const RESUMED_SLOTS = 4096;

/** A broker's message about an order. */
export type Traded = Exclude<BrokerSaid, { type: 'lost' }>;
/** A late bar that was taken in. */
type LateBar = Extract<RunEventBody, { type: 'late' }> & { readonly row: FeedBar['row'] };

/** What replaying a journal needs. */
interface Again {
  readonly run: string;
  readonly loop: SlotLoop;
  readonly desk: Desk;
  /** By stream name. */
  readonly columns: ReadonlyMap<string, BarColumns>;
  readonly trade: (said: Traded) => void;
}

/**
 * Replays the slots of a journal.
 * @param lines at least one
 * @throws SeamlessError `cache` when the result differs from the journal
 */
export async function goThroughAgain(
  lines: readonly JournalLine[],
  { run, loop, desk, columns, trade }: Again,
): Promise<void> {
  let from = (lines[0] as JournalLine).asOf;
  let part: JournalLine[] = [];
  const close = async (): Promise<void> => {
    const to = Math.max(from, ...part.map(({ asOf }) => asOf));
    if (to > from) await loop.close({ start: from, end: to }, barsOf(part, columns));
    from = to;
    part = [];
  };
  for (const line of lines.slice(1)) {
    const told = line.events.map(brokerSaidBy).filter((said) => said !== null);
    const rules = line.events.filter((event) => event.type === 'world');
    const late = line.events.filter((event) => event.type === 'late' && event.taken);
    part.push(line);
    // A broker's fill and a change of the world apply from their place in the journal.
    if (told.length > 0 || rules.length > 0 || late.length > 0 || part.length === RESUMED_SLOTS)
      await close();
    for (const said of told) trade(said);
    for (const { stream, ts, row } of late as readonly LateBar[])
      await loop.revise({ type: 'bar', stream, ts, row });
    for (const { inactive, activation, share } of rules) desk.govern({ inactive, activation, share });
  }
  await close();
  const orders = lines.flatMap(({ events }) => events.filter(({ type }) => type === 'order')).length;
  if (orders === desk.orders) return;
  throw new SeamlessError(
    'cache',
    `The journal of run ${run} has ${orders} orders, but its bars come to ${desk.orders}: its history or its code has changed. Start a new run.`,
  );
}

function barsOf(
  lines: readonly JournalLine[],
  columns: Again['columns'],
): ReadonlyMap<string, readonly FeedBar[]> {
  const bars = new Map<string, FeedBar[]>();
  for (const event of lines.flatMap(({ events }) => events)) {
    if (event.type !== 'bar') continue;
    columns.get(event.stream)?.fault(event.row);
    addTo(bars, event.stream, event);
  }
  return bars;
}

/** The broker's message behind an event of the journal; null: none. */
function brokerSaidBy(event: RunEventBody): Traded | null {
  if (event.type === 'rejected') return { type: 'ended', order: event.order, reason: event.reason };
  if (event.type !== 'fill' || event.execution === undefined) return null;
  const { order, quantity, price, fee, at, execution, maker } = event;
  return { type: 'filled', order, quantity, price, fee, at, execution, maker };
}
