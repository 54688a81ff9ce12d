import assert from 'node:assert/strict';

import { parseWorld, placeOfWorld, worldsOf } from '../../src/live/world/load.js';
import { SeamlessError } from '../../src/sdk/errors.js';
import { Project } from '../support/project.js';

function refusal(text: string): string {
  try {
    parseWorld(text, 'worlds/w.yaml');
  } catch (error) {
    assert.ok(error instanceof SeamlessError);
    return error.message;
  }
  return assert.fail('It was not refused.');
}

describe('a world', () => {
  it('is safe by default', () => {
    const world = parseWorld('mode: paper\nfeed: { kind: replay }\n', 'w.yaml');
    assert.equal(world.allowLive, false);
    assert.deepEqual(world.limits, { gross: 1, maxWeight: 1, minNotional: 0, lot: 0 });
    assert.deepEqual(world.late, { grace: 5, bars: 'ignore' });
    assert.equal(world.activation, 'active');
  });

  const cases: readonly (readonly [string, string, RegExp])[] = [
    [
      'an unknown field',
      'mode: paper\nfeed: { kind: replay }\nlimit: 3\n',
      /^worlds\/w\.yaml:3: there is no field limit\. Did you mean limits\?$/,
    ],
    [
      'an unknown field deeper down',
      'mode: paper\nfeed: { kind: replay }\nfills:\n  feeBps: 1\n  slipageBps: 2\n',
      /:5: there is no field fills\.slipageBps\. Did you mean slippageBps/,
    ],
    [
      'an unknown field of a feed',
      'mode: paper\nfeed:\n  kind: ws\n  url: ws://localhost\n  tokenFron: X\n',
      /:5: there is no field feed\.tokenFron\. Did you mean tokenFrom/,
    ],
    [
      'a mode that is none',
      'mode: papr\nfeed: { kind: replay }\n',
      /:1: mode is "papr", but must be \("backtest" \| "paper" \| "live" \| "shadow"\)/,
    ],
    [
      'no mode',
      'capital: 3\n',
      /mode is missing: it must be \("backtest" \| "paper" \| "live" \| "shadow"\)/,
    ],
    ['what is not YAML', 'mode: paper\nfeed: { kind: replay\nlimits: [\n', /:\d+: this is not YAML: /],
    [
      'a number that is none',
      'mode: paper\nfeed: { kind: replay }\ncapital: much\n',
      /:3: capital is "much", but must be number/,
    ],
    [
      'a negative fee',
      'mode: paper\nfeed: { kind: replay }\nfills: { feeBps: -1 }\n',
      /:3: fills\.feeBps: .*>=0/,
    ],
    [
      'a time that is none',
      'mode: backtest\nstart: yesterday\nend: 2023-03-02\n',
      /:2: start: The time "yesterday" is not a time/,
    ],
    ['a backtest without a range', 'mode: backtest\n', /:1: a backtest needs start and end/],
    [
      'a backtest with a feed',
      'mode: backtest\nstart: 2023-03-01\nend: 2023-03-02\nfeed: { kind: replay }\n',
      /:4: a backtest reads history/,
    ],
    [
      'a range that ends before it starts',
      'mode: backtest\nstart: 2023-03-02\nend: 2023-03-01\n',
      /:3: its range ends/,
    ],
    [
      'paper with a range',
      'mode: paper\nfeed: { kind: replay }\nstart: 2023-03-02\n',
      /:3: start is for a backtest/,
    ],
    ['paper without a feed', 'mode: paper\n', /:1: paper needs a feed/],
    [
      'live without leave',
      'mode: live\nfeed: { kind: ws, url: "wss://x" }\n',
      /live trading is refused unless the world says "allowLive: true"/,
    ],
    [
      'a maker’s fee where no order rests',
      'mode: paper\nfeed: { kind: replay }\nfills:\n  makerFeeBps: -1\n',
      /:4: makerFeeBps is for orders that rest at a price: say "at: limit" in fills/,
    ],
    [
      'orders that rest in a live world',
      'mode: live\nallowLive: true\nfeed: { kind: ws, url: "wss://x" }\nfills: { at: limit }\n',
      /:4: a live world's orders are filled by its broker: say "at: nextOpen"/,
    ],
    [
      'what is done with late bars',
      'mode: paper\nfeed: { kind: replay }\nlate: { bars: recomptue }\n',
      /:3: late\.bars is "recomptue", but must be \("ignore" \| "sideOutput" \| "recompute"\)/,
    ],
    [
      'a feed that ends before it starts',
      'mode: paper\nfeed:\n  kind: replay\n  start: 2023-03-02\n  end: 2023-03-01\n',
      /:5: the feed ends \(2023-03-01\) before it starts \(2023-03-02\), so it has no bars\.$/,
    ],
    [
      'a list of allocations',
      'mode: paper\nfeed: { kind: replay }\nallocations: [1]\n',
      /:3: allocations has 0 in place of a strategy: write names of classes with their shares/,
    ],
    ['a list', '- mode: paper\n', /:1: it is a list, but must be fields, such as "name: value"\.$/],
    [
      'a map that is a number',
      'mode: paper\nfeed: { kind: replay }\nlimits: 3\n',
      /:3: limits is 3, but must be fields/,
    ],
    [
      'a map that is empty',
      'mode: paper\nfeed: { kind: replay }\nlimits:\n',
      /:3: limits is empty, but must be fields/,
    ],
    [
      'a number that is not whole',
      'mode: paper\nfeed: { kind: replay }\npolicy: { topK: 1.5 }\n',
      /:3: policy\.topK: must be a whole number, but is 1\.5\.$/,
    ],
    [
      'a field that is missing',
      'mode: paper\nfeed: { kind: ws }\n',
      /:2: feed\.url is missing: it must be string\.$/,
    ],
    ['made-up bars without an end', 'mode: paper\nfeed: { kind: demo }\n', /:2: made-up bars never end/],
  ];
  for (const [what, text, sentence] of cases) {
    it(`refuses ${what}, naming the line`, () => assert.match(refusal(text), sentence));
  }

  it('that is not there is refused with names like it', () => {
    const at = new Project({ 'worlds/paper-btc.yaml': 'mode: paper\nfeed: { kind: replay }\n' });
    try {
      assert.deepEqual(worldsOf(at.root), [{ name: 'paper-btc', mode: 'paper', problem: null, url: null }]);
      assert.throws(
        () => placeOfWorld(at.root, 'paper-bct'),
        /There is no world paper-bct\. Did you mean paper-btc\?/,
      );
      assert.throws(() => placeOfWorld(at.root, '../x'), /There is no world/);
    } finally {
      at.remove();
    }
  });
});
