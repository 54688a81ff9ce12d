import assert from 'node:assert/strict';
import vm from 'node:vm';
import * as providers from '../../src/sdk/providers/providers.js';
import type { HistoryProvider } from '../../src/sdk/providers/providers.js';
import { SeamlessError } from '../../src/sdk/errors.js';
import { plainGrid, TICKS } from '../../src/sdk/time/grid.js';
import { formatTime } from '../../src/sdk/time/time.js';
import { Project, readAll } from './support.js';

const rows = (count: number, row: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `${row(i)}\n`).join('');
const two = (number: number): string => String(number).padStart(2, '0');
const MS = Date.parse('2024-03-04T14:30:00Z');

/** Files as vendors and exchanges write them: the text, and what the first and the second row's time is. */
const FILES: Readonly<Record<string, { text: string; times: readonly [string, string]; interval?: number }>> =
  {
    'Dukascopy ticks': {
      text: `Gmt time,Ask,Bid,AskVolume,BidVolume\n${rows(9, (i) => `04.03.2024 14:30:0${i}.250,1.1,1.0,0.9,1.5`)}`,
      times: ['2024-03-04T14:30:00.250Z', '2024-03-04T14:30:01.250Z'],
    },
    'Dukascopy bars in local time': {
      text: `Local time,Open,High,Low,Close,Volume\n${rows(9, (i) => `04.03.2024 09:3${i}:00.000 GMT-0500,1,2,0.5,1.5,10`)}`,
      times: ['2024-03-04T14:30:00Z', '2024-03-04T14:31:00Z'],
      interval: 60,
    },
    'Interactive Brokers, with a zone': {
      text: `date,open,high,low,close,volume\n${rows(9, (i) => `20240304 09:3${i}:00 US/Eastern,1,2,0.5,1.5,10`)}`,
      times: ['2024-03-04T14:30:00Z', '2024-03-04T14:31:00Z'],
      interval: 60,
    },
    'Interactive Brokers, in UTC': {
      text: `date,open,high,low,close,volume\n${rows(9, (i) => `20240304-14:3${i}:00,1,2,0.5,1.5,10`)}`,
      times: ['2024-03-04T14:30:00Z', '2024-03-04T14:31:00Z'],
      interval: 60,
    },
    'Stooq bars of five minutes': {
      text: `<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n${rows(6, (i) => `AAPL.US,5,20240304,15${two(30 + i * 5)}00,1,2,0.5,1.5,100,0`)}`,
      times: ['2024-03-04T15:30:00Z', '2024-03-04T15:35:00Z'],
      interval: 300,
    },
    'Eikon, newest first, with percents': {
      text: `AAPL.O - Price History\n\nExchange Date,Close,Net,%Chg,Open,Low,High,Volume\n${rows(5, (i) => `0${8 - i}-Mar-2024,"1,17${i}.25",-0.5,-0.2${i}%,"1,171.00","1,169.00","1,175.00","1,234,500"`)}`,
      times: ['2024-03-04', '2024-03-05'],
      interval: 86_400,
    },
    'MetaTrader 5 ticks': {
      text: `<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>\n${rows(9, (i) => `2024.03.04\t14:30:0${i}.125\t1.08\t${i % 3 ? '1.09' : ''}\t\t\t6`)}`,
      times: ['2024-03-04T14:30:00.125Z', '2024-03-04T14:30:01.125Z'],
    },
    'Kaiko trades': {
      text: `id,exchange,symbol,date,price,amount,sell\n${rows(9, (i) => `${i},cbse,btcusd,${MS + i * 211},62000.5,0.1,true`)}`,
      times: ['2024-03-04T14:30:00Z', '2024-03-04T14:30:00.211Z'],
    },
    'Tardis trades': {
      text: `exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n${rows(9, (i) => `binance,BTCUSDT,${MS * 1000 + i * 1501},${MS * 1000 + i * 1501 + 9000},${i},buy,62000.5,0.1`)}`,
      times: ['2024-03-04T14:30:00Z', '2024-03-04T14:30:00.001501Z'],
    },
    'BitMEX trades': {
      text: `timestamp,symbol,side,size,price\n${rows(9, (i) => `2024-03-04D14:30:0${i}.123456000,XBTUSD,Buy,1,62000.5`)}`,
      times: ['2024-03-04T14:30:00.123456Z', '2024-03-04T14:30:01.123456Z'],
    },
    'Bybit trades, newest first': {
      text: `timestamp,symbol,side,size,price\n${rows(9, (i) => `${MS / 1000 + 8 - i}.2500,BTCUSDT,Buy,0.1,62000.5`)}`,
      times: ['2024-03-04T14:30:00.250Z', '2024-03-04T14:30:01.250Z'],
    },
    'TAQ trades': {
      text: `DATE,TIME_M,EX,SYM_ROOT,SIZE,PRICE\n${rows(9, (i) => `20240304,9:30:0${i}.000123456,Q,AAPL,1,170.5`)}`,
      times: ['2024-03-04T09:30:00.000123Z', '2024-03-04T09:30:01.000123Z'],
    },
    'Sierra Chart bars of ten seconds': {
      text: `Date, Time, Open, High, Low, Last, Volume\n${rows(6, (i) => `2024/3/4, 14:30:${i}0.000000, 100, 101, 99, 100.5, 10`)}`,
      times: ['2024-03-04T14:30:00Z', '2024-03-04T14:30:10Z'],
      interval: 10,
    },
  };

