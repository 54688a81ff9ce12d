import type { OpenStream } from '../../engine/ports/source.js';
import { formatInterval, isMonths, parseInterval, parseTime, type Seconds } from '../../sdk/time/time.js';
import { STABILIZATION_BARS, SYMBOL_PLACE } from '../../sdk/wire/transport.js';
import { sourceError } from '../faults.js';
import { Options } from '../options.js';
import type { PaceLimit } from '../wire/pace.js';

export type TimeUnit = 's' | 'ms' | 'us' | 'ns' | 'iso';

/** Where the values of a row are: its time and each column, by list position or field name. */
export interface RowPlaces {
  readonly form: 'list' | 'record';
  readonly time: number | string;
  readonly columns: readonly { readonly name: string; readonly at: number | string }[];
  /** The fewest values that a list must have. */
  readonly least: number;
}

/** How a wire is asked, validated. */
export interface WireSettings {
  readonly stabilizationBars: number;
  readonly pace: PaceLimit;
  readonly attempts: number;
  readonly timeoutMs: number;
}

export interface HttpSettings extends WireSettings {
  readonly url: string;
  readonly rows: readonly string[];
  readonly places: RowPlaces;
  readonly timeUnit: TimeUnit;
  readonly since: Seconds | null;
  readonly until: Seconds | null;
  readonly limit: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** The column order of klines at most exchanges. */
export const KLINE = ['time', 'open', 'high', 'low', 'close', 'volume'];

/** @throws SeamlessError `source` for an option that is missing, unknown or wrong */
export function httpSettings(stream: OpenStream): HttpSettings {
  const options = new Options(stream);
  const url = options.requiredText('url');
  checkUrl(stream, url);
  const rows = options.text('rows')?.split('.') ?? [];
  const places = rowPlaces(stream, options.textsOrMap('columns') ?? KLINE);
  const timeUnit = options.oneOf('timeUnit', ['s', 'ms', 'us', 'ns', 'iso']) ?? 'ms';
  const since = timeOption(stream, options, 'since');
  const until = timeOption(stream, options, 'until');
  if (since !== null && until !== null && since >= until)
    throw sourceError(stream, 'its bars end (until) before they begin (since): swap them.');
  const headers = headersOf(stream, options.raw('headers'));
  options.raw('phase');
  options.finish();
  const transport = new Options(stream, stream.source.transport ?? {});
  const limit = transport.number('limit', 'a whole number from 2 to 50000', wholeWithin(2, 50_000)) ?? 1000;
  const wire = wireSettings(stream, transport);
  transport.finish();
  return { url, rows, places, timeUnit, since, until, limit, headers, ...wire };
}

/**
 * The options that all wires share.
 * @throws SeamlessError `source` for a wrong option, and for a stream of months
 */
export function wireSettings(
  stream: OpenStream,
  transport: Options,
  { attempts, timeout } = { attempts: 6, timeout: '30s' },
): WireSettings {
  if (isMonths(stream.interval)) {
    throw sourceError(
      stream,
      `its ${stream.source.kind} source reads bars of a fixed length, not of ${formatInterval(stream.interval)}: make it bars of '1d', and months of them with resample.`,
    );
  }
  return {
    stabilizationBars:
      transport.number('stabilizationBars', 'a whole number from 0 on', wholeWithin(0, 1e6)) ??
      STABILIZATION_BARS,
    attempts: transport.number('attempts', 'a whole number from 1 to 100', wholeWithin(1, 100)) ?? attempts,
    pace: paceOf(stream, transport.raw('pace')),
    timeoutMs: 1000 * durationOf(stream, 'timeout', transport.raw('timeout') ?? timeout),
  };
}

export function timeOption(stream: OpenStream, options: Options, name: string): Seconds | null {
  const value = options.raw(name);
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' || typeof value === 'string' || value instanceof Date)
    return parseTime(value, `${stream.name}: its option ${name}`);
  throw sourceError(stream, `its option ${name} is not a time: write one such as '2020-01-01'.`);
}

function wholeWithin(least: number, most: number): (value: number) => boolean {
  return (value) => Number.isInteger(value) && value >= least && value <= most;
}

function checkUrl(stream: OpenStream, url: string): void {
  const example =
    'https://api.binance.com/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime={start}&endTime={end}&limit={limit}';
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw sourceError(stream, `its url is not an address: write one such as ${example}.`);
  }
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')
    throw sourceError(stream, `its url is a ${parsed.protocol} address: write one such as ${example}.`);
  if (parsed.username || parsed.password) {
    throw sourceError(
      stream,
      "its url has a password in it, which would be kept with the strategy: send it as a header, headers: { authorization: 'Basic {env.NAME}' }, with the secret in the environment variable NAME.",
    );
  }
  if (!/\{(?:start|afterStart)\}/.test(url)) {
    throw sourceError(
      stream,
      `its url does not say which bars are wanted: put {start} and {end} into it, as in ${example}.`,
    );
  }
  const stranger = /\{(?!start\}|end\}|afterStart\}|beforeEnd\}|limit\}|env\.\w+\})[^}]*\}/.exec(url);
  if (stranger?.[0] === SYMBOL_PLACE) {
    throw sourceError(
      stream,
      `its url has ${SYMBOL_PLACE} in it, which a Universe fills in: write new Universe({ history: httpHistory({ url }), symbols: ['BTCUSDT', 'ETHUSDT'] }), or the symbol itself in the url.`,
    );
  }
  if (stranger) {
    throw sourceError(
      stream,
      `its url has ${stranger[0]} in it, which stands for nothing: use {start}, {end}, {afterStart}, {beforeEnd}, {limit}, or {env.NAME} for a secret.`,
    );
  }
}

