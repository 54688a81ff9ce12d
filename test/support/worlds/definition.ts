import assert from 'node:assert/strict';
import { NOT_STARTED } from '../../../src/engine/ports/host.js';
import { encodeState } from '../../../src/hosts/typescript/compute/scan/scan-state.js';
import { lowerBound } from '../../../src/sdk/table.js';
import { ceilTo, closeOf, closeSeeing, floorTo, nextOpen, openOf, spanOf, type Slots } from './slots.js';
import { fire, type ScanState } from './host.js';
import type { NodeSpec, Spec } from './spec.js';
import type { Bars, Row } from './values.js';

/** What is true of a node, whatever is asked for in whatever order. */
export interface Truth extends Slots {
  readonly rows: readonly Row[];
  /** Opens of rows. */
  readonly ts: Float64Array;
  /** No bar opens before. */
  readonly begin: number;
  /** Bars that close later are not known yet. */
  readonly limit: number;
  /** Bars that open before do not depend on any that fails: they can always be had. */
  readonly sound: number;
  /** Of a scan, after each firing, by the open of its slot. */
  readonly states: readonly { readonly ts: number; readonly state: ScanState }[];
}

/**
 * The whole history of a world straight from the definition of firing, slot by slot, with no plan, chunk or cache.
 * A bar that fails has no row.
 */
export function truthOf(specs: readonly Spec[]): readonly Truth[] {
  const truths: Truth[] = [];
  for (const spec of specs)
    truths.push(spec.kind === 'stream' ? streamTruth(spec) : nodeTruth(spec, truths, specs));
  return truths;
}

function streamTruth({ rows, interval, phase, calendar, completeUntil }: Spec & { kind: 'stream' }): Truth {
  const slots = { interval, phase, calendar };
  const ts = Float64Array.from(rows, (row) => row.ts);
  const close = nextOpen(ts.at(-1) ?? -Infinity, slots);
  const told = completeUntil === null || ts.length === 0 ? -Infinity : completeUntil;
  const limit = Math.max(close, Number.isFinite(told) ? ceilTo(told, slots) : told);
  return { ...slots, rows, ts, begin: ts[0] ?? Infinity, limit, sound: limit, states: [] };
}

/** What is stored of a scan behind the firings before a time. */
export function stateBefore({ states }: Truth, time: number): Uint8Array {
  const last = states.findLast(({ ts }) => ts < time);
  return last ? encodeState({ held: last.state }, () => assert.fail()) : NOT_STARTED;
}

interface Input extends Truth {
  /** Bars that exist before the node fires. */
  readonly lookback: number;
  readonly period: number;
  /** Seconds of a window that is counted in time. */
  readonly span: number | null;
  readonly gather: boolean;
}

function nodeTruth(spec: NodeSpec, truths: readonly Truth[], specs: readonly Spec[]): Truth {
  const { interval } = spec;
  const inputs = spec.inputs.map(({ node, period, inTime, gather }): Input => {
    const source = specs[node] as Spec;
    const least = source.kind === 'stream' ? source.leastHistory : 1;
    const truth = truths[node] as Truth;
    if (gather) return { ...truth, period: 1, lookback: 0, span: null, gather };
    if (inTime) return { ...truth, period, lookback: 1, span: spanOf(period, truth), gather };
    return { ...truth, period, lookback: Math.max(period, least), span: null, gather };
  });
  const slots: Slots = { interval, phase: spec.phase, calendar: spec.calendar };
  const { rows, failed, states } = history(spec, slots, inputs);
  const snapped = (time: number): number =>
    Number.isFinite(time) ? openOf(closeSeeing(time, slots), slots) : time;
  const beginsOf = (those: readonly Input[]): number[] =>
    those.map(({ begin }) => (Number.isFinite(begin) ? floorTo(begin, slots) : begin));
  const gathered = inputs.filter(({ gather }) => gather);
  // One of those that may be missing is enough.
  const begins = [
    ...beginsOf(inputs.filter(({ gather }) => !gather)),
    ...(gathered.length > 0 ? [Math.min(...beginsOf(gathered))] : []),
  ];
  return {
    ...slots,
    rows,
    states,
    ts: Float64Array.from(rows, (row) => row.ts),
    begin: Math.max(...begins),
    // The next bar of an input closes one interval after its limit; slots that close before that are decided.
    limit: snapped(Math.min(...inputs.map((input) => closeOf(input.limit, input)))),
    sound: Math.min(failed, snapped(Math.min(...inputs.map((input) => closeOf(input.sound, input))))),
  };
}

function history(
  spec: NodeSpec,
  slots: Slots,
  inputs: readonly Input[],
): Pick<Truth, 'rows' | 'states'> & { readonly failed: number } {
  const rows: Row[] = [];
  const states: { ts: number; state: ScanState }[] = [];
  let failed = Infinity;
  let state: ScanState | null = null;
  const closes = new Set(
    inputs.flatMap((input) => Array.from(input.ts, (ts) => closeSeeing(closeOf(ts, input), slots))),
  );
  for (const asOf of Float64Array.from(closes).sort()) {
    const windows = windowsAt(asOf, slots, inputs);
    if (!windows) continue;
    const ts = openOf(asOf, slots);
    const after = fire(spec, asOf, windows, state);
    if (!after) {
      failed = Math.min(failed, ts);
      continue;
    }
    state = after.state;
    if (state !== null) states.push({ ts, state });
    if (after.value !== undefined) rows.push({ ts, value: after.value });
  }
  return { rows, failed, states };
}

/** What the firing at a slot's close sees; null when there is none. */
function windowsAt(asOf: number, slots: Slots, inputs: readonly Input[]): Bars[] | null {
  const { interval } = slots;
  const closed = inputs.map((input) => {
    let first = 0;
    let end = input.ts.length;
    while (first < end) {
      const middle = (first + end) >> 1;
      if (closeOf(input.ts[middle] as number, input) > asOf) end = middle;
      else first = middle + 1;
    }
    return first;
  });
  // On a calendar there may be time between two slots: what closes in it is the next one's.
  const open = openOf(asOf, slots);
  const before = slots.calendar ? closeOf(nextOpen(open, slots, -1), slots) : open;
  const closedHere = inputs.map((input, i) => {
    const last = input.ts[(closed[i] as number) - 1];
    return last !== undefined && closeOf(last, input) > before;
  });
  const prompt = inputs.map((input) => !input.gather && input.interval <= interval);
  const gathers = inputs.some(({ gather }) => gather);
  const due =
    gathers || prompt.includes(true)
      ? prompt.every((each, i) => !each || closedHere[i])
      : closedHere.includes(true);
  if (gathers && !inputs.some(({ gather }, i) => gather && closedHere[i])) return null;
  if (!due || inputs.some((input, i) => (closed[i] as number) < input.lookback)) return null;
  const from = inputs.map(({ ts, period, span, gather }, i) => {
    if (gather) return (closed[i] as number) - (closedHere[i] ? 1 : 0);
    return span === null ? (closed[i] as number) - period : lowerBound(ts, asOf - span);
  });
  if (from.some((first, i) => !inputs[i]?.gather && first >= (closed[i] as number))) return null;
  return inputs.map(({ rows }, i): Bars => {
    const length = (closed[i] as number) - (from[i] as number);
    const row = (index: number): Row => rows[(from[i] as number) + index] as Row;
    return { length, ts: (index) => row(index).ts, value: (index) => row(index).value };
  });
}
