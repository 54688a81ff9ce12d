import type { Calendar } from './time/calendar.js';
import { DagNode, shown } from './dag-node.js';
import { SeamlessError } from './errors.js';
import { SeamlessDataProvider } from './providers/presets.js';
import type { HistoryProvider } from './providers/providers.js';
import type { Series } from './series.js';
import type { RowValue } from './table.js';
import { isMonths, parseInterval, type Anchor, type Interval, type Seconds } from './time/time.js';
import type { View, Window } from './view.js';

/** The columns of a price stream, as most sources have them. */
export interface Bar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export interface StreamInputOptions {
  /** Default: the tags, joined by dots. */
  readonly name?: string;
  /** What the stream is: `['BTC', 'price']`. */
  readonly tags: readonly string[];
  /** For ticks (rows at any time): 'tick'. Default: the strategy's. */
  readonly interval?: Interval;
  /** Calendar of the bars: 'XNYS', or { zone: 'America/New_York', dayStart: '17:00' }. Default: UTC. */
  readonly calendar?: Calendar;
  /** Where weeks, quarters and years end: 'W-FRI', 'Q-JAN', 'Y-MAR'. Default: Sunday, and December. */
  readonly anchor?: Anchor;
  /** The least number of bars that consumers need before they fire. Default: 1. */
  readonly period?: number;
  readonly historyProvider: HistoryProvider | SeamlessDataProvider;
}

/** A stream of bars from outside: a source of the DAG. */
export class StreamInput<T = Bar> extends DagNode<T> {
  readonly kind = 'stream';
  readonly tags: readonly string[];
  readonly period: number;
  readonly historyProvider: HistoryProvider;

  constructor(options: StreamInputOptions) {
    // In JavaScript they may be missing.
    const tags = checkTags(options.tags);
    const name = options.name ?? tags.join('.');
    super(name, options);
    if (!name)
      throw new SeamlessError(
        'strategy',
        'A StreamInput has neither a name nor tags: give it tags such as ["BTC", "price"].',
      );
    this.tags = [...tags];
    this.period = checkPeriod(options.period ?? 1, name);
    this.historyProvider = checkProvider(options.historyProvider, name);
  }
}

/** Computes one bar's value from the windows of its inputs. `undefined` emits no row, `null` a row that is null. */
export type ComputeFn<T> = (view: View) => T | undefined;

/** What a column-form function returns: one value per firing. An `undefined` element emits no row. */
export type ColumnOutput =
  | Float64Array
  | readonly (RowValue | undefined)[]
  | Readonly<Record<string, Float64Array | readonly (RowValue | undefined)[]>>;

/** A `computeFn` in column form, made by `columns(...)`. */
export class ColumnCompute<T> {
  readonly compute: (series: Series) => ColumnOutput;
  declare protected readonly emits: T;

  constructor(compute: (series: Series) => ColumnOutput) {
    this.compute = compute;
  }
}

/** The slot of a bar made of ticks, in epoch seconds. */
export interface BarSlot {
  readonly open: Seconds;
  readonly close: Seconds;
}

/** What `barsOf` calls for each bar: the ticks from the slot's open on and before its close. */
export class SlotCompute<T> {
  readonly reduce: (ticks: Window, slot: BarSlot) => T | undefined;

  constructor(reduce: SlotCompute<T>['reduce']) {
    this.reduce = reduce;
  }
}

/** A built-in's column form. It is covered by the engine's semantics version and tests, not by a hash. */
export class KernelCompute<T> extends ColumnCompute<T> {
  declare readonly compute: (series: Series) => KernelOutput;
  /** 1 for each firing with a row; null: all. */
  readonly keeps: ((series: Series) => Uint8Array | null) | null;

  constructor(compute: (series: Series) => KernelOutput, keeps: KernelCompute<T>['keeps'] = null) {
    super(compute);
    this.keeps = keeps;
  }
}

/** One number per firing, or several by name. */
export type KernelOutput = Float64Array | Readonly<Record<string, Float64Array>>;

/**
 * The column form of a `computeFn`: called once for many bars with whole columns, for speed. Each bar's value must be what the
 * function gives for that bar's window alone; Seamless probes this and throws a `LookAheadError` if it fails.
 */
export function columns<T = number>(compute: (series: Series) => ColumnOutput): ColumnCompute<T> {
  return new ColumnCompute<T>(compute);
}

/** How many bars a window holds, or how far back in time it reaches: '1h'. With a span, one bar is enough to fire. */
export type WindowLength = number | string;

/** One length for all inputs, or one for each in order. */
export type Period = WindowLength | readonly WindowLength[];

export interface NodeOptions<T> {
  readonly name: string;
  readonly input: DagNode | readonly DagNode[];
  /** Default: the strategy's. */
  readonly period?: Period;
  /** Default: the strategy's, else the common interval of the inputs. */
  readonly interval?: Interval;
  /** Calendar of the bars, if they are longer than the input's. Default: the inputs'. */
  readonly calendar?: Calendar;
  /** Where weeks, quarters and years end: 'W-FRI', 'Q-JAN', 'Y-MAR'. Default: Sunday, and December. */
  readonly anchor?: Anchor;
  readonly computeFn: ComputeFn<T> | ColumnCompute<T> | SlotCompute<T>;
  /** For indicators: the name, such as `sma`, and its parameters. */
  readonly indicator?: { readonly kind: string; readonly params: Readonly<Record<string, unknown>> };
}