/** Files that need a word more: following the sentence that says so reads them. */
const TOLD: Readonly<
  Record<string, { text: string; times: readonly [string, string]; interval?: number; names: string }>
> = {
  'Binance aggTrades without a header': {
    text: rows(9, (i) => `${1000 + i},62000.5,0.1,${5000 + i},${5001 + i},${MS + i * 37},false,true`),
    times: ['2024-03-04T14:30:00Z', '2024-03-04T14:30:00.037Z'],
    names: 'id,price,size,column3,column4,column6,column7',
  },
  'Kraken trades': {
    text: rows(9, (i) => `${MS / 1000 + i}.1234,62000.1,0.5`),
    times: ['2024-03-04T14:30:00.123400Z', '2024-03-04T14:30:01.123400Z'],
    names: 'price,size',
  },
  'Coinbase candles': {
    text: rows(9, (i) => `${MS / 1000 + i * 60},1,3,1.5,2.5,100`),
    times: ['2024-03-04T14:30:00Z', '2024-03-04T14:31:00Z'],
    interval: 60,
    names: 'low,high,open,close,volume',
  },
  'NinjaTrader ticks': {
    text: rows(9, (i) => `20240304 14300${i} 5000000;100.5;100.25;100.75;3`),
    times: ['2024-03-04T14:30:00.500Z', '2024-03-04T14:30:01.500Z'],
    names: 'price,bid,ask,size',
  },
  TrueFX: {
    text: rows(9, (i) => `EUR/USD,20240304 14:30:0${i}.125,1.085,1.0852`),
    times: ['2024-03-04T14:30:00.125Z', '2024-03-04T14:30:01.125Z'],
    names: 'symbol,bid,ask',
  },
  'nanoseconds from midnight, as ITCH has them': {
    text: `timestamp,shares,price\n${rows(9, (i) => `${34_200_000_000_000 + i * 1_234_567},100,17.5`)}`,
    times: ['2024-03-04T09:30:00Z', '2024-03-04T09:30:00.001234Z'],
    names: 'timestamp,shares,price',
  },
  'seconds from midnight, as LOBSTER has them': {
    text: `time,type,size,price\n${rows(9, (i) => `${34_200 + i}.004241176,1,18,585.33`)}`,
    times: ['2024-03-04T09:30:00.004241Z', '2024-03-04T09:30:01.004241Z'],
    names: 'time,type,size,price',
  },
};

describe('files of ticks and bars, as vendors write them', () => {
  let project: Project;
  beforeEach(() => (project = new Project()));
  afterEach(() => project.remove());

  const read = async (provider: HistoryProvider, interval: number | undefined) => {
    const options = JSON.parse(JSON.stringify(provider.options)) as Record<string, unknown>;
    const grid = interval === undefined ? TICKS : plainGrid(interval);
    return readAll(await project.open(provider.kind, options, grid));
  };

  for (const [name, { text, times, interval }] of Object.entries(FILES)) {
    it(name, async () => {
      project.write('file.csv', text);
      const table = await read(providers.csvHistory('file.csv'), interval);
      assert.deepEqual([...table.ts.subarray(0, 2)].map(formatTime), times);
      assert.ok(table.columns.some(({ type }) => type === 'number'));
    });
  }

  for (const [name, { text, times, interval, names }] of Object.entries(TOLD)) {
    it(`${name}: what to write is said, and works`, async () => {
      project.write('file.csv', text);
      const error: unknown = await read(providers.csvHistory('file.csv'), interval).catch(
        (each: unknown) => each,
      );
      assert.ok(error instanceof SeamlessError, String(error));
      const [line] = /sqlHistory\(.*?\}\)/.exec(error.message) ?? [];
      const [columns] = /columns: \[[^\]]*\]/.exec(error.message) ?? [];
      assert.ok(line ?? columns, error.message);
      const provider = vm.runInNewContext(line ?? `csvHistory('file.csv', { ${columns} })`, {
        ...providers,
      }) as HistoryProvider;
      const table = await read(provider, interval);
      assert.deepEqual([...table.ts.subarray(0, 2)].map(formatTime), times);
      assert.equal(table.names.join(), names);
    });
  }
});
