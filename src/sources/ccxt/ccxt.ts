import type { OpenStream, SourceReader } from '../../engine/ports/source.js';
import { messageOf, nearNames, SeamlessError } from '../../sdk/errors.js';
import { formatInterval, type Range } from '../../sdk/time/time.js';
import { sourceError } from '../faults.js';
import type { FileContext } from '../files.js';
import { pageOf } from '../http/page.js';
import { KLINE, rowPlaces, timeOption, wireSettings, type WireSettings } from '../http/settings.js';
import { isRecord, Options } from '../options.js';
import { paced } from '../wire/pace.js';
import { PagedReader } from '../wire/paged-reader.js';
import { Passing, patiently, Refusal } from '../wire/patience.js';
import { Secrets } from '../wire/secrets.js';
import { loadCcxt, type Ccxt, type CcxtExchange } from './exchange.js';

/** Raised when the same answers are read as other bars. */
const VERSION = 1;

interface Settings extends WireSettings {
  readonly exchange: string;
  readonly symbol: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly params: Readonly<Record<string, unknown>>;
}

/** @throws SeamlessError `source` when an option is wrong. */
export async function openCcxt(
  stream: OpenStream,
  { projectRoot, signal }: FileContext,
): Promise<SourceReader> {
  const options = new Options(stream);
  const [exchange, symbol] = [options.requiredText('exchange'), options.requiredText('symbol')];
  const [since, until] = [timeOption(stream, options, 'since'), timeOption(stream, options, 'until')];
  const [config, params] = [recordOf(stream, options, 'config'), recordOf(stream, options, 'params')];
  options.raw('phase');
  options.finish();
  const transport = new Options(stream, stream.source.transport ?? {});
  const fits = (value: number): boolean => Number.isInteger(value) && value >= 2 && value <= 50_000;
  const limit = transport.number('limit', 'a whole number from 2 to 50000', fits) ?? 500;
  const wire = wireSettings(stream, transport);
  transport.finish();
  const asked = new CcxtPages(stream, projectRoot, { exchange, symbol, config, params, ...wire }, signal);
  return new PagedReader(stream, {
    version: `ccxt ${VERSION}`,
    shown: `${exchange} (ccxt)`,
    limit,
    stabilizationBars: wire.stabilizationBars,
    since,
    until,
    now: () => null,
    page: async (range) =>
      pageOf(
        stream,
        { rows: [], places: rowPlaces(stream, KLINE), timeUnit: 'ms' },
        await asked.page(range, limit),
        range,
      ),
  });
}

function recordOf(stream: OpenStream, options: Options, name: string): Readonly<Record<string, unknown>> {
  const value = options.raw(name) ?? {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  throw sourceError(
    stream,
    `its option ${name} must be a record, such as { options: { defaultType: 'swap' } }.`,
  );
}

class CcxtPages {
  readonly #stream: OpenStream;
  readonly #projectRoot: string;
  readonly #settings: Settings;
  readonly #signal: AbortSignal | undefined;
  readonly #secrets: Secrets;
  #opened: Promise<{ ccxt: Ccxt; exchange: CcxtExchange; timeframe: string }> | null = null;

  constructor(stream: OpenStream, projectRoot: string, settings: Settings, signal: AbortSignal | undefined) {
    this.#stream = stream;
    this.#projectRoot = projectRoot;
    this.#settings = settings;
    this.#signal = signal;
    this.#secrets = new Secrets(stream);
  }

  async page({ start, end }: Range, limit: number): Promise<unknown> {
    const { ccxt, exchange, timeframe } = await (this.#opened ??= this.#open());
    const { symbol, attempts, pace, params } = this.#settings;
    const until = { until: end * 1000 - 1, ...params };
    const ask = async (): Promise<unknown> => {
      try {
        return await exchange.fetchOHLCV(symbol, timeframe, start * 1000, limit, until);
      } catch (error) {
        throw this.#understood(ccxt, exchange, error);
      }
    };
    try {
      return await patiently(attempts, this.#signal, () =>
        paced(this.#settings.exchange, pace, this.#signal, ask),
      );
    } catch (error) {
      if (this.#signal?.aborted)
        throw new SeamlessError('cancelled', 'Cancelled. What was fetched before is kept.');
      if (!(error instanceof Passing || error instanceof Refusal)) throw error;
      const again =
        error instanceof Passing
          ? `, at each of ${attempts} attempts. What was fetched before is kept: run again once it answers.`
          : '.';
      throw sourceError(
        this.#stream,
        this.#secrets.hide(`${this.#settings.exchange} (ccxt) ${error.message}${again}`),
        error instanceof Refusal ? new Refusal(this.#secrets.hide(`${error.message}.`)) : undefined,
      );
    }
  }

  async #open(): Promise<{ ccxt: Ccxt; exchange: CcxtExchange; timeframe: string }> {
    const ccxt = await loadCcxt(
      {
        name: 'its ccxt source',
        refuse: (sentence, cause) => sourceError(this.#stream, sentence, cause),
      },
      this.#projectRoot,
    );
    const { exchange: name, config, timeoutMs } = this.#settings;
    const exchange = ccxt.make(name, { timeout: timeoutMs, ...this.#filled(config) });
    const timeframe = formatInterval(this.#stream.interval);
    const known = Object.keys(exchange.timeframes ?? {});
    if (known.length > 0 && !known.includes(timeframe)) {
      throw sourceError(
        this.#stream,
        `${name} (ccxt) has no bars of ${timeframe}: it has ${known.join(', ')}. Take one of these, and make longer ones of it with resample.`,
      );
    }
    return { ccxt, exchange, timeframe };
  }

  /** A configuration with its secrets. */
  #filled(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => {
        if (typeof each === 'string') return [name, this.#secrets.fill(each)];
        return [name, isRecord(each) ? this.#filled(each) : each];
      }),
    );
  }

  #understood(ccxt: Ccxt, { symbols }: CcxtExchange, error: unknown): Error {
    const message = messageOf(error);
    switch (ccxt.kindOf(error)) {
      case 'passing':
        return new Passing(`did not answer (${message})`);
      case 'key':
        return new Refusal(
          `refuses the key (${message}): check config and the environment variables it names`,
        );
      case 'symbol': {
        const near = nearNames(this.#settings.symbol, symbols ?? []);
        return new Refusal(
          `has no symbol ${this.#settings.symbol}${near.length > 0 ? `: did you mean ${near.join(' or ')}?` : ''}`,
        );
      }
      default:
        return new Refusal(`refused (${message})`);
    }
  }
}
