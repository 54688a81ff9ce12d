import type { Calendar } from '../time/calendar.js';
import { DagNode, shown } from '../dag-node.js';
import { SeamlessError } from '../errors.js';
import { checkPeriod, checkProvider, type Bar } from '../node.js';
import type { SeamlessDataProvider } from '../providers/presets.js';
import type { HistoryProvider } from '../providers/providers.js';
import type { Anchor, Interval } from '../time/time.js';
import { symbolOption, SYMBOL_PLACE } from '../wire/transport.js';

export interface UniverseOptions {
  readonly name: string;
  /** Default: the strategy's. */
  readonly interval?: Interval;
  /** Calendar of the bars: 'XNYS', or { zone: 'America/New_York', dayStart: '17:00' }. Default: UTC. */
  readonly calendar?: Calendar;
  /** Where weeks, quarters and years end: 'W-FRI', 'Q-JAN', 'Y-MAR'. Default: Sunday, and December. */
  readonly anchor?: Anchor;
  /** The least number of a symbol's bars that its consumers need before they fire. Default: 1. */
  readonly period?: number;
  /** The bars of all symbols, in one long table or one file per symbol: `csvHistory`, `parquetHistory` or `sqlHistory`. */
  readonly history: HistoryProvider | SeamlessDataProvider;
  /**
   * The column with a row's symbol, or the key of folders per symbol: `ticker` in `data/ticker=AAPL/1.parquet`. Default: taken
   * from the file name, at `{symbol}` or at the only `*` in the history's path.
   */
  readonly symbol?: string;
  /** The symbols as the source writes them, in any order. Default: all in the source. */
  readonly symbols?: readonly string[];
  /**
   * Who is a member when: a column that is true (or a non-zero number) at the bars of members, or a separate source. Default:
   * every symbol with a bar. A `CrossNode` sees only members.
   */
  readonly members?: string | HistoryProvider | MembershipOptions;
}

/**
 * A source of membership, in one of three forms: a row per stay, `from` (inclusive; empty: since ever) and `to` (exclusive;
 * empty: until now); a row per change, a time and `member`; or lists of all members at some times, each valid until the next.
 */
interface MembershipOptions {
  readonly history: HistoryProvider;
  /** Its columns. Default: usual names. */
  readonly symbol?: string;
  readonly from?: string;
  readonly to?: string;
  readonly member?: string;
}

/** What the host needs to know about a universe; hidden from a `computeFn`. */
export interface UniverseSource {
  /** Null: file paths name the symbols. */
  readonly column: string | null;
  /** As the author named them, in order; null: to be found in the source. */
  readonly symbols: readonly string[] | null;
  /** Null: every symbol with a bar is a member. */
  readonly members: string | MembershipOptions | null;
}

export let universeSource: (universe: Universe<unknown>) => UniverseSource;

/** The column that membership adds to a universe's bars: 1 for members. */
export const MEMBER = 'member';

/** Names of columns that every row has. */
const TAKEN = new Set(['ts', 'time']);

/**
 * Many symbols over one source. A node whose input is a universe, or a node over one, is a family: one definition that exists
 * once per symbol, each with its own windows over its own symbol's bars, its own history and its own coverage.
 *
 * ```ts
 * const prices = new Universe({ name: 'prices', interval: '1d', history: parquetHistory('data/prices.parquet'), symbol: 'ticker' });
 * const mom = new Node({ name: 'mom', input: prices, period: 21, computeFn: (view) => {
 *   const close = view.window(prices).column('close');
 *   return close[20]! / close[0]! - 1;
 * } });
 * ```
 *
 * All symbols begin and end with the source: a symbol that is listed late, or no longer, has no bars there, and that is known.
 */
export class Universe<T = Bar> extends DagNode<T> {
  readonly kind = 'universe';
  readonly period: number;
  readonly historyProvider: HistoryProvider;
  readonly #source: UniverseSource;

  static {
    universeSource = (universe) => universe.#source;
  }

  /** @throws SeamlessError `strategy`, `period` or `source` for options without meaning. */
  constructor(options: UniverseOptions) {
    super(options.name, options);
    const { name } = options;
    if (!name) {
      throw new SeamlessError(
        'strategy',
        'A Universe has no name: give it one that is unique in its strategy.',
      );
    }
    if (options.interval === 'tick') {
      throw new SeamlessError(
        'interval',
        `Universe ${name} cannot have ticks: make a StreamInput with interval: 'tick' for each symbol, such as csvHistory('ticks.csv', { symbol: 'AAPL' }), or store bars.`,
        { node: name },
      );
    }
    this.period = checkPeriod(options.period ?? 1, name);
    this.historyProvider = checkHistory(options.history, name, 'history');
    this.#source = Object.freeze({
      column: checkColumn(options.symbol, this.historyProvider, name),
      symbols: options.symbols === undefined ? null : checkSymbols(options.symbols, name),
      members: checkMembers(options.members, name),
    });
    const { symbols } = this.#source;
    // An own property, as any property that code may read, so that fingerprints count it.
    if (symbols) Object.defineProperty(this, 'symbols', { value: symbols, enumerable: true });
  }

  /**
   * In order of character codes, which is the order of arrays in a `CrossNode`.
   * @throws SeamlessError `strategy` if they are found in the source, which is read after `setup()`
   */
  get symbols(): readonly string[] {
    throw new SeamlessError(
      'strategy',
      `The symbols of ${this.name} are found in its source once setup() is done: read section.symbols in a CrossNode, or list them with symbols: ['AAPL', 'MSFT'].`,
      { node: this.name },
    );
  }
}

