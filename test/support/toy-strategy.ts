import { textDigest } from '../../src/engine/fingerprint/digest.js';
import {
  NOT_STARTED,
  type ComputeRequest,
  type ComputeResult,
  type GraphDescription,
  type NodeDescription,
  type StrategyHost,
} from '../../src/engine/ports/host.js';
import { type OpenStream, type SourceLibrary, type SourceReader } from '../../src/engine/ports/source.js';
import { lowerBound, type Table } from '../../src/sdk/table.js';
import { ceilToGrid, type Range } from '../../src/sdk/time/time.js';

export interface ToyRow {
  readonly ts: number;
  readonly value: number;
}

export interface ToyStream {
  readonly kind: 'stream';
  readonly interval: number;
  /** Seconds that its grid is off the epoch's; absent: none. */
  readonly phase?: number;
  readonly leastHistory: number;
  /** What the source holds now. Tests change it between runs. */
  rows: readonly ToyRow[];
  readonly whole: boolean;
}

export interface ToyNode {
  readonly kind: 'node';
  readonly interval: number;
  /** With a span, the window is counted in that many bars' time, and one bar in it is enough. */
  readonly inputs: readonly { readonly node: number; readonly period: number; readonly inTime?: boolean }[];
  /** Stands for the code: another seed is another function. */
  seed: number;
  /** One of so many firings emits no row; 0: all emit. */
  readonly sparse: number;
  /** The firing that throws, by its close; null: none. */
  failsAt: number | null;
  /** What it carries from firing to firing: all there was, all there was a little less each time, or the last great change. */
  readonly scan?: 'sum' | 'mean' | 'position' | undefined;
}

export type Toy = ToyStream | ToyNode;

/** How far a toy's grid is off the epoch's, in seconds: of a node, as that of its first input of the same interval. */
export function phaseOf(toys: readonly Toy[], toy: Toy): number {
  if (toy.kind === 'stream') return toy.phase ?? 0;
  const like = toy.inputs.map(({ node }) => toys[node] as Toy).find((each) => each.interval === toy.interval);
  return like ? phaseOf(toys, like) : 0;
}

/** A node's value: depends on every bit of its windows, on their order, and on nothing else. */
function toyValue(node: ToyNode, asOf: number, windows: readonly (readonly ToyRow[])[]): number | undefined {
  if (node.failsAt === asOf) throw new Error(`toy failed at ${asOf}`);
  let mixed = node.seed * 7919 + (asOf % 104_729);
  for (const window of windows) {
    for (const row of window) mixed = (mixed * 31 + row.value * 17 + (row.ts % 7919)) % 1_000_003;
  }
  return node.sparse > 0 && Math.floor(mixed) % node.sparse === 0 ? undefined : mixed / 8;
}

/** What a firing emits, and the state after it, from the state before; null: nothing has fired yet. */
function toyStep(
  toy: ToyNode,
  asOf: number,
  windows: readonly (readonly ToyRow[])[],
  state: number | null,
): { readonly state: number | null; readonly value: number | undefined } {
  const value = toyValue(toy, asOf, windows);
  // A firing that emits nothing changes the state all the same.
  const mixed = value ?? 3.5;
  const next = nextState(toy, state, mixed);
  return { state: next, value: value === undefined || next === null ? value : value - next };
}

function nextState({ scan }: ToyNode, state: number | null, mixed: number): number | null {
  switch (scan) {
    case undefined:
      return null;
    case 'sum':
      return (state ?? 0) + mixed;
    case 'mean':
      return state === null ? mixed : state * 0.9 + mixed * 0.1;
    case 'position':
      return mixed % 5 < 1 ? mixed : (state ?? -1);
  }
}

function packState(state: number | null): Uint8Array {
  return state === null ? NOT_STARTED : new Uint8Array(Float64Array.of(state).buffer);
}

function unpackState(bytes: Uint8Array): number | null {
  return bytes.length === 0 ? null : (new Float64Array(bytes.slice().buffer)[0] as number);
}

/** A strategy host over toys, which counts its calls. */
export class ToyHost implements StrategyHost {
  readonly #toys: readonly Toy[];
  readonly calls: number[];
  /** Closes fired, per node, over all runs. */
  readonly fired: number[][];

  constructor(toys: readonly Toy[]) {
    this.#toys = toys;
    this.calls = toys.map(() => 0);
    this.fired = toys.map(() => []);
  }

  describe(): Promise<GraphDescription> {
    const nodes = this.#toys.map((toy, index): NodeDescription => {
      const common = { name: `n${index}`, interval: toy.interval, location: null };
      if (toy.kind === 'stream') {
        const source = { kind: 'toy', options: { index, phase: toy.phase ?? 0 } };
        const own = { hash: 'stream' };
        return {
          ...common,
          kind: 'stream',
          label: 'toy',
          leastHistory: toy.leastHistory,
          inputs: [],
          own,
          source,
        };
      }
      const own = {
        hash: textDigest([String(toy.seed), String(toy.sparse), String(toy.failsAt), toy.scan ?? '']),
      };
      return {
        ...common,
        kind: 'node',
        label: 'node',
        scan: toy.scan !== undefined,
        leastHistory: 1,
        inputs: toy.inputs.map(({ node, period, inTime }) =>
          inTime
            ? { node, period: null, span: period * (this.#toys[node] as Toy).interval }
            : { node, period },
        ),
        own,
        source: null,
      };
    });
    return Promise.resolve({ strategy: 'Toy', nodes, interval: null, period: null });
  }

