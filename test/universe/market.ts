import type { Files } from '../support/project.js';

/** Days since 2020-01-01. */
export function day(index: number): number {
  return Date.UTC(2020, 0, 1 + index) / 1000;
}

/** A row of a long table. */
export interface Quote {
  readonly day: number;
  readonly ticker: string;
  readonly close: number;
  readonly volume: number;
}

/** From when to when each symbol is listed, and about which share of its days it has no row of. */
const LISTED: Readonly<Record<string, readonly [from: number, to: number, holes: number]>> = {
  AAA: [0, 160, 0],
  BBB: [0, 160, 0.1],
  LATE: [70, 160, 0],
  GONE: [0, 90, 0],
  SHORT: [100, 112, 0],
  '0007': [0, 160, 0.3],
};

export const SYMBOLS = Object.keys(LISTED);

export const SECTORS: Readonly<Record<string, string>> = {
  AAA: 'tech',
  BBB: 'tech',
  LATE: 'tech',
  GONE: 'oil',
  SHORT: 'oil',
  '0007': 'oil',
  RENAMED: 'tech',
};

/** A seeded market: prices are a number of their own for each symbol and day. */
export function market(): Quote[] {
  return SYMBOLS.flatMap((ticker, at) => {
    const [from, to, holes] = LISTED[ticker] as readonly [number, number, number];
    let state = at + 1;
    const next = (): number => {
      // Park and Miller's generator.
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    let close = 50 + 10 * at;
    const quotes: Quote[] = [];
    for (let index = from; index < to; index++) {
      close *= 1 + (next() - 0.5) / 20;
      const missing = next() < holes && index > from;
      if (!missing) quotes.push({ day: index, ticker, close, volume: Math.round(next() * 1000) });
    }
    return quotes;
  });
}

export function csvOf(quotes: readonly Quote[]): string {
  const lines = quotes.map(
    ({ day: index, ticker, close, volume }) =>
      `${new Date(day(index) * 1000).toISOString().slice(0, 10)},${ticker},${close},${volume}`,
  );
  return `date,ticker,close,volume\n${lines.join('\n')}\n`;
}

/** The same rows with symbols mixed day by day, and symbol by symbol in an order. */
export function dayByDay(quotes: readonly Quote[]): Quote[] {
  return [...quotes].sort((a, b) => a.day - b.day);
}

export function reversedSymbols(quotes: readonly Quote[]): Quote[] {
  const order = [...new Set(quotes.map(({ ticker }) => ticker))].reverse();
  return order.flatMap((ticker) => quotes.filter((quote) => quote.ticker === ticker));
}

/** Factors per symbol in both forms, cross-sections, and what reads them. */
export function strategyOf(history: string): string {
  return `import { columns, CrossNode, neutralize, Node, rank, sma, Strategy, Universe, weights, zscore, csvHistory, parquetHistory, sqlHistory } from 'seamless-dag';

const SECTORS: Record<string, string> = ${JSON.stringify(SECTORS)};

export class Factors extends Strategy {
  setup() {
    const prices = new Universe({ name: 'prices', interval: '1d', history: ${history}, symbol: 'ticker', symbols: ${JSON.stringify(SYMBOLS)} });
    const mom = new Node({ name: 'mom', input: prices, period: 11, computeFn: (view) => {
      const close = view.window(prices).column('close');
      return close[10]! / close[0]! - 1;
    } });
    const mean = sma({ name: 'mean', input: prices, period: 5 });
    const gap = new Node({ name: 'gap', input: [prices, mean], period: 1, computeFn: columns((series) => {
      const [at, means] = [series.of(prices), series.of(mean)];
      const [close, average] = [at.column('close'), means.column()];
      return Float64Array.from(at.end, (end, i) => close[end - 1]! - average[means.end[i]! - 1]!);
    }) });
    const place = new CrossNode({ name: 'place', input: mom, computeFn: (section) => rank(section.column(mom)) });
    const score = new CrossNode({ name: 'score', input: [mom, gap], computeFn: (section) => zscore(section.column(mom)) });
    const pure = new CrossNode({ name: 'pure', input: mom, computeFn: (section) =>
      neutralize(section.column(mom), section.symbols.map((symbol) => SECTORS[symbol])) });
    const breadth = new CrossNode({ name: 'breadth', input: prices, gives: 'one', computeFn: (section) => section.length });
    const hold = new CrossNode({ name: 'hold', input: score, computeFn: (section) => weights(section.column(score)) });
    const share = new Node({ name: 'share', input: [place, breadth], period: 1, computeFn: (view) => view.latest(place) / view.latest(breadth) });
    this.addNodes([share, pure, hold]);
  }
}
`;
}

export function projectOf(quotes: readonly Quote[]): Files {
  return { 'prices.csv': csvOf(quotes), 'main.ts': strategyOf("csvHistory('prices.csv')") };
}
