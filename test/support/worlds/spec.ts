import fc from 'fast-check';
import { MONTH, TICK } from '../../../src/sdk/time/time.js';
import { anchored, ceilTo, nextOpen, type Slots } from './slots.js';
import { EMITS, mixNumber, valueFrom, type Emits, type Row } from './values.js';

/** Bars begin here, on every grid without a phase; a few hours are enough to have every kind of boundary. */
export const ORIGIN = 1_700_006_400;
export const MINUTES = 240;

/** Seconds. */
const INTERVALS = [60, 120, 300, 600, 3600];

/** How long a world's minute is: in a world of days, the slower intervals are months and quarters. */
export type Scale = 'minutes' | 'days' | 'calendars' | 'ticks';

export const UNITS: Readonly<Record<Scale, number>> = {
  minutes: 60,
  days: 86_400,
  calendars: 43_200,
  ticks: 1,
};

/** The symbol of a family's node; `all`: it computes the section of all. */
type Symbol = 'A' | 'B' | 'C' | 'all';

export interface StreamSpec extends Slots {
  readonly kind: 'stream';
  /** Null: it is in no family. Whose a node is decides what is computed together, and nothing else. */
  readonly symbol: Symbol | null;
  /** Null: the source has a phase. */
  readonly anchor: string | null;
  /** Seconds of a minute of its world. */
  readonly unit: number;
  readonly leastHistory: number;
  /** The source is said to have no more bars before; null: nothing is said. */
  readonly completeUntil: number | null;
  readonly emits: Emits;
  /** Reading a part costs as much as reading all, so all is read at once. */
  readonly whole: boolean;
  /** The source can tell whether it has changed. */
  readonly tells: boolean;
  /** What the source holds. */
  readonly rows: readonly Row[];
}

/** What an edit of its function changes about a node. */
export interface Code {
  /** Another seed, other values. */
  readonly seed: number;
  /** Bars that close before this give the values of seed 0; null: all give those of the seed. */
  readonly since: number | null;
  /** Another text of the same meaning. */
  readonly text: number;
  /** The bar that throws, by its close. */
  readonly failsAt: number | null;
  /** About one bar of so many throws, by what is in its windows; 0: none. */
  readonly failsOn: number;
}

export type ScanKind = 'sum' | 'mean' | 'position' | 'tail';

export interface InputSpec {
  readonly node: number;
  readonly period: number;
  readonly inTime: boolean;
  /** Its bar in the slot itself is looked at, and may be missing. */
  readonly gather: boolean;
}

export interface NodeSpec extends Slots {
  readonly kind: 'node';
  readonly symbol: Symbol | null;
  /** Null: its grid is that of an input, or the usual one. */
  readonly anchor: string | null;
  /** Seconds of a minute of its world. */
  readonly unit: number;
  /** In time: the window is counted in the time of that many bars, and one bar in it is enough. */
  readonly inputs: readonly InputSpec[];
  readonly emits: Emits;
  readonly reads: 'all' | 'last';
  /** It tells so many cases apart, so that other inputs often give the same; 0: all. */
  readonly coarse: number;
  /** About one bar of so many has no row; 0: all have. */
  readonly sparse: number;
  readonly scan: ScanKind | null;
  /** False: no fingerprint can vouch for it, so it is computed in each run. */
  readonly hashable: boolean;
  readonly code: Code;
}

export type Spec = StreamSpec | NodeSpec;

/** What follows a calendar in a world of calendars. */
const calendarArbitrary = fc.constantFrom<Slots['calendar'][]>('session', 'session', 'evening', null);

/** How many days or months later than usual slots open. */
const laterArbitrary = fc.constantFrom(0, 0, 1, 2, 5);

