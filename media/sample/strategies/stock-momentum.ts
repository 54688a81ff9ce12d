import { CrossNode, csvHistory, neutralize, Node, rank, Strategy, Universe, weights } from 'seamless-dag';
import { first } from './lib/statistics';

/** Weeks over which momentum is measured, and the last of them, which do not count: what just rose tends to fall back. */
const WEEKS = 26;
const SKIPPED = 4;

/**
 * Momentum over 30 stocks, by the week. Each node over the universe is written once and exists for each symbol. A CrossNode sees all members
 * of the index at one bar: here it ranks them, and holds those on top against those at the bottom, the same in each sector.
 */
export class StockMomentum extends Strategy {
  readonly interval = '1w';

  setup() {
    const stocks = new Universe({
      name: 'stocks',
      history: csvHistory('data/stocks.csv'),
      // All symbols of the file. Stocks come and go, and a stock counts while it is in the index.
      symbol: 'ticker',
      members: csvHistory('data/index.csv'),
    });

    const momentum = new Node({
      name: 'momentum',
      input: stocks,
      period: WEEKS + 1,
      computeFn: (view) => {
        const close = view.window(stocks).column('close');
        return (close[WEEKS - SKIPPED] ?? Number.NaN) / first(close) - 1;
      },
    });

    // 1 for the stock that rose most.
    const place = new CrossNode({
      name: 'place',
      input: momentum,
      computeFn: (section) => rank(section.column(momentum), { descending: true }),
    });

    // Shares of the capital: as much long as short, 1 in all.
    const weight = new CrossNode({
      name: 'weight',
      input: [momentum, stocks],
      computeFn: (section) => {
        const apart = neutralize(section.column(momentum), section.values<string>(stocks, 'sector'));
        return weights(rank(apart), { neutral: true });
      },
    });

    this.addNodes([place, weight]);
  }
}
