import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { OpenStream, SourceReader } from '../../../src/engine/ports/source.js';
import { httpHistory, type HttpOptions } from '../../../src/sdk/wire/http-history.js';
import { Exchange, klines, type Kline, type Mishap } from '../../support/exchange/exchange.js';
import { fails, Project, readAll } from '../support.js';

const FIRST = Date.parse('2023-03-01T00:00:00Z') / 1000;
const QUICK: Partial<HttpOptions> = { pace: { requests: 10_000, per: '1s' } };

describe('bars of an exchange over HTTP', () => {
  const project = new Project();
  const opened: Exchange[] = [];
  afterEach(() => Promise.all(opened.splice(0).map((each) => each.close())));
  after(() => project.remove());

  const exchangeOf = async (rows: readonly Kline[]): Promise<Exchange> => {
    const exchange = await Exchange.open(rows);
    opened.push(exchange);
    return exchange;
  };
  const reader = (
    exchange: Exchange,
    more: Partial<HttpOptions> = {},
    stream: Partial<OpenStream> = {},
  ): Promise<SourceReader> => {
    const { kind, options, transport } = httpHistory({ url: exchange.url, since: FIRST, ...QUICK, ...more });
    return project.open(kind, options, {
      source: { kind, options, ...(transport && { transport }) },
      ...stream,
    });
  };
  const timesOf = (rows: readonly Kline[]): number[] => rows.map(([time]) => time / 1000);

  it('come page by page, and bit for bit as they were sent', async () => {
    const rows = klines(FIRST, 3500);
    const exchange = await exchangeOf(rows);
    const table = await readAll(await reader(exchange), { start: FIRST, end: FIRST + 3500 * 60 });
    assert.deepEqual([...table.ts], timesOf(rows));
    assert.deepEqual(table.names, ['open', 'high', 'low', 'close', 'volume']);
    assert.deepEqual(
      [...(table.columns[3]?.values ?? [])],
      rows.map((row) => Number(row[4])),
    );
    assert.equal(exchange.asked.length, 4);
  });

  it('are asked for again after limits, faults, lost connections and torn answers', async () => {
    const rows = klines(FIRST, 2500);
    const mishaps: readonly (Mishap | null)[] = [
      { status: 429, headers: { 'retry-after': '0' } },
      null,
      'reset',
      { status: 503 },
      null,
      'garbage',
      'torn',
      'half',
    ];
    const exchange = await exchangeOf(rows);
    exchange.mishaps = [...mishaps];
    const table = await readAll(await reader(exchange), { start: FIRST, end: FIRST + 2500 * 60 });
    assert.deepEqual([...table.ts], timesOf(rows));
    assert.deepEqual(exchange.mishaps, []);
  });

  it('that are missing are believed to be when two answers agree', async () => {
    const rows = klines(FIRST, 2500, { holes: (slot) => slot % 700 === 3 || (slot > 900 && slot < 2100) });
    const exchange = await exchangeOf(rows);
    const table = await readAll(await reader(exchange), { start: FIRST, end: FIRST + 2500 * 60 });
    assert.deepEqual([...table.ts], timesOf(rows));
  });

  it('are all there where the exchange gives fewer at once than it is asked for', async () => {
    const rows = klines(FIRST, 2300, { holes: (slot) => slot % 333 === 9 });
    const exchange = await exchangeOf(rows);
    exchange.most = 300;
    const table = await readAll(await reader(exchange), { start: FIRST, end: FIRST + 2300 * 60 });
    assert.deepEqual([...table.ts], timesOf(rows));
  });

  it('of half a page, or of none, once, are asked for again; where answers never agree nothing is taken', async () => {
    const rows = klines(FIRST, 1000);
    const exchange = await exchangeOf(rows);
    const range = { start: FIRST, end: FIRST + 1000 * 60 };
    exchange.mishaps = ['empty', null];
    assert.deepEqual([...(await readAll(await reader(exchange), range)).ts], timesOf(rows));
    let times = 0;
    exchange.shape = (page) => page.filter((_, index) => (index + times) % 5 !== 0 && ++times > 0);
    await fails(readAll(await reader(exchange), range), 'source-row', /other bars .* each time it is asked/);
  });

  for (const [what, mishap, pattern] of [
    ['garbage', 'garbage', /not JSON, or half of it \(<html>.*at each of 2 attempts.*run again/],
    ['half a page', 'torn', /not JSON, or half of it/],
    ['a lost connection', 'reset', /cannot be reached \(/],
    ['silence', 'hang', /did not answer within 1 s/],
    [
      'a limit that is never lifted',
      { status: 429, headers: { 'retry-after': '7200' } },
      /429 and asks to wait 7200 s/,
    ],
    [
      'a refusal',
      { status: 400, body: '{"code":-1121,"msg":"Invalid symbol."}' },
      /refused with 400 .*Invalid symbol.*check symbol/,
    ],
    ['a wrong key', { status: 401 }, /401: it wants another key/],
    [
      'another address',
      { status: 301, headers: { location: 'https://new.example.com/klines?x=1' } },
      /has moved to https:\/\/new.example.com\/klines: put that/,
    ],
  ] as const) {
    it(`refuse ${what} with a sentence, and give nothing of it`, async () => {
      const exchange = await exchangeOf(klines(FIRST, 100));
      exchange.mishaps = Array<Mishap>(9).fill(mishap);
      const read = readAll(await reader(exchange, { attempts: 2, timeout: '1s' }), {
        start: FIRST,
        end: FIRST + 6000,
      });
      await fails(read, 'source', pattern);
    });
  }

  it('refuse a host that cannot be reached, naming the reason', async () => {
    const exchange = await exchangeOf([]);
    const source = await reader(exchange, { attempts: 1 });
    await exchange.close();
    opened.length = 0;
    await fails(readAll(source, { start: FIRST, end: FIRST + 60 }), 'source', /ECONNREFUSED/);
  });

  for (const [what, shape, more, pattern] of [
    ['no list', () => ({ result: { list: [] } }), {}, /rows: 'result\.list'/],
    ['records', (rows) => rows.map(([t, , , , c]) => ({ t, c })), {}, /columns: \{ time: 't', close: 'c' \}/],
    [
      'records of which one field is the close',
      (rows) => rows.map(([t, o, , , c, v]) => ({ open_time: t, o, c, v })),
      {},
      /columns: \{ time: 'open_time', open: 'o', close: 'c', volume: 'v' \}/,
    ],
    ['fewer values', (rows) => rows.map((row) => row.slice(0, 5)), {}, /has 5 values, but columns names 6/],
    [
      'a field that is gone',
      (rows) => rows.map(([t, o]) => ({ t, o })),
      { columns: { time: 't', close: 'c' } },
      /has no field c for close: it has t, o/,
    ],
    [
      'a word for a price',
      (rows) => rows.map((row) => [...row.slice(0, 4), 'n/a', 1]),
      {},
      /has "n\/a" for close, which is not a number/,
    ],
    [
      'seconds for milliseconds',
      (rows) => rows.map(([t, ...rest]) => [t / 1000, ...rest]),
      {},
      /say timeUnit: 's'/,
    ],
    ['bars twice', (rows) => [rows[0], rows[0]], {}, /like the row before it/],
    [
      'bars off the grid',
      (rows) => rows.map(([t, ...rest]) => [t + 1000, ...rest]),
      {},
      /not on the stream's grid/,
    ],
    [
      'other times than it was asked for',
      () => klines(FIRST - 600, 5),
      {},
      /passes over the times it is asked for/,
    ],
  ] as readonly [string, Exchange['shape'], Partial<HttpOptions>, RegExp][]) {
    it(`refuse an answer with ${what}`, async () => {
      const exchange = await exchangeOf(klines(FIRST, 10));
      exchange.shape = shape;
      await fails(
        readAll(await reader(exchange, more), { start: FIRST, end: FIRST + 600 }),
        'source-row',
        pattern,
      );
    });
  }

  it('may be records within an answer, in seconds, newest first', async () => {
    const rows = klines(FIRST, 10);
    const exchange = await exchangeOf(rows);
    exchange.shape = (page) => ({
      result: { list: page.map(([t, , , , c]) => ({ t: t / 1000, c })).reverse() },
    });
    exchange.rows = rows;
    const url = exchange.url.replace('{start}', '{start}000').replace('{end}', '{end}000');
    const more = { url, rows: 'result.list', columns: { time: 't', close: 'c' }, timeUnit: 's' } as const;
    const table = await readAll(await reader(exchange, more), { start: FIRST, end: FIRST + 600 });
    assert.deepEqual([...table.ts], timesOf(rows));
    assert.deepEqual(table.names, ['close']);
  });

  it('never end with one that is open, or too new to be settled', async () => {
    const now = Math.floor(Date.now() / 60_000) * 60;
    const rows = klines(now - 50 * 60, 60);
    const exchange = await exchangeOf(rows);
    for (const stabilizationBars of [0, 1, 5]) {
      const source = await reader(exchange, { since: now - 50 * 60, stabilizationBars });
      const bounds = await source.bounds();
      const newest = (Math.floor(Date.now() / 60_000) - 1 - stabilizationBars) * 60;
      assert.ok(bounds && bounds.last <= newest && bounds.last >= newest - 60, JSON.stringify(bounds));
      const table = await readAll(source, { start: now - 50 * 60, end: now + 600 });
      assert.equal(table.ts.at(-1), bounds.last);
    }
  });

  it('begin and end where the exchange says, also long ago', async () => {
    const rows = klines(FIRST, 1234);
    const exchange = await exchangeOf(rows);
    const { kind, options, transport } = httpHistory({ url: exchange.url, ...QUICK });
    const source = await project.open(kind, options, {
      source: { kind, options, transport: transport ?? {} },
    });
    assert.deepEqual(await source.bounds(), { first: FIRST, last: FIRST + 1233 * 60 });
    assert.ok(exchange.asked.length < 40, String(exchange.asked.length));
    // Of what is known already only the end is asked for.
    exchange.asked.length = 0;
    await source.bounds({ first: FIRST, last: FIRST + 1233 * 60 });
    assert.ok(exchange.asked.every(({ start }) => start > FIRST * 1000));
  });

  it('without a beginning that the exchange tells need one', async () => {
    const exchange = await exchangeOf([]);
    const { kind, options, transport } = httpHistory({ url: exchange.url, ...QUICK });
    const source = await project.open(kind, options, {
      source: { kind, options, transport: transport ?? {} },
    });
    await fails(source.bounds(), 'source', /no bar to begin with.*since: '2020-01-01'/);
    exchange.mishaps = [{ status: 400, body: 'window too long' }];
    await fails(source.bounds(), 'source', /add since.*It refused with 400 \(window too long\)/);
  });

  it('take their secrets from the environment, and show them nowhere', async () => {
    const exchange = await exchangeOf(klines(FIRST, 5));
    const url = `${exchange.url}&key={env.SEAMLESS_TEST_KEY}`;
    const headers = { 'x-api-key': '{env.SEAMLESS_TEST_KEY}' };
    const without = await reader(exchange, { url, headers });
    await fails(
      readAll(without, { start: FIRST, end: FIRST + 300 }),
      'source',
      /SEAMLESS_TEST_KEY, which is not set/,
    );
    process.env['SEAMLESS_TEST_KEY'] = 'very-secret';
    try {
      const source = await reader(exchange, { url, headers, attempts: 1 });
      await readAll(source, { start: FIRST, end: FIRST + 300 });
      assert.equal(exchange.asked[0]?.headers['x-api-key'], 'very-secret');
      exchange.mishaps = [{ status: 400, body: 'unknown key very-secret' }];
      await assert.rejects(readAll(source, { start: FIRST, end: FIRST + 300 }), (error: Error) => {
        assert.doesNotMatch(`${error.message} ${error.stack}`, /very-secret/);
        return true;
      });
    } finally {
      delete process.env['SEAMLESS_TEST_KEY'];
    }
  });

  for (const [what, more, pattern] of [
    ['a misspelt option', { colums: ['time'] }, /did you mean columns/],
    ['an address without times', { url: 'https://a.example/klines' }, /put \{start\} and \{end\}/],
    ['an unknown place', { url: 'https://a.example/{start}/{from}' }, /has \{from\} in it/],
    ['a password in the address', { url: 'https://me:pw@a.example/{start}' }, /has a password in it/],
    ['another protocol', { url: 'ftp://a.example/{start}' }, /ftp: address/],
    ['columns without a time', { columns: ['open', 'close'] }, /must have time/],
    ['a wrong pace', { pace: { requests: 0, per: '1s' } }, /how many requests in how long/],
  ] as readonly [string, Partial<HttpOptions>, RegExp][]) {
    it(`refuse ${what}`, async () => {
      const exchange = await exchangeOf([]);
      await fails(reader(exchange, more), 'source', pattern);
    });
  }

  it('are the same whatever goes wrong on the way', async () => {
    const mishap = fc.option(
      fc.constantFrom<Mishap>(
        'reset',
        'garbage',
        'torn',
        'half',
        'empty',
        { status: 429, headers: { 'retry-after': '0' } },
        { status: 502 },
      ),
      { freq: 3 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(mishap, { maxLength: 8 }),
        fc.integer({ min: 2, max: 60 }),
        fc.integer({ min: 2, max: 60 }),
        fc.array(fc.integer({ min: 0, max: 199 }), { maxLength: 30 }),
        async (mishaps, limit, most, missing) => {
          const rows = klines(FIRST, 200, { holes: (slot) => missing.includes(slot) });
          const exchange = await exchangeOf(rows);
          // Two empty answers in a row would be believed.
          exchange.mishaps = mishaps.filter(
            (each, at) => each !== 'empty' || at === mishaps.indexOf('empty'),
          );
          exchange.most = most;
          const table = await readAll(await reader(exchange, { limit, attempts: 50 }), {
            start: FIRST,
            end: FIRST + 200 * 60,
          });
          assert.deepEqual([...table.ts], timesOf(rows));
          assert.deepEqual(
            [...(table.columns[0]?.values ?? [])],
            rows.map((row) => Number(row[1])),
          );
        },
      ),
      { numRuns: 15 },
    );
  });
});
