import assert from 'node:assert/strict';
import { suggestionsAt } from '../../src/settings/completion.js';
import { worldSettings } from '../../src/live/world/load.js';
import { presetSettings } from '../../src/sources/presets/load.js';

/** What is offered at the bar in a text. */
function offered(kind: typeof worldSettings, text: string): string[] {
  const at = text.indexOf('|');
  const whole = text.replace('|', '');
  const names = { data: ['btc-1m', 'eth-1m'], sla: ['strict'] };
  return suggestionsAt(whole, at, kind.schemaFor(whole), kind.namesIn, names).map((each) => each.text);
}
const world = (text: string): string[] => offered(worldSettings, text);
const presets = (text: string): string[] => offered(presetSettings, text);

describe('what is offered in files of settings', () => {
  it('of a world: fields that it does not have, with their defaults', () => {
    const text = 'mode: paper\ncap';
    const found = suggestionsAt(text, text.length, worldSettings.schemaFor(text));
    assert.deepEqual(
      found.find((each) => each.text === 'capital'),
      { text: 'capital', kind: 'field', detail: 'default: 10000', required: false },
    );
    assert.ok(!found.some((each) => each.text === 'mode'));
    assert.equal(
      found.find((each) => each.text === 'activation')?.detail,
      'active (default) | freeze | drain',
    );
  });

  it('of a world: fields and values within maps, on lines of their own and in braces', () => {
    assert.deepEqual(world('mode: |'), ['backtest', 'paper', 'live', 'shadow']);
    assert.deepEqual(world('mode: paper\nlate:\n  grace: 5s\n  |\n'), ['bars']);
    assert.deepEqual(world('mode: paper\nlate: { bars: re| }\n'), ['ignore', 'sideOutput', 'recompute']);
    assert.deepEqual(world('mode: paper\npolicy: { topK: 3, |}\n'), [
      'threshold',
      'hysteresis',
      'correlation',
      'rebalance',
    ]);
    assert.deepEqual(world('mode: paper\nallowLive: |'), ['false', 'true']);
  });

  it('of a world: the presets that its project has', () => {
    assert.deepEqual(world('mode: paper\npresets: { | }\n'), ['data', 'sla']);
    assert.deepEqual(world('mode: paper\npresets:\n  data:\n    BTC: |\n'), ['btc-1m', 'eth-1m']);
    assert.deepEqual(world('mode: paper\npresets: { sla: { BTC: | } }\n'), ['strict']);
    assert.deepEqual(world('mode: paper\nfeed: { kind: ccxt, exchange: | }\n'), []);
  });

  it('of a feed: its kinds, and then what that kind has', () => {
    assert.deepEqual(world('mode: paper\nfeed: { | }\n'), ['kind']);
    assert.deepEqual(world('mode: paper\nfeed: { kind: | }\n'), ['replay', 'demo', 'ws', 'ccxt']);
    assert.deepEqual(world('mode: paper\nfeed:\n  kind: ws\n  |\n'), ['url', 'tokenFrom', 'silence']);
  });

  it('of a world that is elsewhere: where, and no more', () => {
    assert.deepEqual(world('url: ws://127.0.0.1:7070/btc\n|'), ['tokenFrom', 'silence']);
    assert.ok(world('|').includes('url'));
    assert.ok(!world('mode: paper\n|').includes('url'));
  });

  it('of presets: sections, fields under names of one’s own, providers, and the names that are there', () => {
    assert.deepEqual(presets('|'), ['data', 'sla', 'conformance']);
    assert.ok(presets('data:\n  btc:\n    |').includes('stabilizationBars'));
    assert.ok(presets('data:\n  btc:\n    provider: |').includes('postgres'));
    const named = 'data:\n  btc:\n    provider: http\n    sla: |\nsla:\n  strict: {}\n  loose: {}\n';
    assert.deepEqual(presets(named), ['strict', 'loose']);
    assert.deepEqual(presets('sla:\n  a: { miss: | }'), ['failFast', 'partialFill', 'hold']);
    assert.deepEqual(presets('conformance:\n  a:\n    mode: |'), ['strict', 'permissive']);
  });

  it('is empty in comments, in the middle of values, and for names of the author’s own', () => {
    assert.deepEqual(world('mode: paper # |'), []);
    assert.deepEqual(world('mode: paper |'), []);
    assert.deepEqual(presets('data:\n  |'), []);
    assert.deepEqual(presets('data:\n  btc:\n    options:\n      |'), []);
  });
});
