import { textDigest } from '../../../src/engine/fingerprint/digest.js';
import type {
  ComputeRequest,
  ComputeResult,
  EdgeDescription,
  FiringProgress,
  GraphDescription,
  NodeDescription,
  OwnCode,
  StrategyHost,
} from '../../../src/engine/ports/host.js';
import {
  computeNode,
  inputPositions,
  type ComputedNode,
} from '../../../src/hosts/typescript/compute/compute.js';
import type { DagNode } from '../../../src/sdk/dag-node.js';
import { Node, StreamInput } from '../../../src/sdk/node.js';
import { ScanNode } from '../../../src/sdk/scan-node.js';
import { rowValue, type RowValue } from '../../../src/sdk/table.js';
import { TICK } from '../../../src/sdk/time/time.js';
import { readSlot, type View, type Window } from '../../../src/sdk/view.js';
import { OpenContext } from '../../hosts/typescript/compute/support.js';
import { CALENDARS, spanOf } from './slots.js';
import type { Code, InputSpec, NodeSpec, ScanKind, Spec } from './spec.js';
import { mixBars, mixNumber, mixValue, valueFrom, type Bars } from './values.js';

export type ScanState = number | { readonly at: number | null } | Int32Array;

interface Fired {
  readonly state: ScanState | null;
  readonly value: RowValue | undefined;
}

/** What one firing gives, from nothing but its windows and, of a scan, the state before. Null: it fails. */
export function fire(
  spec: NodeSpec,
  asOf: number,
  windows: readonly Bars[],
  before: ScanState | null,
): Fired | null {
  const { code, coarse, sparse, scan, emits, reads } = spec;
  const seed = code.since !== null && asOf <= code.since ? 0 : code.seed;
  let hash = mixNumber(7919, reads === 'last' ? seed : seed + asOf * 4);
  for (const bars of windows) hash = mixBars(hash, bars, reads);
  if (code.failsAt === asOf || (code.failsOn > 0 && hash % code.failsOn === 0)) return null;
  if (coarse > 0) hash = mixNumber(hash % coarse, 11);
  const state = scan === null ? null : stateAfter(scan, before, hash);
  if (state !== null) hash = mixState(hash, state);
  return {
    state,
    value: sparse > 0 && hash % sparse === 0 ? undefined : valueFrom(mixNumber(hash, 13), emits),
  };
}

function fireOrThrow(...firing: Parameters<typeof fire>): Fired {
  const fired = fire(...firing);
  if (!fired) throw new Error('It fails here.');
  return fired;
}

function stateAfter(scan: ScanKind, before: ScanState | null, hash: number): ScanState {
  switch (scan) {
    case 'sum':
      return (typeof before === 'number' ? before : 0) + (hash % 1000) / 8;
    case 'mean':
      return typeof before === 'number' ? before * 0.9 + (hash % 1000) * 0.1 : hash % 1000;
    case 'position': {
      const held =
        before !== null && typeof before === 'object' && !(before instanceof Int32Array) ? before.at : null;
      return { at: hash % 5 === 0 ? hash : held };
    }
    case 'tail': {
      const held = before instanceof Int32Array ? before : new Int32Array(3);
      return Int32Array.of(held[1] as number, held[2] as number, hash);
    }
  }
}

function mixState(hash: number, state: ScanState): number {
  if (typeof state === 'number') return mixNumber(hash, state);
  if (state instanceof Int32Array) return state.reduce((mixed, each) => mixNumber(mixed, each), hash);
  return mixValue(hash, state.at);
}

/** The strategy of a world, run as a user's is: real nodes, views, rows and states; only its fingerprints are made up. */
export class WorldHost implements StrategyHost {
  readonly #specs: readonly Spec[];
  readonly #nodes: DagNode[] = [];
  /** Closes of the bars that each node was called for, over all runs. */
  readonly fired: number[][];

