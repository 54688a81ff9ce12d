import assert from 'node:assert/strict';
import {
  ema,
  Node,
  rollingCorrelation,
  rollingMin,
  rollingStd,
  rsi,
  SeamlessError,
  Strategy,
  sma,
  StreamInput,
  demoHistory,
  type ErrorCode,
} from '../../src/index.js';
import { CodeHasher } from '../../src/hosts/typescript/fingerprint/own-code.js';
import { snapshotIntrinsics } from '../../src/hosts/typescript/fingerprint/intrinsics.js';
import { TypeScriptHost } from '../../src/hosts/typescript/typescript-host.js';
import type { GraphDescription } from '../../src/engine/ports/host.js';
import * as sdk from '../../src/index.js';
import { closes, compute, firingsOf, MINUTE, stream } from './support.js';

const price = stream('price');

function refuses(make: () => unknown, code: ErrorCode, ...words: readonly string[]): void {
  assert.throws(make, (error) => {
    assert.ok(error instanceof SeamlessError);
    assert.equal(error.code, code);
    for (const word of words) assert.ok(error.message.includes(word), error.message);
    return true;
  });
}

describe('the options of indicators', () => {
  it('reads close from a stream, value from a computed node, and any column by its name', () => {
    const fast = sma({ name: 'fast', input: price, period: 2 });
    assert.deepEqual(fast.indicator, { kind: 'sma', params: { column: 'close', period: 2 } });
    const slow = sma({ name: 'slow', input: fast, period: 2 });
    assert.equal(slow.indicator?.params['column'], 'value');
    const high = rollingMin({ name: 'high', input: price, column: 'high', period: 2 });
    assert.equal(high.indicator?.params['column'], 'high');
    const corr = rollingCorrelation({ name: 'corr', input: [price, fast], period: 2 });
    assert.deepEqual(corr.indicator?.params['column'], ['close', 'value']);
    const both = rollingCorrelation({
      name: 'both',
      input: [price, price],
      column: ['high', 'low'],
      period: 2,
    });
    assert.deepEqual(both.indicator?.params['column'], ['high', 'low']);
  });

  it('offers the columns there are when one is missing', () => {
    const node = sma({ name: 'fast', input: price, column: 'clsoe', period: 1 });
    const table = closes([0, MINUTE], [1, 2]);
    refuses(() => compute(node, [table], firingsOf(node, [table])), 'unknown-column', '"clsoe"', 'close');
  });

  it('gives windows that let the start of a recursion fade', () => {
    assert.equal(ema({ name: 'ema', input: price, span: 20 }).period, 80);
    assert.equal(ema({ name: 'ema', input: price, span: 20, period: 30 }).period, 30);
    assert.equal(rsi({ name: 'rsi', input: price }).period, 141);
    assert.equal(rsi({ name: 'rsi', input: price, length: 7, period: 50 }).period, 50);
  });

  it('takes an interval of its own, and else leaves it open', () => {
    assert.equal(sma({ name: 'fast', input: price, period: 2, interval: '1h' }).interval, '1h');
    assert.equal(sma({ name: 'fast', input: price, period: 2 }).interval, undefined);
  });

  it('refuses windows too short to say anything, naming the node', () => {
    const made = { name: 'short', input: price };
    refuses(() => sma({ ...made, period: 0 }), 'period', 'short');
    refuses(() => ema({ ...made, span: 0.5 }), 'period', 'short', 'span');
    refuses(() => rsi({ ...made, length: 0 }), 'period', 'short', 'length');
    refuses(() => rsi({ ...made, length: 14, period: 14 }), 'period', 'short', '15 bars');
    refuses(() => rollingStd({ ...made, period: 1 }), 'period', 'short', 'sample');
    assert.equal(rollingStd({ ...made, period: 1, sample: false }).period, 1);
    refuses(
      () => rollingCorrelation({ name: 'short', input: [price, price], period: 1 }),
      'period',
      'two pairs',
    );
  });

  it('refuses what JavaScript forgot to say', () => {
    const forgot = { name: 'forgot', input: price } as unknown as Parameters<typeof ema>[0];
    refuses(() => ema(forgot), 'period', 'forgot', 'span');
  });

  it('refuses to correlate bars of unequal length, naming both', () => {
    const hourly = new StreamInput({ tags: ['hourly'], interval: '1h', historyProvider: demoHistory() });
    const input = [price, hourly] as const;
    refuses(
      () => rollingCorrelation({ name: 'corr', input, period: 5 }),
      'interval',
      'price (1m)',
      'hourly (1h)',
    );
    const seconds = new StreamInput({ tags: ['seconds'], interval: 60, historyProvider: demoHistory() });
    assert.equal(rollingCorrelation({ name: 'same', input: [price, seconds], period: 5 }).period, 5);
  });
});

describe('the code of indicators', () => {
  const makers: Readonly<Record<string, (n: number) => Node<number>>> = {
    sma: (period) => sma({ name: 'node', input: price, period }),
    ema: (span) => ema({ name: 'node', input: price, span, period: 30 }),
    rsi: (length) => rsi({ name: 'node', input: price, length, period: 30 }),
    rollingMin: (period) => rollingMin({ name: 'node', input: price, period }),
    rollingStd: (period) => rollingStd({ name: 'node', input: price, period }),
    rollingCorrelation: (period) => rollingCorrelation({ name: 'node', input: [price, price], period }),
  };

  const hashes = new Set<string>();
  for (const [name, make] of Object.entries(makers)) {
    it(`${name}: is hashed by its kind and parameters, and by nothing else of the strategy`, async () => {
      const hash = async (n: number): Promise<string | undefined> => {
        const { nodes } = await describeAlone(make(n));
        return nodes.find((node) => node.name === 'node')?.own.hash;
      };
      assert.ok(await hash(5));
      assert.equal(await hash(5), await hash(5));
      assert.notEqual(await hash(5), await hash(6));
      hashes.add((await hash(5)) ?? '');
    });
  }

  it('is told apart by kind', () => {
    assert.equal(hashes.size, Object.keys(makers).length);
  });
});

/** What a host says of a strategy of one node, whose code it must not need. */
function describeAlone(node: Node<number>): Promise<GraphDescription> {
  class Alone extends Strategy {
    setup(): void {
      this.addNodes([node]);
    }
  }
  const strategy = new Alone();
  strategy.setup();
  const hasher = new CodeHasher({ sdkExports: sdk, intrinsics: snapshotIntrinsics() });
  hasher.ownCode = () => assert.fail('it asks for the code of a built-in');
  const host = new TypeScriptHost({
    strategy,
    className: 'Alone',
    hasher,
    context: { compute: (_, body) => body(() => undefined), takeViolation: () => null },
    fileOf: () => null,
    locate: () => null,
    original: () => null,
    nameFile: (file) => file,
  });
  hasher.close();
  return host.describe();
}
