import { createHash } from 'node:crypto';
import { ceilToGrid } from '../../src/sdk/time/time.js';

/** A bar and what it says, in whatever form: two that differ are two. */
export interface NaiveBar {
  readonly ts: number;
  readonly is: string;
}

interface NaiveStream {
  readonly interval: number;
  readonly phase: number;
  readonly bars: readonly NaiveBar[];
}

/** A node that emits a bar at each firing, told by all that the firing reads. */
interface NaiveNode {
  readonly interval: number;
  readonly phase: number;
  readonly inputs: readonly { readonly name: string; readonly lookback: number }[];
}

export type NaiveDag = Readonly<Record<string, NaiveStream | NaiveNode>>;

interface History {
  readonly interval: number;
  readonly phase: number;
  readonly bars: readonly NaiveBar[];
  /** By the open of each slot, all that is within its reach, whether it fires or not. */
  readonly reach: ReadonlyMap<number, string>;
  /** Slots from the first to before the second are known: any bar that could be in their reach is. */
  readonly begin: number;
  readonly limit: number;
}

/** Every history of a DAG from the definition, slot by slot. Inputs come before what reads them. */
function naiveHistories(dag: NaiveDag): Record<string, History> {
  const found: Record<string, History> = {};
  for (const [name, node] of Object.entries(dag)) {
    found[name] = 'bars' in node ? streamHistory(node) : nodeHistory(node, found);
  }
  return found;
}

function streamHistory({ interval, phase, bars }: NaiveStream): History {
  const reach = new Map(bars.map(({ ts, is }) => [ts, is]));
  const [begin, last] = [bars[0]?.ts ?? Infinity, bars.at(-1)?.ts ?? -Infinity];
  return { interval, phase, bars, reach, begin, limit: last + interval };
}

function nodeHistory({ interval, phase, inputs }: NaiveNode, found: Record<string, History>): History {
  const read = inputs.map(({ name, lookback }) => ({ ...(found[name] as History), lookback }));
  const begin = Math.max(
    ...read.map((input) => Math.floor((input.begin - phase) / interval) * interval + phase),
  );
  const undecided = Math.min(...read.map((input) => input.limit + input.interval));
  const limit = ceilToGrid(undecided, interval, phase) - interval;
  const bars: NaiveBar[] = [];
  const reach = new Map<number, string>();
  const prompt = read.filter((input) => input.interval <= interval);
  for (let open = begin; open < limit; open += interval) {
    const close = open + interval;
    const windows = read.map((input) =>
      input.bars.filter(({ ts }) => ts + input.interval <= close).slice(-input.lookback),
    );
    const closes = (input: History): boolean =>
      input.bars.some(({ ts }) => ts + input.interval > open && ts + input.interval <= close);
    const is = createHash('sha1').update(JSON.stringify(windows)).digest('hex');
    reach.set(open, is);
    const due = prompt.length > 0 ? prompt.every(closes) : read.some(closes);
    const full = windows.every((window, index) => window.length === inputs[index]?.lookback);
    if (due && full) bars.push({ ts: open, is });
  }
  return { interval, phase, bars, reach, begin, limit };
}

/** What has to be done for one node after an edit. */
interface NaiveWork {
  /** Opens of the slots that had or have an edited bar within reach, or are known only now. */
  readonly slots: readonly number[];
  /** Of these, those that fire now. */
  readonly fires: readonly number[];
}

/** The slots of each node that an edit reaches, in a range. */
export function naiveWork(
  before: NaiveDag,
  after: NaiveDag,
  range: { start: number; end: number },
): Record<string, NaiveWork> {
  const [old, now] = [naiveHistories(before), naiveHistories(after)];
  const work = Object.entries(now).map(([name, { reach, bars }]): [string, NaiveWork] => {
    const slots = [...reach].flatMap(([open, is]) =>
      open >= range.start && open < range.end && is !== old[name]?.reach.get(open) ? [open] : [],
    );
    const concerned = new Set(slots);
    return [name, { slots, fires: bars.map(({ ts }) => ts).filter((ts) => concerned.has(ts)) }];
  });
  return Object.fromEntries(work);
}
