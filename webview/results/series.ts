import type { PanelSeries } from '../../src/panel/requests.js';
import type { ResultsState } from '../../src/panel/results/messages.js';
import type { Span, Table } from '../../src/panel/state.js';

type Report = NonNullable<ResultsState['report']>;
type Points = readonly (readonly [time: number, value: number])[];

/** A line of a chart by its name. */
interface NamedPoints {
  readonly name: string;
  readonly points: Points;
}

/**
 * Lines with different times as one table, as charts need it: a line without a point keeps its last value; before its first,
 * nothing.
 */
export function tableOf(lines: readonly NamedPoints[]): Table {
  const times = [...new Set(lines.flatMap(({ points }) => points.map(([time]) => time)))].sort(
    (a, b) => a - b,
  );
  return {
    shape: 'record',
    ts: Float64Array.from(times),
    names: lines.map(({ name }) => name),
    columns: lines.map(({ points }) => ({ type: 'number', values: heldValues(points, times), valid: null })),
    present: null,
  };
}

function heldValues(points: Points, times: readonly number[]): Float64Array {
  let at = 0;
  let held = Number.NaN;
  return Float64Array.from(times, (time) => {
    for (; at < points.length && (points[at]?.[0] ?? Infinity) <= time; at++) held = points[at]?.[1] ?? held;
    return held;
  });
}

/** A table in a chart's form: one version, fully covered. */
export function seriesOf(table: Table, interval: number): PanelSeries {
  const version = { judged: true, since: 0, until: null, rows: table.ts.length, coverage: [], table };
  return { interval: Math.max(1, interval), versions: [version], difference: null };
}

/** From the first row of a table to the end of its last. */
export function spanOf({ ts }: Table, interval: number): Span {
  const [first = 0, last = 0] = [ts[0], ts.at(-1)];
  return [first, Math.max(last + interval, first + 1)];
}

/** A run's equity and drawdown; for two runs, their returns since the start, so that they can be compared. */
export function equityLines(report: Report, compared: Report | null, words: EquityWords): NamedPoints[] {
  const { outcome } = report;
  if (!outcome) return [];
  const fall = (of: Report): Points =>
    (of.outcome?.curve ?? []).map(([at, , drawdown]) => [at, drawdown === 0 ? 0 : -100 * drawdown]);
  if (!compared?.outcome)
    return [
      { name: words.equity, points: outcome.curve.map(([at, equity]) => [at, equity]) },
      { name: words.drawdown, points: fall(report) },
    ];
  const since = (of: Report): Points => {
    const { curve = [], capital = 1 } = of.outcome ?? {};
    return curve.map(([at, equity]) => [at, 100 * (equity / capital - 1)]);
  };
  return [
    { name: words.returnOf(report.run), points: since(report) },
    { name: words.returnOf(compared.run), points: since(compared) },
    { name: words.drawdownOf(report.run), points: fall(report) },
    { name: words.drawdownOf(compared.run), points: fall(compared) },
  ];
}

interface EquityWords {
  readonly equity: string;
  readonly drawdown: string;
  readonly returnOf: (run: string) => string;
  readonly drawdownOf: (run: string) => string;
}
