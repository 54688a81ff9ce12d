import assert from 'node:assert/strict';
import { plainGrid } from '../../src/sdk/time/grid.js';
import { SeamlessError } from '../../src/sdk/errors.js';
import { columnIndex } from '../../src/sdk/table.js';
import { formatTime, MONTH } from '../../src/sdk/time/time.js';
import { Project, readAll } from './support.js';

const DAY = 86_400;
const HOUR = 3600;
const DATES = ['04', '05', '06', '07', '08', '11', '12', '13', '14', '15'];

interface Vendor {
  readonly text: string;
  readonly interval: number;
  /** Times of the first two bars, and a cell of the first. */
  readonly times: readonly [string, string];
  readonly cell: readonly [column: string, value: number];
  /** What refusals say, one after the other; each is followed. */
  readonly told?: readonly RegExp[];
}

const days = (row: (day: string, at: number) => string, newestFirst = false): string => {
  const rows = DATES.map((day, at) => `${row(day, at)}\n`);
  return (newestFirst ? rows.reverse() : rows).join('');
};
const hours = (row: (hour: string, at: number) => string): string =>
  DATES.map((_, at) => `${row(String(at + 8).padStart(2, '0'), at)}\n`).join('');
const DAILY = ['2024-03-04', '2024-03-05'] as const;

const VENDORS: Readonly<Record<string, Vendor>> = {
  'Nasdaq.com, with dollar signs': {
    text: `Date,Close/Last,Volume,Open,High,Low\n${days((day, at) => `03/${day}/2024,$17${at}.10,71234560,$170.15,$172.24,$169.05`, true)}`,
    interval: DAY,
    times: DAILY,
    cell: ['Close/Last', 170.1],
  },
  'NSE of India, in lakh and crore': {
    text: `"Date ","series ","close ","VOLUME ","VALUE "\n${days((day, at) => `"${day}-Mar-2024","EQ","2,95${at}.20","51,23,456","15,10,45,67,890.35"`, true)}`,
    interval: DAY,
    times: DAILY,
    cell: ['VALUE', 15_104_567_890.35],
  },
  'MetaStock, by DTYYYYMMDD': {
    text: `<TICKER>,<PER>,<DTYYYYMMDD>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>\n${days((day, at) => `EURUSD,D,202403${day},000000,1.08,1.09,1.07,1.08${at},4`)}`,
    interval: DAY,
    times: DAILY,
    cell: ['CLOSE', 1.08],
  },
  'MetaStock hours, by DTYYYYMMDD and TIME': {
    text: `<TICKER>,<PER>,<DTYYYYMMDD>,<TIME>,<CLOSE>,<VOL>\n${hours((hour, at) => `EURUSD,60,20240304,${hour}0000,1.08${at},4`)}`,
    interval: HOUR,
    times: ['2024-03-04T08:00:00Z', '2024-03-04T09:00:00Z'],
    cell: ['CLOSE', 1.08],
  },
  'ENTSO-E, from one time to another in the zone of its header': {
    text: `MTU (CET/CEST),Day-ahead Price [EUR/MWh],Currency,BZN|DE-LU\n${hours((hour, at) => `"04.03.2024 ${hour}:00 - 04.03.2024 ${String(at + 9).padStart(2, '0')}:00","6${at}.12","EUR",""`)}`,
    interval: HOUR,
    times: ['2024-03-04T07:00:00Z', '2024-03-04T08:00:00Z'],
    cell: ['Day-ahead Price [EUR/MWh]', 60.12],
    told: [/column MTU \(CET\/CEST\) .* is in CET\/CEST by its name, .*timeZone: 'Europe\/Berlin'/],
  },
  'Dukascopy JForex, in the zone of its header': {
    text: `Time (EET),Open,High,Low,Close,Volume \n${hours((hour, at) => `2024.03.04 ${hour}:00:00,1.08,1.09,1.07,1.08${at},123.4`)}`,
    interval: HOUR,
    times: ['2024-03-04T06:00:00Z', '2024-03-04T07:00:00Z'],
    cell: ['Close', 1.08],
    told: [/column Time \(EET\) .* is in EET by its name, .*timeZone: 'Europe\/Helsinki'/],
  },
  'a platform on UTC+2, by its header': {
    text: `time (UTC+2),close\n${hours((hour, at) => `2024-03-04 ${hour}:00,1.08${at}`)}`,
    interval: HOUR,
    times: ['2024-03-04T06:00:00Z', '2024-03-04T07:00:00Z'],
    cell: ['close', 1.08],
    told: [/timeZone: 'Etc\/GMT-2'/],
  },
  'Finam, whose days and months are open beside a column of times': {
    text: `<TICKER>;<PER>;<DATE>;<TIME>;<CLOSE>;<VOL>\n${hours((hour, at) => `SBER;60;04/03/24;${hour}:00:00;280.${at};1234`)}`,
    interval: HOUR,
    times: ['2024-03-04T08:00:00Z', '2024-03-04T09:00:00Z'],
    cell: ['CLOSE', 280],
    told: [/say timeFormat: '%d\/%m\/%y' or/],
  },
  'Kibot, without a header': {
    text: hours((hour, at) => `03/14/2024,${hour}:00,170.1,171.2,169.9,170.${at},1234`),
    interval: HOUR,
    times: ['2024-03-14T08:00:00Z', '2024-03-14T09:00:00Z'],
    cell: ['close', 170],
    told: [/columns: \['time', 'clock', 'open', 'high', 'low', 'close', 'volume'\]/],
  },
  'Ariva, with a decimal comma': {
    text: `Datum;Erster;Schlusskurs;Stuecke;Volumen\n${days((day, at) => `2024-03-${day};123,40;124,0${at};1.234;152.345`, true)}`,
    interval: DAY,
    times: DAILY,
    cell: ['Stuecke', 1234],
  },
  'Finanzen.net, with a currency behind numbers': {
    text: `Datum;Schlusskurs;Umsatz\n${days((day, at) => `${day}.03.2024;1.124,0${at} €;152.345 €`, true)}`,
    interval: DAY,
    times: DAILY,
    cell: ['Schlusskurs', 1124],
  },
  'Yahoo of Japan, by year, month and day in words': {
    text: `日付,始値,終値,出来高\n${days((day, at) => `2024年3月${Number(day)}日,3500,350${at},1234500`, true)}`,
    interval: DAY,
    times: DAILY,
    cell: ['終値', 3500],
  },
  'Investing.com in Korean': {
    text: `"날짜","종가","거래량","변동 %"\n${days((day, at) => `"2024년 03월 ${day}일","73,4${at}0","12.34M","-0.27%"`, true)}`,
    interval: DAY,
    times: DAILY,
    cell: ['종가', 73_400],
  },
  'Barchart, with what it says of itself at the end': {
    text: `Time,Open,Last,%Chg,"Open Int"\n${days((day, at) => `03/${day}/2024,75.1,75.${at},+0.53%,98765`, true)}"Downloaded from Barchart.com as of 04-02-2024 10:11am CDT"\n`,
    interval: DAY,
    times: DAILY,
    cell: ['Last', 75],
  },
  'Bloomberg, below what was asked for': {
    text: `Security,SPX Index\nStart Date,3/4/2024\nPeriod,D\n\nDate,PX_LAST,PX_VOLUME\n${days((day, at) => `3/${Number(day)}/2024,510${at}.25,${at % 4 === 3 ? '#N/A N/A' : '2345'}`)}`,
    interval: DAY,
    times: DAILY,
    cell: ['PX_LAST', 5100.25],
  },
  'CoinMarketCap, with five times': {
    text: `timeOpen;timeClose;timeHigh;name;close;timestamp\n${days((day, at) => `"2024-03-${day}T00:00:00.000Z";"2024-03-${day}T23:59:59.999Z";"2024-03-${day}T10:11:00.000Z";"2781";6250${at}.4;"2024-03-${day}T23:59:59.999Z"`, true)}`,
    interval: DAY,
    times: DAILY,
    cell: ['close', 62_500.4],
  },
  'CoinGecko, with a zone behind times': {
    text: `snapped_at,price,market_cap\n${days((day, at) => `2024-03-${day} 00:00:00 UTC,6200${at}.5,1.2e12`)}`,
    interval: DAY,
    times: DAILY,
    cell: ['price', 62_000.5],
  },
  'Refinitiv Tick History, in minutes with an offset': {
    text: `#RIC,Date-Time,GMT Offset,Type,Last\n${hours((hour, at) => `VOD.L,2024-03-04T${hour}:00Z,+0,Intraday 1Hour,68.${at}`)}`,
    interval: HOUR,
    times: ['2024-03-04T08:00:00Z', '2024-03-04T09:00:00Z'],
    cell: ['Last', 68],
  },
  'Macrotrends, below a disclaimer': {
    text: `\n\nMacrotrends Data Download\n\nDISCLAIMER: HISTORICAL DATA IS PROVIDED "AS IS".\n\n\ndate, real, nominal\n1915-01-01, 600.1, 20.0\n1915-02-01, 601.1, 20.1\n1915-03-01, 602.1, 20.2\n`,
    interval: MONTH,
    times: ['1915-01-01', '1915-02-01'],
    cell: ['nominal', 20],
  },
};