const streamArbitrary = fc.record({
  symbol: fc.constantFrom<(Symbol | null)[]>(null, 'A', 'B', 'C'),
  interval: fc.constantFrom(60, 60, ...INTERVALS),
  phase: fc.constantFrom(0, 0, 0, 30, 120),
  leastHistory: fc.constantFrom(1, 1, 2, 4),
  emits: fc.constantFrom<Emits>('number', 'number', 'record', 'text'),
  whole: fc.boolean(),
  tells: fc.constantFrom(true, true, true, false),
  holes: fc.constantFrom(0, 0.1, 0.4, 0.7),
  late: fc.constantFrom(0, 0, 0, 40),
  until: fc.constantFrom(null, null, null, 90, MINUTES, MINUTES + 17),
  seed: fc.nat(1e6),
  calendar: calendarArbitrary,
  later: laterArbitrary,
});

const nodeArbitrary = fc.record({
  symbol: fc.constantFrom<(Symbol | null)[]>(null, null, 'A', 'B', 'C', 'all'),
  interval: fc.constantFrom(60, 60, ...INTERVALS),
  picks: fc.array(fc.tuple(fc.nat(), fc.constantFrom(1, 1, 2, 3, 6), fc.constantFrom(false, false, true)), {
    minLength: 1,
    maxLength: 3,
  }),
  emits: fc.constantFrom<Emits>('number', ...EMITS),
  reads: fc.constantFrom('all' as const, 'all' as const, 'last' as const),
  coarse: fc.constantFrom(0, 0, 2, 5),
  sparse: fc.constantFrom(0, 0, 0, 2, 5),
  scan: fc.constantFrom<(ScanKind | null)[]>(null, null, null, null, 'sum', 'mean', 'position', 'tail'),
  hashable: fc.constantFrom(true, true, true, true, true, true, true, true, false),
  seed: fc.nat(2),
  failsOn: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 150),
  gathers: fc.constantFrom(false, false, true),
  calendar: calendarArbitrary,
  later: laterArbitrary,
});

type NodeDraw = typeof nodeArbitrary extends fc.Arbitrary<infer T> ? T : never;

type StreamDraw = typeof streamArbitrary extends fc.Arbitrary<infer T> ? T : never;

export interface WorldDraw {
  /** Minutes where it is not said. */
  readonly scale?: Scale;
  readonly streams: readonly (Omit<StreamDraw, 'until' | 'symbol' | 'calendar' | 'later'> &
    Partial<Pick<StreamDraw, 'until' | 'symbol' | 'calendar' | 'later'>>)[];
  readonly nodes: readonly (Omit<NodeDraw, 'gathers' | 'symbol' | 'calendar' | 'later'> &
    Partial<Pick<NodeDraw, 'gathers' | 'symbol' | 'calendar' | 'later'>>)[];
}

/** Any strategy and its sources. */
export const worldArbitrary = (scale: Scale): fc.Arbitrary<WorldDraw> =>
  fc.record({
    scale: fc.constant(scale),
    streams: fc.array(streamArbitrary, { minLength: 1, maxLength: 3 }),
    nodes: fc.array(nodeArbitrary, { minLength: 1, maxLength: 6 }),
  });

/** Hours of a day, days, weeks and months. */
const ON_CALENDARS: Readonly<Record<number, number>> = {
  60: 7200,
  120: 14_400,
  300: 86_400,
  600: 604_800,
  3600: MONTH,
};

/** Ten days become a month, and sixty a quarter. */
function scaled(seconds: number, scale: Scale): number {
  if (scale === 'minutes') return seconds;
  if (scale === 'ticks') return seconds / 60;
  if (scale === 'calendars') return ON_CALENDARS[seconds] as number;
  if (seconds >= 600) return (seconds === 600 ? 1 : 3) * MONTH;
  return (seconds / 60) * UNITS.days;
}