  constructor(specs: readonly Spec[]) {
    this.#specs = specs;
    this.fired = specs.map(() => []);
    specs.forEach((spec, index) => this.#nodes.push(this.#made(spec, `n${index}`)));
  }

  get calls(): readonly number[] {
    return this.fired.map(({ length }) => length);
  }

  #made(spec: Spec, name: string): DagNode {
    if (spec.kind === 'stream') {
      return new StreamInput({ name, tags: [name], historyProvider: { kind: 'made', options: {} } });
    }
    const input = spec.inputs.map(({ node }) => this.#nodes[node] as DagNode);
    const windows = (view: View): Bars[] =>
      input.map((each, at) => {
        const { inTime, gather, period } = spec.inputs[at] as InputSpec;
        if (gather) return barInSlot(view, at);
        return barsOf(view.window(each, inTime ? undefined : period));
      });
    if (spec.scan !== null) {
      return new ScanNode<{ held: ScanState | null }>({
        name,
        input,
        init: () => ({ held: null }),
        step: ({ held }, view) => {
          const { state, value } = fireOrThrow(spec, view.asOf, windows(view), held);
          return { state: { held: state }, value };
        },
      });
    }
    return new Node({
      name,
      input,
      computeFn: (view) => fireOrThrow(spec, view.asOf, windows(view), null).value,
    });
  }

  describe(): Promise<GraphDescription> {
    const nodes = this.#specs.map((spec, index): NodeDescription => {
      const { symbol } = spec;
      const member = symbol && { family: 'family', symbol: symbol === 'all' ? null : symbol };
      const days = spec.calendar ? CALENDARS[spec.calendar] : '24/7';
      const calendar = JSON.stringify(days);
      const { interval, anchor } = spec;
      const common = { name: `n${index}`, interval, calendar, anchor, location: null, member };
      if (spec.kind === 'node') {
        const { scan } = spec;
        const inputs = spec.inputs.map(({ node, period, inTime, gather }): EdgeDescription =>
          gather
            ? { node, period: 1, gather: true }
            : inTime
              ? { node, period: null, span: spanOf(period, this.#specs[node] as Spec) }
              : { node, period },
        );
        const own = ownCode(spec);
        return {
          ...common,
          kind: 'node',
          label: 'node',
          inputs,
          own,
          scan: scan !== null,
          leastHistory: 1,
          source: null,
        };
      }
      const { phase, leastHistory, completeUntil } = spec;
      const until = completeUntil === null ? {} : { completeUntil };
      const source = {
        kind: 'made',
        options: { index, ...(spec.calendar || anchor || interval === TICK ? {} : { phase }), ...until },
      };
      const own = { hash: 'stream' };
      return { ...common, kind: 'stream', label: 'made', inputs: [], own, leastHistory, source };
    });
    return Promise.resolve({ strategy: 'World', nodes, interval: null, period: null });
  }

  async compute(
    request: ComputeRequest,
    progress: FiringProgress,
    signal: AbortSignal,
  ): Promise<ComputeResult> {
    // Nodes of a chunk answer in another order than they were asked in.
    for (let turns = (request.node * 7 + request.opens.length) % 5; turns > 0; turns--)
      await Promise.resolve();
    const node = this.#nodes[request.node] as ComputedNode;
    const fired = this.fired[request.node] as number[];
    for (const asOf of request.asOf) fired.push(asOf);
    const context = new OpenContext();
    return computeNode({ node, request, positions: inputPositions(node), context, progress, signal });
  }
}

/** As a cross-section sees a member. */
function barInSlot(view: View, position: number): Bars {
  const seen = readSlot(view, position);
  if (!seen) return { length: 0, ts: () => Number.NaN, value: () => null };
  const { table } = seen.source;
  return { length: 1, ts: () => table.ts[seen.row] as number, value: () => rowValue(table, seen.row) };
}

function barsOf(window: Window): Bars {
  const { ts } = window;
  return { length: window.length, ts: (index) => ts[index] as number, value: (index) => window.row(index) };
}

function ownCode({ emits, reads, coarse, sparse, scan, hashable, code }: NodeSpec): OwnCode {
  if (!hashable) return { unhashable: 'it is made so' };
  return { hash: textDigest([JSON.stringify([emits, reads, coarse, sparse, scan, codeOf(code)])]) };
}

/** What is hashed of code: all that is written in it. */
function codeOf({ seed, since, text, failsAt, failsOn }: Code): unknown {
  return [seed, since, text, failsAt, failsOn];
}
