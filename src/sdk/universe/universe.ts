import { DagNode, shown } from '../dag-node.js';
import { SeamlessError } from '../errors.js';
import { checkPeriod, checkProvider, type Bar } from '../node.js';
import type { HistoryProvider } from '../providers.js';
import type { Interval } from '../time.js';

export interface UniverseOptions {
  readonly name: string;
  /** Default: the strategy's. */
  readonly interval?: Interval;
  /** The least number of bars of a symbol that its consumers get to see before they fire. Default: 1. */
  readonly period?: number;
  /** One long table with the bars of all symbols: `csvHistory`, `parquetHistory` or `sqlHistory`. */
  readonly history: HistoryProvider;
  /** The column of the table that says which symbol a row belongs to. */
  readonly symbol: string;
  /** The symbols, each as the table writes it. Their order does not matter. */
  readonly symbols: readonly string[];
}

/** The column with the symbols: for the host, and out of reach of a `computeFn`. */
export let symbolColumnOf: (universe: Universe<unknown>) => string;

/** Names of columns that each row has in any case. */
const TAKEN = new Set(['ts', 'time']);

/**
 * Many symbols over one source. A node whose input is a universe, or a node over one, is a family: one definition that exists
 * once per symbol, each with its own windows over its own symbol's bars, its own history and its own coverage.
 *
 * ```ts
 * const prices = new Universe({
 *   name: 'prices', interval: '1d', history: parquetHistory('data/prices.parquet'), symbol: 'ticker', symbols: ['AAPL', 'MSFT'],
 * });
 * const mom = new Node({ name: 'mom', input: prices, period: 21, computeFn: (view) => {
 *   const close = view.window(prices).column('close');
 *   return close[20]! / close[0]! - 1;
 * } });
 * ```
 *
 * All symbols begin and end with the table: a symbol that is listed late, or no longer, has no bars there, and that is known.
 */
export class Universe<T = Bar> extends DagNode<T> {
  readonly kind = 'universe';
  readonly period: number;
  readonly historyProvider: HistoryProvider;
  /** In the order of their characters' codes, which is the order of arrays in a `CrossNode`. */
  readonly symbols: readonly string[];
  readonly #column: string;

  static {
    symbolColumnOf = (universe) => universe.#column;
  }

  /** @throws SeamlessError `strategy`, `period` or `source` for options without meaning. */
  constructor(options: UniverseOptions) {
    super(options.name, options.interval);
    const { name } = options;
    if (!name) {
      throw new SeamlessError(
        'strategy',
        'A Universe has no name: give it one that is unique in its strategy.',
      );
    }
    this.period = checkPeriod(options.period ?? 1, name);
    this.historyProvider = checkProvider(options.history, name, {
      what: 'Universe',
      option: 'history',
    });
    if (typeof this.historyProvider.fetch === 'function') {
      throw new SeamlessError(
        'source',
        `Universe ${name} has a history of its own kind: a universe reads one long table, so give it csvHistory, parquetHistory or sqlHistory.`,
        { node: name },
      );
    }
    this.#column = checkColumn(options.symbol, name);
    this.symbols = checkSymbols(options.symbols, name);
  }
}

/** In JavaScript it may be missing, or anything. */
function checkColumn(column: unknown, name: string): string {
  if (typeof column === 'string' && column !== '') return column;
  throw new SeamlessError(
    'strategy',
    `Universe ${name} does not say which column has the symbols: name it, such as symbol: 'ticker'.`,
    { node: name },
  );
}

function checkSymbols(given: unknown, name: string): readonly string[] {
  const refuse = (what: string): SeamlessError =>
    new SeamlessError('strategy', `Universe ${name} ${what}`, { node: name });
  if (!Array.isArray(given) || given.length === 0) {
    throw refuse("has no symbols: list them as the table writes them, such as symbols: ['AAPL', 'MSFT'].");
  }
  const symbols = given as readonly unknown[];
  for (const [index, symbol] of symbols.entries()) {
    if (typeof symbol !== 'string' || symbol === '') {
      throw refuse(`has ${shown(symbol)} as symbol ${index + 1}, which is no text: write it in quotes.`);
    }
    if (/[[\]*]/.test(symbol) || TAKEN.has(symbol.toLowerCase()) || symbol === '__proto__') {
      throw refuse(
        `has the symbol ${JSON.stringify(symbol)}, which no column can be called: rename it in the table.`,
      );
    }
  }
  const texts = symbols as readonly string[];
  const twin = texts.find(
    (symbol, index) => texts.findIndex((each) => each.toLowerCase() === symbol.toLowerCase()) !== index,
  );
  if (twin !== undefined) {
    throw refuse(
      `has the symbol ${JSON.stringify(twin)} twice, letters' case aside: name each once, and rename one in the table where they are two.`,
    );
  }
  return Object.freeze([...texts].sort());
}