describe('further files as vendors write them', () => {
  const project = new Project();
  after(() => project.remove());

  /** What a sentence says to write. */
  function optionsIn(message: string): Record<string, unknown> {
    const [, name = '', value] = /(timeZone|timeFormat|encoding): '([^']*)'/.exec(message) ?? [];
    if (value !== undefined) return { [name]: value };
    const [, list = ''] = /columns: \[([^\]]*)\]/.exec(message) ?? [];
    return { columns: list.split(', ').map((each) => each.slice(1, -1)) };
  }

  for (const [name, { text, interval, times, cell, told = [] }] of Object.entries(VENDORS)) {
    it(name, async () => {
      project.write('file.csv', text);
      let options: Record<string, unknown> = { path: 'file.csv' };
      for (const message of told) {
        const error: unknown = await project
          .read('csv', options, plainGrid(interval))
          .catch((thrown: unknown) => thrown);
        assert.ok(error instanceof SeamlessError, String(error));
        assert.match(error.message, message);
        options = { ...options, ...optionsIn(error.message) };
      }
      const table = await readAll(await project.open('csv', options, plainGrid(interval)));
      assert.deepEqual(Array.from(table.ts.subarray(0, 2), formatTime), times);
      const [column, value] = cell;
      assert.equal(table.columns[columnIndex(table.names, column)]?.values[0], value);
    });
  }

  it('of dates alone are of no zone, whatever their header says', async () => {
    const { ts } = await project.csv('Date (EST),close\n2024-03-04,1\n2024-03-05,2\n', {}, plainGrid(DAY));
    assert.deepEqual(Array.from(ts, formatTime), DAILY);
  });
});
