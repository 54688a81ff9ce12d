import type { OpenStream, SourceReader } from '../engine/ports/source.js';
import type { Table } from '../sdk/table.js';
import { ceilToGrid, floorToGrid, formatInterval, isMonths, parseTime } from '../sdk/time/time.js';
import type { Range, Seconds, TimeInput } from '../sdk/time/time.js';
import { sourceError } from './faults.js';
import { Options } from './options.js';
import { PriceWalk, uniform, type WalkSettings } from './walk.js';

/** Raised when the same options come to give other bars. */
const VERSION = 1;

/** Where an endless market ends: late enough for any run, early enough to be printed as a date. */
const NO_END = '2100-01-01';

const BATCH_ROWS = 32_768;

const NAMES: readonly string[] = ['open', 'high', 'low', 'close', 'volume'];

/** @throws SeamlessError `source` when an option is wrong. */
export async function openDemo(stream: OpenStream): Promise<SourceReader> {
  const options = new Options(stream);
  const seed = options.number('seed', 'a whole number', Number.isSafeInteger) ?? 1;
  const positive = 'a number above 0';
  const price = options.number('price', positive, (value) => value > 0 && Number.isFinite(value)) ?? 100;
  const volatility =
    options.number('volatility', 'a number from 0 to 1', (value) => value >= 0 && value <= 1) ?? 0.001;
  const holes = options.number('holes', 'a share from 0 to below 1', (value) => value >= 0 && value < 1) ?? 0;
  const start = timeOption(options, 'start', '2015-01-01');
  const end = timeOption(options, 'end', NO_END);
  options.raw('phase');
  options.finish();
  if (isMonths(stream.interval)) {
    throw sourceError(
      stream,
      `its demo source makes bars of a fixed length, not of ${formatInterval(stream.interval)}: make it bars of '1d', and months of them with resample.`,
    );
  }
  if (start >= end)
    throw sourceError(stream, 'its demo source ends before it starts: give an end after the start.');
  return new DemoReader(stream, { seed, price, volatility, interval: stream.interval }, holes, {
    start,
    end,
  });
}

function timeOption(options: Options, name: string, otherwise: TimeInput): Seconds {
  const value: unknown = options.raw(name) ?? otherwise;
  const known = typeof value === 'number' || typeof value === 'string' || value instanceof Date;
  return parseTime(known ? value : String(value), `The ${name} of a demo source`);
}

class DemoReader implements SourceReader {
  readonly whole = false;
  readonly #stream: OpenStream;
  readonly #settings: WalkSettings;
  /** Share of bars that are missing. */
  readonly #holes: number;
  /** Opens of the first bar and after the last, on the grid. */
  readonly #extent: Range;

  constructor(stream: OpenStream, settings: WalkSettings, holes: number, { start, end }: Range) {
    const { interval, phase } = stream;
    this.#stream = stream;
    this.#settings = settings;
    this.#holes = holes;
    this.#extent = {
      start: ceilToGrid(start, interval, phase),
      // The last bar has closed by the end.
      end: floorToGrid(end, interval, phase),
    };
  }

  version(): Promise<string> {
    return Promise.resolve(`demo ${VERSION} ${JSON.stringify([this.#settings, this.#holes, this.#extent])}`);
  }

  bounds() {
    const { interval } = this.#stream;
    let { start: first, end: last } = this.#extent;
    last -= interval;
    while (first <= last && this.#isHole(first)) first += interval;
    while (first <= last && this.#isHole(last)) last -= interval;
    return Promise.resolve(first <= last ? { first, last } : null);
  }

  async *read(range: Range): AsyncGenerator<Table> {
    const { interval, phase } = this.#stream;
    const start = Math.max(this.#extent.start, ceilToGrid(range.start, interval, phase));
    const end = Math.min(this.#extent.end, range.end);
    const walk = new PriceWalk(this.#settings);
    for (let at = start; at < end; at += BATCH_ROWS * interval) {
      const table = this.#batch(walk, at, Math.min(end, at + BATCH_ROWS * interval));
      if (table.ts.length > 0) yield table;
    }
  }

  #batch(walk: PriceWalk, start: Seconds, end: Seconds): Table {
    const { interval } = this.#stream;
    const size = Math.ceil((end - start) / interval);
    const ts = new Float64Array(size);
    const columns = NAMES.map(() => new Float64Array(size));
    const bar = { open: 0, high: 0, low: 0, close: 0, volume: 0 };
    let rows = 0;
    for (let open = start; open < end; open += interval) {
      if (this.#isHole(open)) continue;
      walk.bar(open, bar);
      ts[rows] = open;
      const values = [bar.open, bar.high, bar.low, bar.close, bar.volume];
      for (let i = 0; i < values.length; i++) (columns[i] as Float64Array)[rows] = values[i] as number;
      rows++;
    }
    return {
      shape: 'record',
      ts: ts.subarray(0, rows),
      names: NAMES,
      columns: columns.map((values) => ({ type: 'number', values: values.subarray(0, rows), valid: null })),
      present: null,
    };
  }

  #isHole(open: Seconds): boolean {
    return this.#holes > 0 && uniform(this.#settings.seed, 'holes', open) < this.#holes;
  }
}
