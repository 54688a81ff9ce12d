// Slow (20 s): whole runs of the Core Loop.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';

import type { RunEvent, SubmitOptions } from '../../src/sdk/live/live.js';
import { minute, type Project } from '../support/project.js';
import { installCcxtPro, type Candle, type Script, type Step } from './ccxt-exchange.js';
import { bar, inParity, OHLC_HEADER, ohlcLines, only, project, start } from './support.js';

const HISTORY = 500;
const BARS = 120;
const SYMBOL = 'BTC/USDT';
const MINUTE = 60_000;

const at = (i: number): number => minute(i) * 1000;
const whole = (i: number): Candle => {
  const { open, high, low, close, volume } = bar(i);
  return [at(i), open, high, low, close, volume];
};
/** As it is soon after its open. */
const begun = (i: number): Candle => [at(i), bar(i).open, bar(i).open, bar(i).open, bar(i).open, 0];
const says = (i: number, seconds: number, ...candles: readonly Candle[]): Step => ({
  time: at(i) + seconds * 1000,
  says: candles,
});
/** A candle as it opens, and as it closes. */
const usual = (i: number): Step[] => [says(i, 1, begun(i)), says(i, 59, whole(i))];
const usualFrom = (from: number, to: number): Step[] =>
  Array.from({ length: to - from }, (_, i) => usual(from + i)).flat();

function script(steps: readonly Step[], from = HISTORY): Script {
  const history = Array.from({ length: HISTORY + BARS + 100 }, (_, i) => whole(i));
  return { time: at(from), steps: { [SYMBOL]: steps }, history: { [SYMBOL]: history } };
}

const TWO = `
import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';

export class Momentum extends Strategy {
  setup(): void {
    const btc = new StreamInput({ name: 'BTC', interval: '1m', historyProvider: csvHistory('bars.csv') });
    const eth = new StreamInput({ name: 'ETH', interval: '1m', historyProvider: csvHistory('eth.csv') });
    const both = new Node({ name: 'both', input: [btc, eth], period: [3, 2], interval: '1m', computeFn: (view) =>
      view.window(btc).column('close')[0] - view.window(eth).column('close')[0] });
    this.addNodes([btc, eth, both]);
  }
}
`;

