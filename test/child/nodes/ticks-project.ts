const STRATEGY = `
import { barsOf, csvHistory, Node, sma, Strategy, StreamInput } from 'seamless-dag';

export class Main extends Strategy {
  setup(): void {
    const ticks = new StreamInput({ tags: ['ticks'], interval: 'tick', historyProvider: csvHistory('ticks.csv') });
    const quotes = new StreamInput({ tags: ['quotes'], interval: 'tick', historyProvider: csvHistory('quotes.csv') });
    const bars = barsOf({ name: 'bars', input: ticks, interval: '1m', columns: { fee: 'sum' } });
    const days = barsOf({ name: 'days', input: ticks, interval: '1d', calendar: 'XNYS' });
    const mids = barsOf({ name: 'mids', input: quotes, interval: '5m', price: 'mid' });
    const flow = barsOf({
      name: 'flow',
      input: ticks,
      interval: '1m',
      reduce: (all, { open, close }) => ({
        buys: all.values('side').filter((side) => side === 'buy').length,
        last: all.row(-1).id,
        inside: all.ts[0] >= open && all.ts[all.length - 1] < close,
      }),
    });
    const lately = new Node({ name: 'lately', input: ticks, interval: '1m', period: '90s', computeFn: (view) => view.window(ticks).length });
    const fast = sma({ name: 'fast', input: bars, period: 3 });
    this.addNodes([bars, days, mids, flow, lately, fast]);
  }
}
`;

export interface Tick {
  /** Microseconds. */
  readonly time: number;
  readonly price: number;
  readonly qty: number;
  readonly side: string;
  readonly fee: number;
  readonly id: number;
}

export const START = Date.parse('2024-03-04T13:00:00Z') * 1000;
/** A microsecond before a bar, at its open, and several at once. */
const STEPS = [0, 0, 1, 250_000, 999_999, 7_000_000, 0, 63_000_000];

function made(count: number, from = 0): Tick[] {
  let time = START;
  return Array.from({ length: from + count }, (_, id): Tick => {
    time += STEPS[(id * 7919) % STEPS.length] as number;
    if (id % 50 === 49) time += 60_000_000 - (time % 60_000_000);
    const price = 100 + ((id * 37) % 101) / 8;
    return { time, price, qty: id % 9, side: id % 3 ? 'buy' : 'sell', fee: (id % 4) / 4, id };
  }).slice(from);
}

export const line = ({ time, price, qty, side, fee, id }: Tick): string =>
  `${time},${price},${qty},${side},${fee},${id}\n`;
export const HEAD = 'time,price,qty,side,fee,id\n';
const QUOTES = `Gmt time,Ask,Bid\n04.03.2024 14:30:00.001,11,10\n04.03.2024 14:31:00.500,13,12\n04.03.2024 14:40:00.000,9,8\n`;

export const ticks = made(4000);
export const files = {
  'main.ts': STRATEGY,
  'ticks.csv': HEAD + ticks.map(line).join(''),
  'quotes.csv': QUOTES,
};
export const all = { start: START / 1e6 - 3600, end: START / 1e6 + 10 * 86_400 };