function checkHistory(
  provider: UniverseOptions['history'] | undefined,
  name: string,
  option: string,
): HistoryProvider {
  const checked = checkProvider(provider, name, { what: 'Universe', option });
  if (typeof checked.fetch !== 'function') return checked;
  throw new SeamlessError(
    'source',
    `Universe ${name} has a ${option} of its own kind: a universe reads tables, so give it csvHistory, parquetHistory or sqlHistory.`,
    { node: name },
  );
}

/** In JavaScript it may be anything. */
function checkColumn(column: unknown, { kind, options }: HistoryProvider, name: string): string | null {
  const own = symbolOption(kind);
  if (own !== null) {
    const text = options[own];
    if (column === undefined && typeof text === 'string' && text.includes(SYMBOL_PLACE)) return null;
    throw new SeamlessError(
      'strategy',
      `Universe ${name} asks ${kind} for one symbol at a time: put ${SYMBOL_PLACE} in its ${own} where the symbol goes${column === undefined ? '' : ', and leave symbol out'}.`,
      { node: name },
    );
  }
  if (typeof column === 'string' && column !== '') return column;
  if (column !== undefined) {
    throw new SeamlessError(
      'strategy',
      `Universe ${name} has ${shown(column)} as its symbol: name the column that has the symbols, such as symbol: 'ticker'.`,
      { node: name },
    );
  }
  const paths = [options['path']].flat();
  if (paths.every((path) => typeof path === 'string' && /\*|\{symbol\}/.test(path))) return null;
  throw new SeamlessError(
    'strategy',
    `Universe ${name} does not say which column has the symbols: name it, such as symbol: 'ticker', or have the files' names say them, such as csvHistory('data/{symbol}.csv').`,
    { node: name },
  );
}

const COLUMNS = ['symbol', 'from', 'to', 'member'] as const;

function checkMembers(members: UniverseOptions['members'], name: string): UniverseSource['members'] {
  if (members === undefined) return null;
  if (typeof members === 'string' && members !== '') return members;
  if (typeof members !== 'object' || (members as unknown) === null) {
    throw new SeamlessError(
      'strategy',
      `Universe ${name} has ${shown(members)} as its members: name a column that says who is one, such as members: 'in_index', or a source, such as members: csvHistory('data/members.csv').`,
      { node: name },
    );
  }
  const given: MembershipOptions = 'history' in members ? members : { history: members };
  checkHistory(given.history, name, 'members.history');
  const wrong = Object.entries(given).find(
    ([key, value]) =>
      key !== 'history' &&
      value !== undefined &&
      !(COLUMNS.some((known) => known === key) && typeof value === 'string' && value !== ''),
  );
  if (!wrong) return Object.freeze({ ...given });
  throw new SeamlessError(
    'strategy',
    `Universe ${name} has members with ${wrong[0]}: ${shown(wrong[1])}: its columns are named by ${COLUMNS.join(', ')}, each a text.`,
    { node: name },
  );
}

/**
 * Symbols in order, without repeats.
 * @param found from the source, not the author
 * @throws SeamlessError `strategy` for invalid symbols
 */
export function checkSymbols(given: unknown, name: string, found = false): readonly string[] {
  const refuse = (what: string): SeamlessError =>
    new SeamlessError('strategy', `Universe ${name} ${what}`, { node: name });
  if (!Array.isArray(given) || given.length === 0) {
    throw refuse(
      "has no symbols: list them as the source writes them, such as symbols: ['AAPL', 'MSFT'], or leave symbols out to have all.",
    );
  }
  const symbols = given as readonly unknown[];
  const wayOut = found
    ? "rename it in the source, or list those you want with symbols: ['AAPL']"
    : 'rename it in the source';
  const seen = new Map<string, string>();
  for (const [index, symbol] of symbols.entries()) {
    if (typeof symbol !== 'string' || symbol === '') {
      throw refuse(`has ${shown(symbol)} as symbol ${index + 1}, which is no text: write it in quotes.`);
    }
    const lower = symbol.toLowerCase();
    if (/[[\]*]/.test(symbol) || TAKEN.has(lower) || symbol === '__proto__') {
      throw refuse(`has the symbol ${JSON.stringify(symbol)}, which no column can be called: ${wayOut}.`);
    }
    const twin = seen.get(lower);
    if (twin !== undefined) {
      throw refuse(
        twin === symbol
          ? `has the symbol ${JSON.stringify(symbol)} twice: name each once.`
          : `has the symbols ${JSON.stringify(twin)} and ${JSON.stringify(symbol)}, which differ in letters' case alone: ${wayOut}.`,
      );
    }
    seen.set(lower, symbol);
  }
  return Object.freeze([...seen.values()].sort());
}
