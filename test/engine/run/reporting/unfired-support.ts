import assert from 'node:assert/strict';
import { materialize } from '../../../../src/engine/run/materialize.js';
import { reportOf } from '../../../../src/engine/run/reporting/outcome.js';
import { statusOf } from '../../../../src/engine/plan/status.js';
import type { NodeReport } from '../../../../src/engine/run/reporting/report.js';
import { type Range } from '../../../../src/sdk/time/time.js';
import { MemoryStore } from '../../../support/memory-store.js';
import { portsOf, QUIET, stream, type MadeStream } from '../../../support/worlds/made.js';
import type { Spec } from '../../../support/worlds/spec.js';

export const DAY = 86_400;
/** A Monday. */
export const START = 1_577_664_000;
export const day = (index: number): number => START + index * DAY;

/** A stream of numbers with a bar at each of these times. */
export function barsAt(interval: number, opens: readonly number[], whole = true): MadeStream {
  return stream(
    interval,
    opens.map((ts, index) => ({ ts, value: index + 1 })),
    { whole },
  );
}

export function days(from: number, to: number, every = 1): number[] {
  return Array.from({ length: Math.ceil((to - from) / every) }, (_, index) => day(from + index * every));
}

/** The last node as a first run reports it; a second run and the status must say the same. @param earlier a range that was run before */
export async function reported(
  specs: readonly Spec[],
  range = { start: day(0), end: day(2000) },
  earlier: Range | null = null,
): Promise<NodeReport> {
  const ports = portsOf(specs, new MemoryStore());
  const run = async (): Promise<NodeReport> =>
    (await reportOf(await materialize(ports, range, QUIET), 0)).nodes.at(-1) as NodeReport;
  if (earlier) await materialize(ports, earlier, QUIET);
  const [cold, warm] = [await run(), await run()];
  assert.deepEqual([warm.state === 'hit', warm.unfired], [true, cold.unfired]);
  const { nodes } = await statusOf(ports, range);
  const last = nodes.at(-1);
  const told = last?.state === 'fresh' ? cold.unfired : null;
  assert.deepEqual(last?.unfired, told, 'the status says what the report says');
  if (cold.unfired) assert.ok(cold.reason.endsWith(cold.unfired.text), cold.reason);
  return cold;
}