  compute(request: ComputeRequest): Promise<ComputeResult> {
    const toy = this.#toys[request.node] as ToyNode;
    const rows: ToyRow[] = [];
    let state = unpackState(request.state ?? NOT_STARTED);
    for (let i = 0; i < request.asOf.length; i++) {
      const asOf = request.asOf[i] as number;
      const windows = request.inputs.map(({ table, end, lookback, span }) => {
        const start = (end[i] as number) - lookback;
        if (span === undefined) return rowsOf(table).slice(start, end[i]);
        return rowsOf(table)
          .slice(0, end[i])
          .filter(({ ts }) => ts >= asOf - span);
      });
      this.calls[request.node] = (this.calls[request.node] as number) + 1;
      this.fired[request.node]?.push(asOf);
      try {
        const after = toyStep(toy, asOf, windows, state);
        state = after.state;
        if (after.value !== undefined) rows.push({ ts: asOf - request.interval, value: after.value });
      } catch (error) {
        const failure = { code: 'compute', message: String(error), asOf, location: null };
        return Promise.resolve({ table: tableOf(rows), failure, state: packState(state) });
      }
    }
    return Promise.resolve({ table: tableOf(rows), failure: null, state: packState(state) });
  }
}

export class ToySources implements SourceLibrary {
  readonly #toys: readonly Toy[];

  constructor(toys: readonly Toy[]) {
    this.#toys = toys;
  }

  open(stream: OpenStream): Promise<SourceReader> {
    const toy = this.#toys[stream.node] as ToyStream;
    const { rows } = toy;
    const first = rows[0]?.ts;
    const last = rows.at(-1)?.ts;
    const bounds = first === undefined || last === undefined ? null : { first, last };
    return Promise.resolve({
      whole: toy.whole,
      version: () => Promise.resolve(textDigest([JSON.stringify(rows)])),
      bounds: () => Promise.resolve(bounds),
      async *read(range: Range) {
        const inside = rows.filter(({ ts }) => ts >= range.start && ts < range.end);
        for (let at = 0; at < inside.length; at += 7)
          yield await Promise.resolve(tableOf(inside.slice(at, at + 7)));
      },
    });
  }
}

export function tableOf(rows: readonly ToyRow[]): Table {
  return {
    shape: 'value',
    ts: Float64Array.from(rows, ({ ts }) => ts),
    names: rows.length > 0 ? ['value'] : [],
    columns:
      rows.length > 0
        ? [{ type: 'number', values: Float64Array.from(rows, ({ value }) => value), valid: null }]
        : [],
    present: null,
  };
}

export function rowsOf(table: Table): ToyRow[] {
  const values = table.columns[0]?.values as Float64Array | undefined;
  return Array.from(table.ts, (ts, index) => ({ ts, value: values?.[index] as number }));
}

/**
 * The whole history of every toy straight from the definition of firing, slot by slot, with no plan, chunk or cache.
 * A bar that fails has no row; what may be claimed after it is for the engine to know.
 */
export function oracle(toys: readonly Toy[]): ToyRow[][] {
  return oracleWithStates(toys).histories;
}

/** The same, and for each scan the state after each firing. */
export function oracleWithStates(toys: readonly Toy[]): {
  readonly histories: ToyRow[][];
  readonly states: readonly (readonly ToyState[])[];
} {
  const histories: ToyRow[][] = [];
  const states = toys.map((): ToyState[] => []);
  toys.forEach((toy, index) => {
    histories[index] =
      toy.kind === 'stream' ? [...toy.rows] : nodeHistory(toys, toy, histories, states[index] as ToyState[]);
  });
  return { histories, states };
}

/** The state of a scan after the firing of the slot that opens at `ts`, as it is stored. */
export interface ToyState {
  readonly ts: number;
  readonly state: Uint8Array;
}

function nodeHistory(
  toys: readonly Toy[],
  toy: ToyNode,
  histories: readonly ToyRow[][],
  states: ToyState[],
): ToyRow[] {
  const rows: ToyRow[] = [];
  const inputs = toy.inputs.map(({ node, period, inTime }) => {
    const input = toys[node] as Toy;
    const span = inTime ? period * input.interval : null;
    const lookback = Math.max(period, input.kind === 'stream' ? input.leastHistory : 1);
    return { rows: histories[node] as ToyRow[], interval: input.interval, lookback, span };
  });
  const closes = inputs.flatMap((input) => input.rows.map(({ ts }) => ts + input.interval));
  if (closes.length === 0) return [];
  const phase = phaseOf(toys, toy);
  const slots = new Set(closes.map((close) => ceilToGrid(close, toy.interval, phase)));
  let state: number | null = null;
  for (const asOf of [...slots].sort((a, b) => a - b)) {
    const open = asOf - toy.interval;
    const prompt = inputs.filter(({ interval }) => interval <= toy.interval);
    const closedHere = (input: (typeof inputs)[number]): boolean =>
      input.rows.some(({ ts }) => ts + input.interval > open && ts + input.interval <= asOf);
    const due = prompt.length > 0 ? prompt.every(closedHere) : inputs.some(closedHere);
    if (!due) continue;
    const windows = inputs.map((input) => {
      const closed = lowerBound(
        Float64Array.from(input.rows, ({ ts }) => ts),
        asOf - input.interval + 1,
      );
      if (input.span !== null) {
        const since = asOf - input.span;
        const window = input.rows.slice(0, closed).filter(({ ts }) => ts >= since);
        return window.length === 0 ? null : window;
      }
      return closed < input.lookback ? null : input.rows.slice(closed - input.lookback, closed);
    });
    if (windows.includes(null)) continue;
    try {
      const after = toyStep(toy, asOf, windows as ToyRow[][], state);
      state = after.state;
      states.push({ ts: open, state: packState(state) });
      if (after.value !== undefined) rows.push({ ts: open, value: after.value });
    } catch {
      continue;
    }
  }
  return rows;
}
