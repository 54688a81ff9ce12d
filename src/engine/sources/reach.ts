import { addTo } from '../../sdk/lists.js';
import { slotOfBars, slotSeeing, type Grid } from '../../sdk/time/grid.js';
import type { Range, Seconds } from '../../sdk/time/time.js';
import type { Dependent, Invalidation, NodeStore } from '../ports/store.js';
import { union, type RangeSet } from '../plan/ranges.js';

/**
 * The most ranges of a change (times dependent nodes) that are followed through the DAG. More are merged with their neighbours,
 * which only computes too much.
 */
const MOST_FOLLOWED = 200_000;
const LEAST_STRETCHES = 8;
const MOST_STRETCHES = 256;

/** Ranges of a node that a change reaches, by where the causing bars end in the stream. */
type Reached = ReadonlyMap<Seconds, RangeSet>;

/** A stream whose bars changed. */
interface ChangedStream extends Grid {
  readonly fingerprint: string;
}

/**
 * Which slots of a stream's dependents have, or had, a changed bar in their windows: their coverage must end. Call it while the
 * store still has the earlier rows. A slot has a bar in its windows if that is among the last `lookback` bars that closed by its
 * close. Outside of the changed ranges a node's rows are unchanged, so the reach ends with the slot by which `lookback` of them
 * have closed. Within a reached range of a node, any bar may have come or gone.
 * @param changed ranges of the stream outside of which no bar came, went or changed. −∞: its beginning changed as well; ∞: its
 * end
 */
export async function reachOf(
  store: NodeStore,
  stream: ChangedStream,
  changed: RangeSet,
): Promise<readonly Invalidation[]> {
  if (changed.length === 0) return [];
  const dependents = await store.dependents(stream.fingerprint);
  if (dependents.length === 0) return [];
  const most = Math.min(MOST_STRETCHES, Math.max(LEAST_STRETCHES, MOST_FOLLOWED / dependents.length));
  const reached = new Map<string, Reached>([
    [stream.fingerprint, new Map(fewer(changed, most).map((range) => [range.end, [range]]))],
  ]);
  const grids = new Map<string, Grid>([stream, ...dependents].map((each) => [each.fingerprint, each]));
  const invalidations: Invalidation[] = [];
  for (const generation of generations(dependents)) {
    const ends = await reachEnds(store, generation, reached);
    for (const node of generation) {
      const own = reachedIn(node, reached, grids, ends);
      reached.set(node.fingerprint, own);
      const whole = node.inputs.some(
        ({ fingerprint, lookback }) => lookback === null && reached.has(fingerprint),
      );
      for (const [until, ranges] of own) {
        const cause = { stream: stream.fingerprint, until };
        for (const range of ranges)
          invalidations.push({ fingerprint: node.fingerprint, range, whole, cause });
      }
    }
  }
  return invalidations;
}

/** Merges the nearest ranges until there are at most this many. */
function fewer(ranges: RangeSet, most: number): RangeSet {
  if (ranges.length <= most) return ranges;
  const gaps = ranges.slice(1).map((range, index) => range.start - (ranges[index] as Range).end);
  const widest = [...gaps.keys()].sort((a, b) => (gaps[b] as number) - (gaps[a] as number));
  const cuts = widest.slice(0, Math.floor(most) - 1).sort((a, b) => a - b);
  return [...cuts, ranges.length - 1].map((last, index) => {
    const first = index === 0 ? 0 : (cuts[index - 1] as number) + 1;
    return { start: (ranges[first] as Range).start, end: (ranges[last] as Range).end };
  });
}

/** A stream's dependents in generations: each one's dependent inputs are in an earlier generation. */
function generations(dependents: readonly Dependent[]): Dependent[][] {
  const known = new Map(dependents.map((node) => [node.fingerprint, node]));
  const consumers = new Map<string, Dependent[]>();
  const waiting = new Map<Dependent, number>();
  for (const node of dependents) {
    const inputs = new Set(
      node.inputs.map(({ fingerprint }) => fingerprint).filter((input) => known.has(input)),
    );
    waiting.set(node, inputs.size);
    for (const input of inputs) addTo(consumers, input, node);
  }
  const found: Dependent[][] = [];
  let ready = dependents.filter((node) => waiting.get(node) === 0);
  while (ready.length > 0) {
    found.push(ready);
    const next: Dependent[] = [];
    for (const consumer of ready.flatMap(({ fingerprint }) => consumers.get(fingerprint) ?? [])) {
      const left = (waiting.get(consumer) as number) - 1;
      waiting.set(consumer, left);
      if (left === 0) next.push(consumer);
    }
    ready = next;
  }
  return found;
}

/** Opens of the bars after each range of an input, by input and end of the range: as many as any node looks back. */
type Ends = ReadonlyMap<string, ReadonlyMap<Seconds, Float64Array>>;

async function reachEnds(
  store: NodeStore,
  generation: readonly Dependent[],
  reached: ReadonlyMap<string, Reached>,
): Promise<Ends> {
  const lookbacks = new Map<string, number>();
  for (const { fingerprint, lookback, span } of generation.flatMap(({ inputs }) => inputs)) {
    if (lookback && span === undefined)
      lookbacks.set(fingerprint, Math.max(lookback, lookbacks.get(fingerprint) ?? 0));
  }
  const requests = [...lookbacks].flatMap(([fingerprint, count]) => {
    const ranges = [...(reached.get(fingerprint)?.values() ?? [])].flat();
    const ends = new Set(ranges.map(({ end }) => end).filter((end) => end < Infinity));
    return [...ends].map((from) => ({ fingerprint, from, count }));
  });
  const found = new Map<string, Map<Seconds, Float64Array>>();
  const times = requests.length > 0 ? await store.timesFrom(requests) : [];
  requests.forEach(({ fingerprint, from }, index) => {
    const byEnd = found.get(fingerprint) ?? new Map<Seconds, Float64Array>();
    found.set(fingerprint, byEnd.set(from, times[index] as Float64Array));
  });
  return found;
}

function reachedIn(
  node: Dependent,
  reached: ReadonlyMap<string, Reached>,
  grids: ReadonlyMap<string, Grid>,
  ends: Ends,
): Reached {
  const own = new Map<Seconds, Range[]>();
  for (const { fingerprint, lookback, span } of node.inputs) {
    const bars = grids.get(fingerprint);
    for (const [until, ranges] of bars ? (reached.get(fingerprint) ?? []) : []) {
      // The slot in which a bar closes is the first to see it.
      const sees = slotOfBars(bars as Grid, node);
      for (const { start, end } of ranges) {
        if (span !== undefined) {
          // A window begins its span before the slot's close: a slot that closes a span after the range sees nothing of it.
          const past = Number.isFinite(end) ? slotSeeing(end + span, node) : end;
          addTo(own, until, { start: sees(start), end: past });
          continue;
        }
        const last = lookback ? ends.get(fingerprint)?.get(end)?.[lookback - 1] : undefined;
        // A bar that is only seen in its own slot reaches no further.
        const stop = lookback === 0 ? end : (last ?? Infinity);
        addTo(own, until, { start: sees(start), end: Number.isFinite(stop) ? sees(stop) : stop });
      }
    }
  }
  return new Map([...own].map(([until, ranges]) => [until, union(ranges)]));
}
