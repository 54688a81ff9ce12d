import assert from 'node:assert/strict';

import { plainGrid } from '../../src/sdk/time/grid.js';
import { minute, Project } from '../support/project.js';
import { exchange } from './exchange.js';
import { bar, OHLC_HEADER, ohlcLines, start } from './support.js';

const HISTORY = 100;
const BARS = 6;

/** A node that changes a built-in object at the close of one minute. */
function strategy(at: number, change: string): string {
  return `
import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';
const { max } = Math;
export class Momentum extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['BTC'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    this.addNodes([new Node({ name: 'n', input: price, period: 1, computeFn: (view) => {
      if (view.asOf === ${minute(at)}) ${change};
      return Math.max(view.latest(price).close, 0);
    } })]);
  }
}
`;
}

describe('a node that changes a built-in object in a slot of the Core Loop', () => {
  async function ends(change: string, at: number, why: RegExp): Promise<void> {
    const bars = Array.from({ length: BARS }, (_, i) => HISTORY + i).map((i) => ({
      stream: 'BTC',
      ts: minute(i),
      row: bar(i),
    }));
    // Slot by slot.
    const feed = await exchange(bars, plainGrid(60), new Map(), 30);
    const project = new Project({
      'main.ts': strategy(at, change),
      'bars.csv': OHLC_HEADER + ohlcLines(0, HISTORY),
      'worlds/ws.yaml': `mode: paper\nfeed: { kind: ws, url: '${feed.url}' }\n`,
    });
    try {
      const run = await start(project, { world: 'ws' });
      await assert.rejects(run.result, why);
    } finally {
      project.remove();
      await feed.close();
    }
  }

  it('ends the run where a function is another one', async () => {
    await ends('Math.max = () => 7', HISTORY + 2, /Node n changed Math\.max, which is built in/);
  });

  it('ends it at the end where that shows only at a closer look', async () => {
    const hidden = "Object.defineProperty(Math, 'max', { get: () => max, configurable: true })";
    await ends(hidden, HISTORY + BARS, /Node n changed Math\.max, which is built in/);
  });
});
