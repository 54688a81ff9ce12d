import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { priceToName } from '../sdk/bars/bars-of.js';
import { messageOf, SeamlessError } from '../sdk/errors.js';

interface NewStrategyOptions {
  /** The folder for the file; it must exist. */
  readonly folder: string;
  /** Name of the class. */
  readonly name: string;
  /** Names of existing strategies: two with one name would share their history's name. */
  readonly taken?: Iterable<string>;
  /** Its data. Default: a made-up market. */
  readonly data?: StrategyData;
}

/** A data file, as `inspect` found it. */
export interface StrategyData {
  /** The stream that reads it, as code: `new StreamInput({ … historyProvider: csvHistory('data/x.csv') })`. */
  readonly line: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

interface NewStrategy {
  /** Absolute path of the new file. */
  readonly file: string;
  /** The line to edit first, counted from 1. */
  readonly line: number;
}

/**
 * Writes a strategy that runs at once, even without data, into a file named after it; never overwrites one.
 * @throws SeamlessError `usage` for an invalid name, `not-found` when there is no such folder, `source` when the data have no
 * column of numbers, `internal` when the file cannot be written
 */
export async function newStrategy({
  folder,
  name,
  taken = [],
  data,
}: NewStrategyOptions): Promise<NewStrategy> {
  const fault = strategyNameFault(name, taken);
  if (fault !== null) throw new SeamlessError('usage', fault);
  const text = template(name, data ? streamOf(data) : MADE_UP);
  const file = await writeNew(folder, fileNameOf(name), text);
  const line = text.split('\n').findIndex((each) => each.includes('computeFn:')) + 1;
  return { file, line };
}

/** Why a name is invalid for a new strategy's class, as a sentence; null: it is valid. */
export function strategyNameFault(name: string, taken: Iterable<string> = []): string | null {
  const suggestion = pascalCase(name);
  const instead = suggestion === null || suggestion === name ? '' : ` For instance: ${suggestion}.`;
  if (name.trim() === '') return 'A strategy needs a name. For instance: MyMomentum.';
  if (!IDENTIFIER.test(name)) {
    return `${JSON.stringify(name)} cannot be the name of a class: use letters, digits and _, and begin with a letter.${instead}`;
  }
  if (RESERVED.has(name)) return `${name} is a word of the language: choose another name.${instead}`;
  if (OWN.has(name)) return `${name} is something the strategy itself uses: choose another name.`;
  if (new Set(taken).has(name)) return `There is a strategy ${name} already: choose another name.`;
  return null;
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** ECMAScript's reserved words, and names that TypeScript forbids for classes. */
const RESERVED: ReadonlySet<string> = new Set(
  `arguments await break case catch class const continue debugger default delete do else enum eval export extends false
  finally for function if implements import in instanceof interface let new null package private protected public return
  static super switch this throw true try typeof var void while with yield
  any bigint boolean never number object string symbol undefined unknown`.split(/\s+/),
);

/** The names that the new file uses. */
const OWN: ReadonlySet<string> = new Set([
  'csvHistory',
  'demoHistory',
  'Node',
  'parquetHistory',
  'sma',
  'Strategy',
  'StreamInput',
]);

function pascalCase(name: string): string | null {
  const words = name.match(/[\p{ID_Continue}$]+/gu) ?? [];
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  const clean = joined.replace(/^[^\p{ID_Start}$_]+/u, '');
  return IDENTIFIER.test(clean) ? clean : null;
}

/** Windows reserves these file names for devices. */
const DEVICE = /^(?:aux|con|nul|prn|com\d|lpt\d)$/;

/** `MyMomentum` → `my-momentum`. */
function fileNameOf(name: string): string {
  const words = name
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1-$2')
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1-$2')
    .split(/[-_$]+/)
    .filter((word) => word !== '')
    .join('-')
    .toLowerCase();
  return words === '' || DEVICE.test(words) ? `${words}-strategy`.replace(/^-/, '') : words;
}

async function writeNew(folder: string, base: string, text: string): Promise<string> {
  for (let count = 1; ; count++) {
    const file = join(folder, `${base}${count === 1 ? '' : `-${count}`}.ts`);
    try {
      await writeFile(file, text, { flag: 'wx' });
      return file;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue;
      throw notWritten(file, folder, error);
    }
  }
}

function notWritten(file: string, folder: string, cause: unknown): SeamlessError {
  if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') {
    return new SeamlessError('not-found', `There is no folder ${folder}: choose one for the strategy.`, {
      cause,
    });
  }
  const why = messageOf(cause);
  return new SeamlessError(
    'internal',
    `${file} could not be written (${why}): make its folder writable, or choose another.`,
    { cause },
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** A new strategy's stream, as code. */
interface StreamCode {
  readonly provider: string;
  readonly code: string;
  /** The indicator option that names the column; empty: its default. */
  readonly option: string;
  /** How a bar's value is read from its row: `.close`. */
  readonly access: string;
}

const MADE_UP: StreamCode = {
  provider: 'demoHistory',
  code: `// Daily bars of a made-up market. For bars of your own, add csvHistory to the import above, and write here:
    // historyProvider: csvHistory('data/mine.csv'),
    const price = new StreamInput({
      tags: ['DEMO', 'price'],
      interval: '1d',
      historyProvider: demoHistory({ seed: 1, volatility: 0.01 }),
    });`,
  option: '',
  access: '.close',
};

/** @throws SeamlessError `source` when there is no column of numbers */
function streamOf({ line, columns }: StrategyData): StreamCode {
  const numbers = columns.filter(({ type }) => type === 'number').map(({ name }) => name);
  if (line.includes("interval: 'tick'") && numbers.length > 0) return barsOfTicks(line, numbers);
  const named = (wanted: string): string | undefined => numbers.find((name) => name.toLowerCase() === wanted);
  const column = named('close') ?? named('price') ?? named('value') ?? numbers.at(0);
  if (column === undefined) {
    throw new SeamlessError(
      'source',
      'The file has no column of numbers to begin with: choose a file with prices, or write the strategy by hand.',
    );
  }
  const provider = /historyProvider: (\w+)/.exec(line)?.[1] ?? '';
  const isClose = column.toLowerCase() === 'close';
  const key = IDENTIFIER.test(column) ? column : quoted(column);
  // A stream has the type of a bar by default.
  const typed = isClose ? line : line.replace('StreamInput(', `StreamInput<{ readonly ${key}: number }>(`);
  return {
    provider,
    code: `const price = ${inLines(typed)};`,
    option: isClose ? '' : `column: ${quoted(column)}, `,
    access: isClose ? '.close' : key === column ? `.${key}` : `[${key}]`,
  };
}

/** Minutes of a file of ticks. */
function barsOfTicks(line: string, numbers: readonly string[]): StreamCode {
  const named = priceToName(numbers);
  const price = named === null ? '' : `, price: ${quoted(named)}`;
  return {
    provider: `barsOf, ${/historyProvider: (\w+)/.exec(line)?.[1] ?? ''}`,
    code: `const ticks = ${inLines(line)};

    // Bars of a minute each.
    const price = barsOf({ name: 'price', input: ticks, interval: '1m'${price} });`,
    option: '',
    access: '.close',
  };
}

/** One option per line, as in hand-written code. */
function inLines(line: string): string {
  const [, start, tags, interval, provider] =
    /^(.*?\(\{) (tags: .*?), (interval: .*?), (historyProvider: .*) \}\)$/.exec(line) ?? [];
  if (provider === undefined) return line;
  const options = [tags, interval, provider].map((option) => `      ${option},\n`);
  return `${start}\n${options.join('')}    })`;
}

function quoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** Compiles under all strict options of TypeScript, with or without project settings. */
function template(name: string, { provider, code, option, access }: StreamCode): string {
  return `import { ${provider}, Node, sma, Strategy, StreamInput } from 'seamless-dag';

/** How far the price is from its average. */
export class ${name} extends Strategy {
  setup(): void {
    ${code}

    // An indicator: the average of the last 20 bars.
    const average = sma({ name: 'average', input: price, ${option}period: 20 });

    // A node of your own. computeFn is called once per bar, and sees the last \`period\` bars of each input.
    const distance = new Node({
      name: 'distance',
      input: [price, average],
      period: 1,
      computeFn: (view) => view.latest(price)${access} / view.latest(average) - 1,
    });

    // All that a node depends on is added with it.
    this.addNodes([distance]);
  }
}
`;
}
