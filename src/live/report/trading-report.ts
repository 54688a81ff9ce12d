import { decimate } from '../../engine/history/decimate.js';
import type { RunEvent, RunResult } from '../../sdk/live/live.js';
import { columnIndex, VALUE_COLUMN } from '../../sdk/table.js';
import type { Seconds } from '../../sdk/time/time.js';
import { eventsOf, type JournalLine } from '../journal/codec.js';
import { RunEnding, stateOf, type RunRecord } from '../journal/runs.js';
import { Holdings } from '../money/holdings.js';
import { yearsOf } from './returns.js';

/** The result of a run, or its result so far. */
export type Outcome = Omit<RunResult, 'run' | 'strategy' | 'world' | 'mode' | 'reason' | 'computedNodes'>;

/** A node that failed in a run. */
interface NodeFault {
  readonly node: string;
  readonly asOf: Seconds;
  readonly message: string;
}

/** Points of a position that a screen can tell apart. */
const POINTS = 1000;

const MOST_FAULTS = 20;

/**
 * Makes the report of a run. If it has not ended, money is computed from its journal's bars and fills, by the run's own functions.
 */
export function tradingReport(record: RunRecord, lines: Iterable<JournalLine>, isRunning: boolean) {
  const tally = new Tally(record);
  for (const line of lines) tally.take(line);
  const { ending, symbols, faults, inactive } = tally;
  const outcome = ending.result ?? tally.soFar;
  return {
    run: record.run,
    strategy: record.className,
    world: record.world.name,
    mode: record.world.mode,
    started: record.started,
    state: stateOf(ending, isRunning),
    problem: ending.problem,
    inactive,
    symbols,
    outcome: outcome && outcomeOf(outcome),
    years: outcome ? yearsOf(outcome.capital, outcome.days) : [],
    positions: tally.positions(outcome?.range ?? null),
    faults,
  };
}

function outcomeOf(result: Outcome): Outcome {
  const { slots, range, orders, fills, fees, trades, open, capital, cash, equity, positions } = result;
  const { metrics, days, curve } = result;
  return {
    slots,
    range,
    orders,
    fills,
    fees,
    trades,
    open,
    capital,
    cash,
    equity,
    positions,
    metrics,
    days,
    curve,
  };
}

/** Goes through a journal once. */
class Tally {
  readonly ending = new RunEnding();
  readonly faults: NodeFault[] = [];
  symbols: readonly string[] = [];
  inactive: string | null = null;
  readonly #record: RunRecord;
  readonly #steps = new Map<string, [Seconds, number][]>();
  readonly #traded = new Map<string, number>();
  #holdings: Holdings | null = null;
  #orders = 0;

  constructor(record: RunRecord) {
    this.#record = record;
  }

  /** Null: there is nothing to compute from. */
  get soFar(): Outcome | null {
    const summary = this.#holdings?.summary;
    if (!summary || summary.slots === 0 || this.#record.world.mode === 'backtest') return null;
    return { ...summary, orders: this.#orders };
  }

  take(line: JournalLine): void {
    const events = eventsOf(line);
    for (const event of events) {
      this.ending.take(event);
      this.#note(event);
    }
    // As in the run: at a bar's open first, then its close.
    for (const event of events) if (event.type === 'fill') this.#fill(event);
    let priced = false;
    for (const event of events) if (event.type === 'bar') priced = this.#bar(event) || priced;
    if (priced) this.#holdings?.slot(line.asOf);
  }

  #note(event: RunEvent): void {
    switch (event.type) {
      case 'ready':
        // A resumed run repeats it.
        this.symbols = event.symbols;
        this.#holdings ??= new Holdings(this.#record.world, event.symbols);
        break;
      case 'activation':
        this.inactive = event.active ? null : event.reason;
        break;
      case 'order':
        this.#orders += 1;
        break;
      case 'error':
        if (event.node !== null && this.faults.length < MOST_FAULTS)
          this.faults.push({ node: event.node, asOf: event.asOf, message: event.message });
    }
  }

  #fill(event: Extract<RunEvent, { type: 'fill' }>): void {
    const { symbol, quantity, price, at } = event;
    const steps = this.#steps.get(symbol) ?? [];
    const [last, held] = steps.at(-1) ?? [null, 0];
    if (last === at) steps.pop();
    steps.push([at, held + quantity]);
    this.#steps.set(symbol, steps);
    this.#traded.set(symbol, (this.#traded.get(symbol) ?? 0) + Math.abs(quantity * price));
    const i = this.symbols.indexOf(symbol);
    if (i >= 0) this.#holdings?.fill(i, event, at);
  }

  /** @returns whether the bar is of a traded symbol */
  #bar({ stream, row }: Extract<RunEvent, { type: 'bar' }>): boolean {
    const i = this.symbols.indexOf(stream);
    if (i < 0) return false;
    const names = Object.keys(row);
    const [open, close] = ['open', 'close'].map((name) => row[names[columnIndex(names, name)] ?? '']);
    // As in the run: a bar without an open is no price.
    if (isPrice(open) && isPrice(close)) this.#holdings?.bar(i, close);
    return true;
  }

  /** Ordered by traded money, the largest first. */
  positions(range: readonly [Seconds, Seconds] | null) {
    const traded = (symbol: string): number => this.#traded.get(symbol) ?? 0;
    return [...this.#steps.keys()]
      .sort((a, b) => traded(b) - traded(a))
      .map((symbol) => {
        const steps = thinned(this.#steps.get(symbol) ?? []);
        const [first] = steps[0] ?? [Infinity];
        const [last, held] = steps.at(-1) ?? [-Infinity, 0];
        return {
          symbol,
          points: [
            ...(range && range[0] < first ? [[range[0], 0] as const] : []),
            ...steps,
            ...(range && range[1] > last ? [[range[1], held] as const] : []),
          ],
        };
      });
  }
}

function isPrice(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function thinned(steps: readonly (readonly [Seconds, number])[]): [Seconds, number][] {
  const ts = Float64Array.from(steps, ([at]) => at);
  const values = Float64Array.from(steps, ([, quantity]) => quantity);
  const table = {
    shape: 'value' as const,
    ts,
    names: [VALUE_COLUMN],
    columns: [{ type: 'number' as const, values, valid: null }],
    present: null,
  };
  const range = { start: ts[0] ?? 0, end: (ts.at(-1) ?? 0) + 1 };
  const { ts: kept, columns } = decimate(table, range, POINTS);
  const [column] = columns;
  return Array.from(kept, (at, row) => [at, (column?.values[row] as number | undefined) ?? 0]);
}
