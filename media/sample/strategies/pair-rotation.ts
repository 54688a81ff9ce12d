import { ema, Node, rollingCorrelation, rollingStd, sma, Strategy, StreamInput } from 'seamless-dag';
import { btcHours, btcMinutes, ethMinutes } from './lib/market';
import { clamp, logReturn, lowest, sum, zScore } from './lib/statistics';

/** Look-backs of the momentum factors, in bars of a minute. */
const LOOKBACKS = [15, 60, 240];

/** Minutes over which it is measured what is usual. */
const USUAL = 240;

/** Below this correlation the two symbols go their own ways, and their ratio says little. */
const LEAST_CORRELATION = -0.2;

/** What the strategy wants to hold from this minute on. */
interface Decision {
  readonly action: 'hold_btc' | 'hold_eth' | 'stay_in_cash';
  /** Percent of the capital in the symbol. */
  readonly targetPercent: number;
}

/**
 * Rotates between BTC and ETH by the minute. It buys the one that has become cheap against the other, unless momentum
 * says that this is no accident, and stays in cash while the market falls or the two have nothing to do with each other.
 *
 *     btc 1m, eth 1m ── ratio ── usualRatio, ratioSwing ── range ──────────────────────────┐
 *                └───── btcReturn, ethReturn ── correlation ─────────────────────────────────┤
 *                               └────────────── relativeReturn ── momentum15… ── momentum ───┼─ decision
 *     btc 1h ── hourlyTrend ── marketRises ──────────────────────────────────────────────────┤
 *     btc 1m, btc 1h ── holdsSupport ────────────────────────────────────────────────────────┘
 */
export class PairRotation extends Strategy {
  // A node that names no period looks at the last bar of each input.
  readonly period = 1;

  setup() {
    const btc = new StreamInput({ tags: ['BTC', '1m'], interval: '1m', historyProvider: btcMinutes });
    const eth = new StreamInput({ tags: ['ETH', '1m'], interval: '1m', historyProvider: ethMinutes });
    const btcHourly = new StreamInput({ tags: ['BTC', '1h'], interval: '1h', historyProvider: btcHours });

    // How many ETH a BTC buys, as a logarithm, so that a step up and the same step down cancel out.
    const ratio = new Node({
      name: 'ratio',
      input: [btc, eth],
      computeFn: (view) => Math.log(view.latest(btc).close / view.latest(eth).close),
    });

    // How far the ratio is from where it usually is. Above 0, BTC is dear and ETH is cheap.
    const usualRatio = sma({ name: 'usualRatio', input: ratio, period: USUAL });
    const ratioSwing = rollingStd({ name: 'ratioSwing', input: ratio, period: USUAL });
    const range = new Node({
      name: 'stretch',
      input: [ratio, usualRatio, ratioSwing],
      computeFn: (view) => zScore(view.latest(ratio), view.latest(usualRatio), view.latest(ratioSwing)),
    });

    // Do the two move together at all?
    const btcReturn = this.minuteReturn('btcReturn', btc);
    const ethReturn = this.minuteReturn('ethReturn', eth);
    const correlation = rollingCorrelation({
      name: 'correlation',
      input: [btcReturn, ethReturn],
      period: 120,
    });

    // By how much BTC did better, and how much that varies.
    const relativeReturn = new Node({
      name: 'relativeReturn',
      input: [btcReturn, ethReturn],
      computeFn: (view) => view.latest(btcReturn) - view.latest(ethReturn),
    });
    const relativeVolatility = rollingStd({
      name: 'relativeVolatility',
      input: relativeReturn,
      period: USUAL,
    });

    // Momentum over several look-backs. Volatility grows with the root of time, which makes them comparable.
    const factors = LOOKBACKS.map(
      (minutes) =>
        new Node({
          name: `momentum${minutes}`,
          input: [relativeReturn, relativeVolatility],
          period: [minutes, 1],
          computeFn: (view) => {
            const gained = sum(view.window(relativeReturn).column());
            return zScore(gained, 0, view.latest(relativeVolatility) * Math.sqrt(minutes));
          },
        }),
    );
    const momentum = new Node({
      name: 'momentum',
      input: factors,
      computeFn: (view) => sum(factors.map((factor) => view.latest(factor))) / factors.length,
    });

    // The market as a whole, by the hour: BTC above its average of a day.
    const hourlyTrend = ema({ name: 'hourlyTrend', input: btcHourly, span: 24 });
    const marketRises = new Node({
      name: 'marketRises',
      input: [btcHourly, hourlyTrend],
      computeFn: (view) => view.latest(btcHourly).close > view.latest(hourlyTrend),
    });

    // Two clocks in one node: it fires each minute, and sees the hours that have closed by then.
    const holdsSupport = new Node({
      name: 'holdsSupport',
      input: [btc, btcHourly],
      interval: '1m',
      period: [60, 3],
      computeFn: (view) => {
        const support = lowest(view.window(btcHourly).column('low'));
        return lowest(view.window(btc).column('low')) >= support;
      },
    });

    const decision = new Node<Decision>({
      name: 'decision',
      input: [range, momentum, correlation, marketRises, holdsSupport],
      interval: '1m',
      computeFn: (view) => {
        const together = view.latest(correlation) >= LEAST_CORRELATION;
        if (!view.latest(marketRises) || !view.latest(holdsSupport) || !together) {
          return { action: 'stay_in_cash', targetPercent: 0 };
        }
        // Above 0 speaks for ETH: it is cheap, and not on its way to become cheaper.
        const score = view.latest(range) - view.latest(momentum);
        const targetPercent = Math.round(clamp(50 * Math.abs(score), 0, 100));
        return { action: score > 0 ? 'hold_eth' : 'hold_btc', targetPercent };
      },
    });

    this.addNodes([decision]);
  }

  private minuteReturn(name: string, price: StreamInput) {
    return new Node({
      name,
      input: price,
      period: 2,
      computeFn: (view) => logReturn(view.window(price).column('close')),
    });
  }
}
