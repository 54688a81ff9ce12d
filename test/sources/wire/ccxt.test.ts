import assert from 'node:assert/strict';
import type { SourceReader } from '../../../src/engine/ports/source.js';
import { ccxtHistory, type CcxtOptions } from '../../../src/sdk/wire/ccxt-history.js';
import { installCcxt } from '../../support/exchange/ccxt.js';
import { Exchange, klines } from '../../support/exchange/exchange.js';
import { fails, Project, readAll } from '../support.js';

const FIRST = Date.parse('2023-03-01T00:00:00Z') / 1000;

describe('bars of an exchange through ccxt', () => {
  const project = new Project();
  const rows = klines(FIRST, 2000, { holes: (slot) => slot % 600 === 7 });
  let exchange: Exchange;
  before(async () => {
    exchange = await Exchange.open(rows);
    installCcxt(project.root);
  });
  afterEach(() => {
    exchange.mishaps = [];
    exchange.most = 1000;
  });
  after(async () => {
    project.remove();
    await exchange.close();
  });

  const reader = (more: Partial<CcxtOptions> = {}, interval = 60, where = project): Promise<SourceReader> => {
    const { kind, options, transport } = ccxtHistory({
      exchange: 'paper',
      symbol: 'BTC/USDT',
      config: { origin: exchange.origin, ...more.config },
      pace: { requests: 10_000, per: '1s' },
      attempts: 3,
      ...more,
      ...(more.config && { config: { origin: exchange.origin, ...more.config } }),
    });
    return where.open(kind, options, { interval, source: { kind, options, transport: transport ?? {} } });
  };
  const range = { start: FIRST, end: FIRST + 2000 * 60 };

  it('are those of the exchange, in pages, after limits and lost connections', async () => {
    exchange.most = 300;
    exchange.mishaps = [{ status: 429 }, null, 'reset', null];
    const source = await reader();
    assert.deepEqual(await source.bounds(), { first: FIRST, last: FIRST + 1999 * 60 });
    const table = await readAll(source, range);
    assert.deepEqual(
      [...table.ts],
      rows.map(([time]) => time / 1000),
    );
    assert.deepEqual(
      [...(table.columns[3]?.values ?? [])],
      rows.map((row) => Number(row[4])),
    );
  });

  it('need the package, and say how to install it', async () => {
    const bare = new Project();
    try {
      const source = await reader({}, 60, bare);
      await fails(
        source.bounds(),
        'source',
        /needs the package ccxt, which is not installed in this project: run "npm install ccxt" in .*seamless-sources-/,
      );
    } finally {
      bare.remove();
    }
  });

  for (const [what, more, interval, pattern] of [
    [
      'an unknown exchange',
      { exchange: 'papir' },
      60,
      /ccxt has no exchange papir: did you mean paper or papyrus/,
    ],
    [
      'an unknown symbol',
      { symbol: 'BTC/USD' },
      60,
      /paper \(ccxt\).* has no symbol BTC\/USD: did you mean BTC\/USDT/,
    ],
    ['an interval that it has not', {}, 300, /has no bars of 5m: it has 1m, 1h, 1d/],
    [
      'a misspelt option',
      { sybmol: 'x' } as Partial<CcxtOptions>,
      60,
      /no option sybmol: did you mean symbol/,
    ],
  ] as readonly [string, Partial<CcxtOptions>, number, RegExp][]) {
    it(`refuse ${what}`, async () => {
      await fails(
        reader(more, interval).then((source) => source.bounds()),
        'source',
        pattern,
      );
    });
  }

  it('say what went wrong, and show no secret', async () => {
    process.env['SEAMLESS_TEST_SECRET'] = 'wrong-word';
    try {
      const source = await reader({ config: { secret: '{env.SEAMLESS_TEST_SECRET}' } });
      await fails(
        readAll(source, range),
        'source',
        /refuses the key \(signature of ••• is invalid\): check config/,
      );
    } finally {
      delete process.env['SEAMLESS_TEST_SECRET'];
    }
    exchange.mishaps = Array(9).fill({ status: 429 }) as typeof exchange.mishaps;
    await fails(
      readAll(await reader({ attempts: 2 }), range),
      'source',
      /did not answer \(too many requests\), at each of 2 attempts/,
    );
    exchange.mishaps = [{ status: 400 }];
    await fails(readAll(await reader(), range), 'source', /refused \(the exchange is in a mood\)\.$/);
  });
});
