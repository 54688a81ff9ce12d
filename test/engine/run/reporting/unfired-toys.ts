import assert from 'node:assert/strict';
import { materialize } from '../../../../src/engine/run/materialize.js';
import { reportOf } from '../../../../src/engine/run/reporting/outcome.js';
import { statusOf } from '../../../../src/engine/plan/status.js';
import type { NodeReport } from '../../../../src/engine/run/reporting/report.js';
import { type Range } from '../../../../src/sdk/time/time.js';
import { MemoryStore } from '../../../support/memory-store.js';
import {
  ToyHost,
  ToySources,
  type Toy,
  type ToyNode,
  type ToyStream,
} from '../../../support/toy-strategy.js';

export const DAY = 86_400;
/** A Monday. */
export const START = 1_577_664_000;
export const day = (index: number): number => START + index * DAY;

export function stream(interval: number, opens: readonly number[], whole = true): ToyStream {
  const rows = opens.map((ts, index) => ({ ts, value: index + 1 }));
  return { kind: 'stream', interval, leastHistory: 1, whole, rows };
}

export function days(from: number, to: number, every = 1): number[] {
  return Array.from({ length: Math.ceil((to - from) / every) }, (_, index) => day(from + index * every));
}

export function node(
  interval: number,
  inputs: readonly (readonly [node: number, period: number])[],
): ToyNode {
  const edges = inputs.map(([at, period]) => ({ node: at, period }));
  return { kind: 'node', interval, inputs: edges, seed: 1, sparse: 0, failsAt: null };
}

/** The last toy as a first run reports it; a second run and the status must say the same. @param earlier a range that was run before */
export async function reported(
  toys: readonly Toy[],
  range = { start: day(0), end: day(2000) },
  earlier: Range | null = null,
): Promise<NodeReport> {
  const store = new MemoryStore();
  const ports = { host: new ToyHost(toys), store, sources: new ToySources(toys), nonce: 'n' };
  const hooks = { progress: () => undefined, signal: new AbortController().signal };
  const run = async (): Promise<NodeReport> =>
    (await reportOf(await materialize(ports, range, hooks), 0)).nodes.at(-1) as NodeReport;
  if (earlier) await materialize(ports, earlier, hooks);
  const [cold, warm] = [await run(), await run()];
  assert.deepEqual([warm.state === 'hit', warm.unfired], [true, cold.unfired]);
  const { nodes } = await statusOf(ports, range);
  const last = nodes.at(-1);
  const told = last?.state === 'fresh' ? cold.unfired : null;
  assert.deepEqual(last?.unfired, told, 'the status says what the report says');
  if (cold.unfired) assert.ok(cold.reason.endsWith(cold.unfired.text), cold.reason);
  return cold;
}