describe('a feed through ccxt', () => {
  let here: Project;
  beforeEach(() => {
    here = project({ 'bars.csv': OHLC_HEADER + ohlcLines(0, HISTORY) });
    world();
  });
  afterEach(() => here.remove());

  const world = (feed = `exchange: paper, symbol: ${SYMBOL}`, more = '') =>
    here.write({ 'worlds/ccxt.yaml': `mode: paper\nfeed: { kind: ccxt, ${feed} }\n${more}` });

  /** Runs until so many bars have been taken in; then it is stopped. */
  async function runUntil(bars: number, options: Partial<SubmitOptions> = {}) {
    const run = await start(here, { world: 'ccxt', ...options });
    const events: RunEvent[] = [];
    for await (const event of run.events) {
      events.push(event);
      if (event.type === 'bar' && only(events, 'bar').length === bars) void run.stop();
    }
    await run.result;
    return { run, events };
  }

  const assertBars = (events: readonly RunEvent[], count: number) =>
    assert.deepEqual(
      only(events, 'bar').map(({ ts, row }) => [ts, { ...row }]),
      Array.from({ length: count }, (_, i) => [minute(HISTORY + i), bar(HISTORY + i)]),
    );

  it('gives each bar once it has closed, and says what materialization says', async () => {
    installCcxtPro(here.root, script(usualFrom(HISTORY, HISTORY + BARS + 1)));
    const { run, events } = await runUntil(BARS);
    assertBars(events, BARS);
    assert.equal(only(events, 'late').length + only(events, 'gap').length, 0);
    await inParity(here, run.id, 3 * BARS);
  });

  it('has what was missed before it began, and while the line was broken', async () => {
    const steps = [
      ...usualFrom(HISTORY + 20, HISTORY + 30),
      says(HISTORY + 30, 1, begun(HISTORY + 30)),
      { fails: 'NetworkError' },
      { fails: 'ExchangeError' },
      ...usualFrom(HISTORY + 40, HISTORY + BARS + 1),
    ];
    installCcxtPro(here.root, script(steps));
    const { run, events } = await runUntil(BARS);
    assertBars(events, BARS);
    await inParity(here, run.id, 3 * BARS);
  });

  it('leaves out what is no candle, and takes what is said again', async () => {
    const i = HISTORY + 10;
    const steps: Step[] = [
      ...usualFrom(HISTORY, i),
      { says: null },
      { says: [null, 3, [], ['x', 1, 1, 1, 1, 1]] },
      says(i, 5, [at(i), 1, 1, null, 1, 1]),
      says(i, 6, [at(i) + 1, 1, 1, 1, 1, 1], [at(i), 1, 1, 1, '1', 1]),
      says(i, 7, [at(i) + 1e12, 1, 1, 1, 1, 1]),
      // All that ccxt keeps, again and again.
      ...Array.from({ length: BARS - 9 }, (_, n) =>
        says(
          i + n,
          59,
          ...Array.from({ length: Math.min(n + 10, 40) }, (__, back) => whole(i + n - back)).reverse(),
        ),
      ),
    ];
    installCcxtPro(here.root, script(steps));
    const { run, events } = await runUntil(BARS);
    assertBars(events, BARS);
    assert.equal(only(events, 'late').length, 0);
    await inParity(here, run.id, 3 * BARS);
  });

  it('gives a bar when grace expires, with the numbers that it closed with, and no bar before', async () => {
    const last = HISTORY + 20;
    const steps = [
      ...usualFrom(HISTORY, last),
      says(last, 1, begun(last)),
      // 64 s after its open it might still be said otherwise.
      { time: at(last) + MINUTE + 4000, says: [begun(last)] },
      { time: at(last) + MINUTE + 5000, says: [begun(last)] },
    ];
    installCcxtPro(here.root, script(steps));
    const { events } = await runUntil(21);
    assertBars(events, 21);
    assert.equal(only(events, 'late').length, 0);
  });

  it('is connected again where nothing is heard, and a run that goes on has what came since', async () => {
    world(`exchange: paper, symbol: ${SYMBOL}, silence: 1s`);
    const steps = [
      ...usualFrom(HISTORY, HISTORY + 20),
      { silent: true },
      { silent: true },
      ...usualFrom(HISTORY + 30, HISTORY + 51),
    ];
    installCcxtPro(here.root, script(steps));
    const { run, events } = await runUntil(50);
    assertBars(events, 50);
    assert.ok(existsSync(here.path('node_modules/ccxt/closed')));
    installCcxtPro(here.root, script(usualFrom(HISTORY + 70, HISTORY + BARS + 1), HISTORY + 70));
    const again = await runUntil(BARS, { resume: run.id });
    assertBars(again.events, BARS);
    // An end that it went on from keeps its numbers.
    assert.deepEqual(
      again.events.map(({ seq }) => seq),
      again.events.map((_, i) => i + 1),
    );
    await inParity(here, run.id, 3 * BARS);
  });

  it('gives the bars of several streams in one order, each with its own symbol', async () => {
    const behind = 5;
    here.write({
      'main.ts': TWO,
      'eth.csv': OHLC_HEADER + ohlcLines(0, HISTORY - behind),
    });
    world(`exchange: paper, symbol: { BTC: ${SYMBOL}, ETH: ETH/USDT }`, 'late: { grace: 60s }\n');
    const { time, steps, history } = script(usualFrom(HISTORY, HISTORY + BARS + 1));
    const both = <T>(each: Readonly<Record<string, T>>) => ({ ...each, 'ETH/USDT': each[SYMBOL] as T });
    installCcxtPro(here.root, { time, steps: both(steps), history: both(history) });
    const { run, events } = await runUntil(2 * BARS);
    assert.equal(only(events, 'late').length + only(events, 'gap').length, 0);
    const bars = only(events, 'bar');
    for (const stream of ['BTC', 'ETH']) {
      const times = bars.filter((each) => each.stream === stream).map(({ ts }) => ts);
      assert.deepEqual(
        times,
        times.map((_, i) => minute(HISTORY - behind + i)),
      );
    }
    await inParity(here, run.id, BARS);
  });

  for (const [what, feed, sentence] of [
    [
      'an unknown exchange',
      `exchange: papr, symbol: ${SYMBOL}`,
      /ccxt has no exchange papr: did you mean paper/,
    ],
    [
      'one without a WebSocket',
      `exchange: old, symbol: ${SYMBOL}`,
      /has no WebSocket for old: run "npm install ccxt@latest" in/,
    ],
    [
      'one without candles',
      `exchange: deaf, symbol: ${SYMBOL}`,
      /deaf \(ccxt\) gives no candles over a WebSocket/,
    ],
    [
      'an unknown symbol',
      'exchange: paper, symbol: BTC/USD',
      /has no symbol BTC\/USD: did you mean BTC\/USDT\?/,
    ],
    [
      'a stream without a symbol',
      `exchange: paper, symbol: { BCT: ${SYMBOL} }`,
      /no symbol for BTC, but for BCT: write one for each stream, such as "symbol: \{ BTC: BTC\/USDT \}"/,
    ],
  ] as const) {
    it(`refuses ${what}`, async () => {
      installCcxtPro(here.root, script([]));
      world(feed);
      await assert.rejects(start(here, { world: 'ccxt' }), sentence);
    });
  }

  it('needs the package, and says how to install it; what was wrong with the key, and that nobody answers', async () => {
    await assert.rejects(
      start(here, { world: 'ccxt' }),
      /The feed of world ccxt: it needs the package ccxt, which is not installed in this project: run "npm install ccxt" in /,
    );
    installCcxtPro(here.root, script([{ fails: 'AuthenticationError' }]));
    await assert.rejects(
      start(here, { world: 'ccxt' }),
      /refuses to answer without a key \(the line broke\)/,
    );
    installCcxtPro(here.root, script([{ fails: 'NetworkError' }]));
    await assert.rejects(
      start(here, { world: 'ccxt' }),
      /paper \(ccxt\), cannot be reached: the line broke\. Check the network/,
    );
  });
});
