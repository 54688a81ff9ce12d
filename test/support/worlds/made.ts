import type { Ports } from '../../../src/engine/run/materialize.js';
import type { NodeStore } from '../../../src/engine/ports/store.js';
import { rowValue, type Table } from '../../../src/sdk/table.js';
import { truthOf } from './definition.js';
import { WorldHost } from './host.js';
import { WorldSources } from './sources.js';
import { ORIGIN, type Code, type NodeSpec, type Spec, type StreamSpec } from './spec.js';
import { mixNumber, type Row } from './values.js';

/** Worlds that a test writes itself, and changes between runs. */

export type MadeStream = Omit<StreamSpec, 'rows'> & { rows: readonly Row[] };

export type MadeNode = Omit<NodeSpec, 'code'> & { code: { -readonly [K in keyof Code]: Code[K] } };

const COMMON = { symbol: null, anchor: null, calendar: null, phase: 0, unit: 60, emits: 'number' } as const;

export function stream(
  interval: number,
  rows: readonly Row[],
  more: Partial<Omit<StreamSpec, 'kind' | 'rows'>> = {},
): MadeStream {
  const own = { leastHistory: 1, completeUntil: null, whole: true, tells: true };
  return { kind: 'stream', ...COMMON, ...own, interval, rows, ...more };
}

type Edges = readonly (readonly [node: number, period: number])[];

/** Periods of inputs by their positions; pairs where the order matters. */
type Inputs = Readonly<Record<number, number>> | Edges;

export function node(
  interval: number,
  inputs: Inputs,
  { seed = 1, failsAt = null, ...more }: Partial<NodeSpec> & Partial<Pick<Code, 'seed' | 'failsAt'>> = {},
): MadeNode {
  const edges = Array.isArray(inputs)
    ? (inputs as Edges)
    : Object.entries(inputs as Readonly<Record<number, number>>);
  return {
    ...{ ...COMMON, kind: 'node', interval, reads: 'all', coarse: 0, sparse: 0, scan: null, hashable: true },
    inputs: edges.map(([at, period]) => ({ node: Number(at), period, inTime: false, gather: false })),
    code: { seed, since: null, text: 0, failsAt, failsOn: 0 },
    ...more,
  };
}

/** A row each so many seconds. */
export function rowsEach(
  interval: number,
  count: number,
  value: (index: number) => number,
  start = ORIGIN,
): Row[] {
  return Array.from({ length: count }, (_, index) => ({ ts: start + index * interval, value: value(index) }));
}

/** The same with values and holes as a seed has them; of each row, `holes` is the chance that it is missing. */
export function drawnRows(interval: number, count: number, holes: number, seed: number): Row[] {
  return rowsEach(interval, count, (index) => (mixNumber(seed, index) % 1e6) / 64).filter(
    ({ ts }) => (mixNumber(seed, ts) % 1000) / 1000 >= holes,
  );
}

/** What a run needs, over a world as it is when it is asked for. */
export function portsOf(specs: readonly Spec[], store: NodeStore, more: Partial<Ports> = {}): Ports {
  return { host: new WorldHost(specs), store, sources: new WorldSources(specs), nonce: 'nonce', ...more };
}

/** Hooks of a run that nobody watches or cancels. */
export const QUIET = { progress: () => undefined, signal: new AbortController().signal };

/** All rows of each node, by the definition. */
export function historiesOf(specs: readonly Spec[]): readonly (readonly Row[])[] {
  return truthOf(specs).map(({ rows }) => rows);
}

export function rowsOf(table: Table): Row[] {
  return Array.from(table.ts, (ts, index) => ({ ts, value: rowValue(table, index) }));
}
