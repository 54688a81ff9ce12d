import fc from 'fast-check';

import { calendarSlots } from '../../../src/engine/calendar/calendars.js';
import type { Calendar } from '../../../src/sdk/time/calendar.js';
import { plainGrid, type Grid } from '../../../src/sdk/time/grid.js';
import { parseInterval } from '../../../src/sdk/time/time.js';

/** What the bars of a strategy follow, and the slower intervals of its nodes. */
export interface Hours {
  readonly name: string;
  readonly calendar: Calendar;
  readonly interval: string;
  readonly slower: readonly string[];
  /** When the feed begins. */
  readonly feedFrom: string;
}

export const MINUTES: Hours = {
  name: 'minutes',
  calendar: '24/7',
  interval: '1m',
  slower: ['5m', '15m', '1h'],
  feedFrom: '2023-03-01T10:00Z',
};

/** Each feed goes over what is odd: a holiday and a half day, a change of clocks, a year's end. */
export const CALENDARS: readonly Hours[] = [
  {
    name: 'half hours of New York, over Thanksgiving',
    calendar: 'XNYS',
    interval: '30m',
    slower: ['1h', '1d', '1w'],
    feedFrom: '2024-11-26T14:30Z',
  },
  {
    name: 'hours of foreign exchange, where New York puts its clocks back',
    calendar: 'FX',
    interval: '1h',
    slower: ['1d', '1w'],
    feedFrom: '2024-10-31T16:00Z',
  },
  {
    name: 'hours of sessions in Berlin, where clocks go forward',
    calendar: {
      zone: 'Europe/Berlin',
      session: { open: '09:00', close: '17:30' },
      holidays: ['2025-04-01'],
      halfDays: { '2025-04-02': '12:15' },
    },
    interval: '1h',
    slower: ['1d', '1w', '1M'],
    feedFrom: '2025-03-27T08:00Z',
  },
  {
    name: 'days of London over a new year',
    calendar: 'XLON',
    interval: '1d',
    slower: ['1w', '1M'],
    feedFrom: '2024-11-01T08:00Z',
  },
];

export function gridOfHours({ calendar, interval }: Hours): Grid {
  const seconds = parseInterval(interval);
  return { ...plainGrid(seconds), calendar: calendarSlots(calendar, seconds) };
}

/** The streams of every strategy here; the first is what it trades. */
export const STREAMS = ['BTC', 'ETH'] as const;

/** How a node is made: from which nodes before it, how far it looks back, how much slower it is than the streams, and what it gives. */
const nodeDraw = fc.record({
  picks: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
  period: fc.constantFrom(1, 2, 5, 20),
  slower: fc.constantFrom(0, 0, 0, 1, 2, 3),
  gives: fc.constantFrom<Gives>('number', 'number', 'record', 'text', 'odd', 'nulls', 'none'),
  kind: fc.constantFrom<Kind>('node', 'node', 'node', 'scan', 'sma', 'ema'),
  seed: fc.integer({ min: 1, max: 1000 }),
});

/** `odd`: not a number, and −0; `none`: some bars have no row. */
type Gives = 'number' | 'record' | 'text' | 'odd' | 'nulls' | 'none';
type Kind = 'node' | 'scan' | 'sma' | 'ema';
type NodeDraw = typeof nodeDraw extends fc.Arbitrary<infer T> ? T : never;

const GIVEN: Readonly<Record<Gives, string>> = {
  number: 'sum / 7',
  record: '{ value: sum / 3, up: sum % 2 === 0 }',
  text: "sum % 3 === 0 ? 'a' : 'bc'",
  odd: 'sum % 5 === 0 ? Number.NaN : sum % 5 === 1 ? -0 : sum',
  nulls: 'sum % 4 === 0 ? null : sum',
  none: 'sum % 4 === 0 ? undefined : sum',
};

/** A strategy of random nodes over two streams, as its author would write it. Its last node is what it trades by. */
export const strategyArbitrary = (hours: Hours): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(nodeDraw, { minLength: 2, maxLength: 8 }), fc.constantFrom(2, 3, 5))
    .map(([draws, levels]) => strategyText(hours, draws, levels));

function strategyText(hours: Hours, draws: readonly NodeDraw[], levels: number): string {
  const { calendar, interval } = hours;
  const made = draws.map((draw, index) => nodeText(draw, index, hours));
  const days = `interval: '${interval}', calendar: ${JSON.stringify(calendar)}`;
  const names = ['btc', 'eth', ...draws.map((_, index) => `n${index}`)];
  const last = `n${draws.length - 1}`;
  return `import { csvHistory, ema, Node, ScanNode, sma, Strategy, StreamInput } from 'seamless-dag';

/** Anything that a window holds, as a whole number: whatever is another bit gives another one. */
function mixed(seed: number, values: Iterable<unknown>): number {
  let sum = seed;
  for (const value of values) for (const letter of String(Object.is(value, -0) ? '-0' : value)) sum = (sum * 31 + letter.charCodeAt(0)) % 1000003;
  return sum;
}

export class Momentum extends Strategy {
  setup(): void {
    const btc = new StreamInput({ tags: ['BTC'], ${days}, historyProvider: csvHistory('btc.csv') });
    const eth = new StreamInput({ tags: ['ETH'], ${days}, historyProvider: csvHistory('eth.csv') });
${made.map((text) => `    ${text}\n`).join('')}    const weight = new Node({ name: 'weight', input: [btc, ${last}], period: 1, interval: '${interval}', computeFn: (view) => {
      const sum = mixed(3, [view.latest(btc).close, JSON.stringify(view.window(${last}).values('value'))]);
      return sum % 4 === 0 ? null : (sum % ${levels}) / ${levels} - 0.3;
    } });
    this.addNodes([${names.join(', ')}, weight]);
    this.trade(weight, btc);
  }
}
`;
}

function nodeText(draw: NodeDraw, index: number, hours: Hours): string {
  const { picks, period, gives, kind, seed } = draw;
  const intervals = [hours.interval, ...hours.slower];
  const interval = intervals[Math.min(draw.slower, hours.slower.length)] as string;
  const before = ['btc', 'eth', ...Array.from({ length: index }, (_, at) => `n${at}`)];
  const inputs = [...new Set(picks.map((pick) => before[pick % before.length] as string))];
  const name = `n${index}`;
  // Built-ins take numbers: those of a stream.
  if (kind === 'sma' || kind === 'ema') {
    const stream = picks[0] === undefined || picks[0] % 2 === 0 ? 'btc' : 'eth';
    return `const ${name} = ${kind}({ name: '${name}', input: ${stream}, column: 'close', ${kind === 'ema' ? 'span' : 'period'}: ${period + 1} });`;
  }
  const reads = inputs.map((input) => {
    const column = input === 'btc' || input === 'eth' ? 'close' : 'value';
    return `...view.window(${input}).values('${column}')`;
  });
  const about = `name: '${name}', input: [${inputs.join(', ')}], period: ${period}, interval: '${interval}', calendar: ${JSON.stringify(hours.calendar)}`;
  const sum = `const sum = mixed(${seed}, [${reads.join(', ')}]);`;
  if (kind === 'node')
    return `const ${name} = new Node({ ${about}, computeFn: (view) => { ${sum} return ${GIVEN[gives]}; } });`;
  return `const ${name} = new ScanNode<number, unknown>({ ${about}, init: () => ${seed}, step: (state, view) => { ${sum.replace(`${seed}, [`, 'state, [')} return { state: sum, value: ${GIVEN[gives]} }; } });`;
}