/** A computed node. */
export class Node<T = unknown> extends DagNode<T> {
  readonly kind = 'node';
  readonly inputs: readonly DagNode[];
  readonly period: Period | undefined;
  readonly computeFn: ComputeFn<T> | ColumnCompute<T> | SlotCompute<T>;
  readonly indicator: NodeOptions<T>['indicator'];

  constructor(options: NodeOptions<T>) {
    super(options.name, options);
    if (!options.name)
      throw new SeamlessError('strategy', 'A Node has no name: give it one that is unique in its strategy.');
    this.inputs = checkInputs(options.input, options.name);
    this.period = checkPeriods(options.period, this.inputs.length, options.name);
    this.computeFn = checkCompute(options.computeFn, options.name);
    refuseTimeInColumns(this);
    this.indicator = options.indicator;
  }
}

/** In JavaScript tags may be anything. */
function checkTags(tags: unknown): readonly string[] {
  const given = tags ?? [];
  if (!Array.isArray(given)) {
    throw new SeamlessError(
      'strategy',
      `The tags of a StreamInput are ${shown(given)}: give it a list of texts, such as ["BTC", "price"].`,
    );
  }
  const stranger = given.findIndex((tag) => typeof tag !== 'string');
  if (stranger < 0) return given as string[];
  throw new SeamlessError(
    'strategy',
    `Tag ${stranger + 1} of a StreamInput is ${shown(given[stranger])}, which is no text: write it in quotes.`,
  );
}

/** @throws SeamlessError `source` if this is no provider. @param called the owner, and its option */
export function checkProvider(
  provider: HistoryProvider | SeamlessDataProvider | undefined,
  name: string,
  called = { what: 'Stream', option: 'historyProvider' },
): HistoryProvider {
  if (provider instanceof SeamlessDataProvider) return provider.history;
  if (typeof provider === 'object' && typeof provider.options === 'object') return provider;
  throw new SeamlessError(
    'source',
    `${called.what} ${name} has no ${called.option} with a kind and options: give it one, such as csvHistory('data/prices.csv').`,
    { node: name },
  );
}

/** The inputs of a node. @throws SeamlessError `strategy` when there is none, or one is not a node. */
export function checkInputs(
  input: DagNode | readonly DagNode[] | undefined,
  name: string,
): readonly DagNode[] {
  const inputs: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (inputs.length === 0 || input === undefined) {
    throw new SeamlessError(
      'strategy',
      `Node ${name} has no input: name at least one node in "input", as in "input: price" or "input: [fast, slow]". If one is named, make it before this node.`,
      { node: name },
    );
  }
  const stranger = inputs.findIndex((each) => !(each instanceof DagNode));
  if (stranger < 0) return inputs as readonly DagNode[];
  throw new SeamlessError(
    'strategy',
    `Input ${stranger + 1} of node ${name} is ${shown(inputs[stranger])}, not a node: make the node before you name it as an input.`,
    { node: name },
  );
}

function checkCompute<T>(
  computeFn: NodeOptions<T>['computeFn'] | undefined,
  name: string,
): NodeOptions<T>['computeFn'] {
  if (typeof computeFn === 'function' || computeFn instanceof ColumnCompute) return computeFn;
  if (computeFn instanceof SlotCompute) return computeFn;
  throw new SeamlessError(
    'strategy',
    `Node ${name} has no computeFn: give it a function of its view, or columns(...).`,
    { node: name },
  );
}

/** @throws SeamlessError `period` */
function refuseTimeInColumns({ name, period, computeFn }: Node): void {
  const timed = [period].flat().find((each) => typeof each === 'string');
  if (timed === undefined || !(computeFn instanceof ColumnCompute) || computeFn instanceof KernelCompute)
    return;
  throw new SeamlessError(
    'period',
    `${name} has period '${timed}', but its computeFn works on columns, whose windows are counted in bars: give it a number of bars, or write the function bar by bar.`,
    { node: name },
  );
}

/** The periods of a node. @throws SeamlessError `period` for an invalid period, or a list of another length */
export function checkPeriods(period: Period | undefined, inputs: number, name: string): Period | undefined {
  if (period === undefined || typeof period !== 'object') {
    return period === undefined ? undefined : checkLength(period, name);
  }
  if (!Array.isArray(period)) return checkPeriod(period as unknown as number, name);
  if (period.length !== inputs) {
    throw new SeamlessError(
      'period',
      `Node ${name} has ${inputs} inputs but ${period.length} periods: give one period for all, or one for each input.`,
      { node: name },
    );
  }
  return (period as readonly WindowLength[]).map((each) => checkLength(each, name));
}

/** @throws SeamlessError `interval` or `period` */
function checkLength(length: WindowLength, name: string): WindowLength {
  if (typeof length === 'number') return checkPeriod(length, name);
  if (!isMonths(parseInterval(length, `The period of ${name}`))) return length;
  throw new SeamlessError(
    'period',
    `${name} has a period of ${length}: months differ in length, so write days, such as '30d', or a number of bars.`,
    { node: name },
  );
}

/** @throws SeamlessError `period` */
export function checkPeriod(period: number, name: string): number {
  if (Number.isInteger(period) && period >= 1) return period;
  throw new SeamlessError(
    'period',
    `${name} has period ${shown(period)}: a period counts bars, so it must be a whole number of at least 1.`,
    { node: name },
  );
}
