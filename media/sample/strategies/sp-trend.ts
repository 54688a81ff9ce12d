import { csvHistory, Node, rollingStd, sma, Strategy, StreamInput } from 'seamless-dag';
import { logReturn } from './lib/statistics';

const TRADING_DAYS = 252;

/** The volatility a year that the strategy wants to carry: 10 %. */
const TARGET_VOLATILITY = 0.1;

/**
 * Trend following on the S&P 500, by the day. It is invested while the 50-day average is above the 200-day one, with less
 * money the more the market swings, so that the risk stays about the same.
 */
export class SpTrend extends Strategy {
  // What nodes have that name none: bars of a day, and a look at the last bar of each input.
  readonly interval = '1d';
  readonly period = 1;

  setup() {
    const price = new StreamInput({
      tags: ['SPX', 'price'],
      historyProvider: csvHistory('data/sp500-2000.csv'),
    });

    const fast = sma({ name: 'fast', input: price, period: 50 });
    const slow = sma({ name: 'slow', input: price, period: 200 });
    const trend = new Node({
      name: 'trend',
      input: [fast, slow],
      computeFn: (view) => (view.latest(fast) > view.latest(slow) ? 'up' : 'down'),
    });

    const dailyReturn = new Node({
      name: 'dailyReturn',
      input: price,
      period: 2,
      computeFn: (view) => logReturn(view.window(price).column('close')),
    });
    const dailyVolatility = rollingStd({ name: 'dailyVolatility', input: dailyReturn, period: 20 });

    // Share of the capital to invest, from 0 to 1.
    const weight = new Node({
      name: 'weight',
      input: [trend, dailyVolatility],
      computeFn: (view) => {
        if (view.latest(trend) === 'down') return 0;
        const volatility = view.latest(dailyVolatility) * Math.sqrt(TRADING_DAYS);
        return Math.min(1, TARGET_VOLATILITY / volatility);
      },
    });

    // All that a node depends on is added with it.
    this.addNodes([weight]);
    // For worlds: the share of the capital to hold, and what is held. Materializing takes no notice of it.
    this.trade(weight, price);
  }
}
