import type { Dependent, ReadRequest, ReadsSince, TimesRequest } from '../../engine/ports/store.js';
import { earliest } from '../../engine/plan/since.js';
import { lowerBound } from '../../sdk/table.js';
import { joinTimes, type Axis } from './axes.js';
import { unpackSince } from './coverage.js';
import { soundAxes } from '../upkeep/damage.js';
import type { StoreContext } from './interned.js';
import { listParameter, unnestNumbers } from '../duckdb/sql.js';

/** See `NodeStore.dependents`. */
export async function dependents(context: StoreContext, stream: string): Promise<Dependent[]> {
  const fp = (await context.interned.find([stream])).get(stream);
  if (fp === undefined) return [];
  const rows = await context.session.select(
    `WITH RECURSIVE found(fp) AS (
       SELECT fp FROM node_inputs WHERE input = $1::INTEGER
       UNION SELECT i.fp FROM found f JOIN node_inputs i ON i.input = f.fp)
     SELECT d.fp, a.fingerprint, d.interval_s, d.phase_s, b.fingerprint AS input, i.lookback::DOUBLE AS lookback
     FROM found JOIN nodes d ON d.fp = found.fp JOIN fingerprints a ON a.id = d.fp
     JOIN node_inputs i ON i.fp = d.fp JOIN fingerprints b ON b.id = i.input ORDER BY d.fp, i.position`,
    [fp],
  );
  const [names, intervals, phases] = [
    rows.texts('fingerprint'),
    rows.numbers('interval_s'),
    rows.numbers('phase_s'),
  ];
  const [inputs, lookbacks] = [rows.texts('input'), rows.numbersOrNull('lookback')];
  const byFp = new Map<number, Dependent & { inputs: Dependent['inputs'][number][] }>();
  rows.numbers('fp').forEach((node, row) => {
    const known = byFp.get(node) ?? {
      fingerprint: names[row] as string,
      interval: intervals[row] as number,
      phase: phases[row] as number,
      inputs: [],
    };
    known.inputs.push({ fingerprint: inputs[row] as string, lookback: lookbacks[row] as number | null });
    byFp.set(node, known);
  });
  return [...byFp.values()];
}

/** See `NodeStore.timesFrom`. */
export async function timesFrom(
  context: StoreContext,
  requests: readonly TimesRequest[],
): Promise<Float64Array[]> {
  const known = await context.interned.find(requests.map(({ fingerprint }) => fingerprint));
  const wanted = requests.flatMap(({ fingerprint, from, count }, position) => {
    const fp = known.get(fingerprint);
    return fp === undefined ? [] : [{ position, fp, from, count }];
  });
  const found = requests.map((): Float64Array[] => []);
  if (wanted.length === 0) return found.map((parts) => joinTimes(parts));
  // A span that is cut may have no row left: only whole ones are counted on, so that one look is enough.
  const rows = await context.session.select(
    `WITH w AS (SELECT ${unnestNumbers(1, 'INTEGER')} AS position, ${unnestNumbers(2, 'INTEGER')} AS fp,
         ${unnestNumbers(3, 'DOUBLE')} AS since, ${unnestNumbers(4, 'DOUBLE')} AS wanted)
     SELECT w.position, greatest(c.start_ts, w.since) AS start_ts, c.end_ts, g.axis
     FROM w JOIN coverage c ON c.fp = w.fp AND c.end_ts > w.since JOIN segments g ON g.id = c.segment AND g.row_count > 0
     QUALIFY coalesce(sum(g.row_count * (greatest(c.start_ts, w.since) <= g.start_ts AND c.end_ts >= g.end_ts)::INTEGER)
       OVER (PARTITION BY w.position ORDER BY c.start_ts ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) < w.wanted
     ORDER BY 1, 2`,
    [
      listParameter(wanted.map(({ position }) => position)),
      listParameter(wanted.map(({ fp }) => fp)),
      listParameter(wanted.map(({ from }) => from)),
      listParameter(wanted.map(({ count }) => count)),
    ],
  );
  const [starts, ends, axisIds] = [rows.numbers('start_ts'), rows.numbers('end_ts'), rows.numbers('axis')];
  const axes = await soundAxes(context, axisIds);
  rows.numbers('position').forEach((position, row) => {
    const { ts } = axes.get(axisIds[row] as number) as Axis;
    const part = ts.subarray(lowerBound(ts, starts[row] as number), lowerBound(ts, ends[row] as number));
    found[position]?.push(part);
  });
  return found.map((parts, position) => joinTimes(parts).subarray(0, requests[position]?.count));
}

/** See `NodeStore.readsSince`. */
export async function readsSince(
  context: StoreContext,
  requests: readonly ReadRequest[],
): Promise<(ReadsSince | null)[]> {
  const known = await context.interned.find(requests.map(({ fingerprint }) => fingerprint));
  const wanted = requests.flatMap(({ fingerprint, range }, position) => {
    const fp = known.get(fingerprint);
    return fp === undefined ? [] : [{ position, fp, ...range }];
  });
  const found = requests.map((): (ReadsSince | null)[] => []);
  if (wanted.length === 0) return found.map((parts) => earliest(parts));
  const rows = await context.session.select(
    `SELECT DISTINCT w.position, c.since
     FROM (SELECT ${unnestNumbers(1, 'INTEGER')} AS position, ${unnestNumbers(2, 'INTEGER')} AS fp,
       ${unnestNumbers(3, 'DOUBLE')} AS start_ts, ${unnestNumbers(4, 'DOUBLE')} AS end_ts) w
     JOIN coverage c ON c.fp = w.fp AND c.start_ts < w.end_ts AND c.end_ts > w.start_ts`,
    [
      listParameter(wanted.map(({ position }) => position)),
      listParameter(wanted.map(({ fp }) => fp)),
      listParameter(wanted.map(({ start }) => start)),
      listParameter(wanted.map(({ end }) => end)),
    ],
  );
  const sinces = rows.textsOrNull('since');
  rows
    .numbers('position')
    .forEach((position, row) => found[position]?.push(unpackSince(sinces[row] ?? null)));
  return found.map((parts) => earliest(parts));
}
