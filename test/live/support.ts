import assert from 'node:assert/strict';
import { resolve } from 'node:path';

import { submit } from '../../src/client/runner.js';
import { cacheFolder } from '../../src/protocol/project.js';
import type { ParityReport } from '../../src/protocol/live-results.js';
import type { Run, RunEvent, SubmitOptions } from '../../src/sdk/live/live.js';
import { minute, Project, withChild, type Files } from '../support/project.js';

export const CHILD = resolve(import.meta.dirname, '../../dist/child.js');

/** A made-up price that goes up and down, as CSV. */
export function ohlcLines(from: number, to: number, without: ReadonlySet<number> = new Set()): string {
  let text = '';
  for (let i = from; i < to; i++) {
    if (without.has(i)) continue;
    const { open, high, low, close, volume } = bar(i);
    text += `${minute(i)},${open},${high},${low},${close},${volume}\n`;
  }
  return text;
}

/** The made-up bar of a minute. */
export function bar(i: number): Record<'open' | 'high' | 'low' | 'close' | 'volume', number> {
  const level = (at: number): number =>
    100 + Math.round(1000 * Math.sin(at / 23) + 300 * Math.cos(at * 1.7)) / 100;
  const [open, close] = [level(i - 0.5), level(i)];
  return {
    open,
    close,
    high: Math.max(open, close) + 0.25,
    low: Math.min(open, close) - 0.25,
    volume: (i * 37) % 101,
  };
}

export const OHLC_HEADER = 'time,open,high,low,close,volume\n';

/** Windows, hours from minutes, a scan, records, nulls, a value that is no number, and a decision. */
export const MOMENTUM = `
import { csvHistory, Node, ScanNode, sma, Strategy, StreamInput } from 'seamless-dag';

export class Momentum extends Strategy {
  setup(): void {
    const price = new StreamInput({ tags: ['BTC'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const fast = sma({ name: 'fast', input: price, period: 5 });
    const slow = sma({ name: 'slow', input: price, period: 20 });
    const hour = new Node({ name: 'hour', input: price, period: 60, interval: '1h', computeFn: (view) => {
      const closes = view.window(price).column('close');
      return { high: Math.max(...closes), first: closes[0], odd: closes[0] > 100 ? Number.NaN : -0 };
    } });
    const count = new ScanNode<number, number>({ name: 'count', input: price, period: 1, init: () => 0, step: (state) => ({ state: state + 1, value: state + 1 }) });
    const weight = new Node({ name: 'weight', input: [fast, slow, hour], period: [1, 1, 1], interval: '1m', computeFn: (view) => {
      const difference = view.latest(fast) - view.latest(slow);
      if (Math.abs(difference) < 0.05) return null;
      return difference > 0 ? 1 : 0;
    } });
    this.addNodes([price, fast, slow, hour, count, weight]);
    this.trade(weight, price);
  }
}
`;

export function project(files: Files): Project {
  return new Project({ 'main.ts': MOMENTUM, ...files });
}

/** Starts a run with the child as it is built. */
export function start(at: Project, options: SubmitOptions): Promise<Run> {
  return submit(`${at.path('main.ts')}#Momentum`, options, { childPath: CHILD });
}

export async function eventsOf(run: Run): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run.events) events.push(event);
  return events;
}

export function only<T extends RunEvent['type']>(
  events: readonly RunEvent[],
  type: T,
): Extract<RunEvent, { type: T }>[] {
  return events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);
}

/** Expects every bar of every node of a run to be what materialization makes of its recording. */
export async function inParity(at: Project, run: string, leastRows: number): Promise<ParityReport> {
  const report = await withChild((child) =>
    child.request('parity', { projectRoot: at.root, run, cacheDir: cacheFolder(at.root) }),
  );
  assert.deepEqual(report.first, null);
  assert.equal(report.differing, 0);
  assert.ok(report.rows >= leastRows, `${report.rows} rows were compared, not ${leastRows}.`);
  return report;
}