export function rowPlaces(
  stream: OpenStream,
  columns: readonly string[] | Readonly<Record<string, string>>,
): RowPlaces {
  const isList = Array.isArray(columns);
  const pairs: (readonly [string, number | string])[] = isList
    ? (columns as readonly string[]).map((name, position) => [name, position] as const)
    : Object.entries(columns as Readonly<Record<string, string>>);
  const named = pairs.filter(([name]) => name !== '');
  const time = named.find(([name]) => name === 'time');
  const twice = named.find(([name], position) => named.findIndex(([other]) => other === name) !== position);
  if (twice) throw sourceError(stream, `its columns name ${twice[0]} twice: give each a name of its own.`);
  const rest = named.filter(([name]) => name !== 'time');
  if (!time || rest.length === 0) {
    throw sourceError(
      stream,
      `its columns must have time and at least one more, such as columns: ['time', 'open', 'high', 'low', 'close', 'volume'], or { time: 't', close: 'c' }.`,
    );
  }
  return {
    form: isList ? 'list' : 'record',
    time: time[1],
    // Sorted: the order in which the author wrote them does not matter.
    columns: rest.map(([name, at]) => ({ name, at })),
    least: isList ? 1 + Math.max(...named.map(([, at]) => Number(at))) : 0,
  };
}

function headersOf(stream: OpenStream, value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  const isTexts =
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((each) => typeof each === 'string');
  if (isTexts) return value as Readonly<Record<string, string>>;
  throw sourceError(
    stream,
    "its option headers must be a record of texts, such as { 'x-api-key': '{env.API_KEY}' }.",
  );
}

function paceOf(stream: OpenStream, value: unknown): PaceLimit {
  if (value === undefined) return { requests: 10, per: 1 };
  const { requests, per } = (value ?? {}) as { requests?: unknown; per?: unknown };
  if (typeof requests === 'number' && Number.isInteger(requests) && requests > 0)
    return { requests, per: durationOf(stream, 'pace.per', per) };
  throw sourceError(
    stream,
    "its option pace must say how many requests in how long, such as { requests: 10, per: '1s' }.",
  );
}

function durationOf(stream: OpenStream, name: string, value: unknown): Seconds {
  if (typeof value === 'string' || typeof value === 'number') {
    const seconds = parseInterval(value, `${stream.name}: its option ${name}`);
    if (!isMonths(seconds)) return seconds;
  }
  throw sourceError(stream, `its option ${name} must be a length of time such as '30s' or '1m'.`);
}