export function specsOf({ scale = 'minutes', streams, nodes }: WorldDraw): Spec[] {
  const unit = UNITS[scale];
  const specs: Spec[] = streams.map(
    ({
      holes,
      late,
      until = null,
      symbol = null,
      seed,
      calendar: days = null,
      later = 0,
      ...drawn
    }): StreamSpec => {
      // So many hours of UTC would take most of the time.
      const whole = days ?? (drawn.interval === 60 ? 'session' : null);
      const calendar = scale === 'calendars' ? whole : null;
      // Bars of seconds are among the ticks.
      const ticks = scale === 'ticks' && drawn.interval === 60;
      const interval = ticks ? TICK : scaled(drawn.interval, scale);
      const own = anchored({ interval, calendar }, later);
      const fixed = own.anchor !== null || interval % MONTH === 0 || calendar || ticks;
      const phase = fixed ? own.phase : Math.floor((drawn.phase / 60) * unit) % interval;
      const completeUntil = until === null ? null : ORIGIN + until * unit;
      const { anchor } = own;
      const spec = { ...drawn, symbol, interval, phase, calendar, anchor, completeUntil, unit };
      const rows = ticks ? drawnTicks(spec, holes, late, seed) : drawnRows(spec, holes, late, seed);
      return { kind: 'stream', ...spec, rows };
    },
  );
  for (const {
    picks,
    seed,
    failsOn,
    gathers = false,
    symbol = null,
    calendar: days = null,
    later = 0,
    ...drawn
  } of nodes) {
    const spec = { ...drawn, symbol, interval: scaled(drawn.interval, scale), unit };
    const inputs = picks.map(([pick, period, inTime]) => ({
      node: pick % specs.length,
      period,
      // Ticks cannot be counted.
      inTime: inTime || specs[pick % specs.length]?.interval === TICK,
      gather: gathers && spec.scan === null && specs[pick % specs.length]?.interval === spec.interval,
    }));
    const once = inputs.filter(({ node }, at) => inputs.findIndex((other) => other.node === node) === at);
    const joined = onOneGrid(once, specs);
    const like = joined.find(({ node }) => specs[node]?.interval === spec.interval);
    const calendar = scale === 'calendars' ? days : null;
    specs.push({
      kind: 'node',
      ...spec,
      calendar,
      ...anchored({ interval: spec.interval, calendar }, later),
      // An input as fast as the node decides which bars there are.
      ...(like && gridLike(specs[like.node] as Spec)),
      inputs: joined,
      code: { seed, since: null, text: 0, failsAt: null, failsOn },
    });
  }
  return specs;
}

/** Inputs without those whose bars are as long as those of one before, and open at other times: that is refused. */
function onOneGrid<T extends { readonly node: number }>(inputs: readonly T[], specs: readonly Spec[]): T[] {
  const grids = new Map<number, string>();
  return inputs.filter(({ node }) => {
    const { interval, phase, calendar } = specs[node] as Spec;
    const grid = `${phase} ${calendar}`;
    if ((grids.get(interval) ?? grid) !== grid) return false;
    grids.set(interval, grid);
    return true;
  });
}

function gridLike({ phase, calendar }: Spec): Pick<NodeSpec, 'phase' | 'calendar' | 'anchor'> {
  return { phase, calendar, anchor: null };
}

type Shape = Pick<StreamSpec, keyof Slots | 'emits' | 'unit'>;

function drawnRows(shape: Shape, holes: number, late: number, seed: number): Row[] {
  const rows: Row[] = [];
  const first = ceilTo(ORIGIN + late * shape.unit, shape);
  for (let ts = first; ts < ORIGIN + MINUTES * shape.unit; ts = nextOpen(ts, shape)) {
    const hash = mixNumber(seed, ts);
    if ((hash % 1000) / 1000 >= holes) rows.push({ ts, value: valueFrom(mixNumber(hash, 1), shape.emits) });
  }
  return rows;
}

/** Within a second: often at once, and on both sides of the borders of bars. */
const OFFSETS = [0, 0, 1, 250_000, 250_000, 250_001, 999_999];

function drawnTicks(shape: Shape, holes: number, late: number, seed: number): Row[] {
  const rows: Row[] = [];
  for (let second = ORIGIN + late * shape.unit; second < ORIGIN + MINUTES * shape.unit; second++) {
    const hash = mixNumber(seed, second);
    if ((hash % 1000) / 1000 < holes) continue;
    const offsets = OFFSETS.filter((_, at) => (hash >> at) % 3 === 0);
    for (const [at, offset] of offsets.entries())
      rows.push({
        ts: (second * 1e6 + offset) / 1e6,
        value: valueFrom(mixNumber(hash, at + 1), shape.emits),
      });
  }
  return rows;
}
