// Slow (20 s): runs in a child process.
import assert from 'node:assert/strict';

import type { ErrorCode } from '../../../src/sdk/errors.js';
import { Child, CSV_HEADER, Project, refused, minute, type Files } from '../../support/project.js';
import { BARS, barsWith, RANGE, strategy } from './momentum.js';

interface BadInput {
  readonly what: string;
  readonly files: Files;
  readonly className?: string;
  readonly code: ErrorCode;
  readonly sentence: RegExp;
  /** File, line and column where the error is shown. */
  readonly at?: readonly [file: string, line: number, column?: number];
}

const STRATEGIES: readonly BadInput[] = [
  {
    what: 'a class that is not there: near names are offered',
    files: { 'main.ts': strategy() },
    className: 'Momentun',
    code: 'not-found',
    sentence: /^main\.ts has no class Momentun\. Did you mean Momentum\?$/,
  },
  {
    what: 'a class unlike any there is: all are offered',
    files: { 'main.ts': strategy() },
    className: 'PairRotation',
    code: 'not-found',
    sentence: /^main\.ts has no class PairRotation\. It has Momentum\.$/,
  },
  {
    what: 'a class that is not exported',
    files: { 'main.ts': strategy({ 'export class': 'class' }) },
    className: 'Momentum',
    code: 'not-found',
    sentence: /^Momentum \(main\.ts:3\) is not exported: write "export class Momentum"\.$/,
    at: ['main.ts', 3],
  },
  {
    what: 'a file whose only class is not exported',
    files: { 'main.ts': strategy({ 'export class': 'class' }) },
    code: 'not-found',
    sentence: /^Momentum \(main\.ts:3\) is not exported/,
  },
  {
    what: 'a file without a strategy',
    files: { 'main.ts': 'export const answer = 42;\n' },
    code: 'not-found',
    sentence: /^main\.ts has no strategy: export a class from it that extends Strategy/,
  },
  {
    what: 'a file that is not there',
    files: { 'mian.ts': strategy() },
    code: 'not-found',
    sentence: /^There is no file main\.ts\. Did you mean mian\.ts\?/,
  },
  {
    what: 'two strategies, and no word which',
    files: { 'main.ts': `${strategy()}export class Other extends Momentum {}\n` },
    code: 'usage',
    sentence: /^main\.ts has 2 strategies: Momentum, Other\. Say which one: main\.ts#Momentum\.$/,
  },
  {
    what: 'a syntax error: file, line and column',
    files: { 'main.ts': strategy({ 'this.addNodes([price, fast]);': 'this.addNodes([price, fast);' }) },
    code: 'syntax',
    sentence: /main\.ts:8:\d+.*Expected "\]" but found "\)"/,
    at: ['main.ts', 8, 31],
  },
  {
    what: 'a syntax error in a file it imports',
    files: {
      'main.ts': strategy({
        'export class': "import { helper } from './lib/helper';\nhelper();\nexport class",
      }),
      'lib/helper.ts': 'export const helper = () => {\n  return 1 +;\n};\n',
    },
    code: 'syntax',
    sentence: /lib\/helper\.ts:2:\d+/,
    at: ['lib/helper.ts', 2, 13],
  },
  {
    what: 'an import of a file that is not there',
    files: {
      'main.ts': strategy({
        'export class': "import { helper } from './lib/helpers';\nhelper();\nexport class",
      }),
    },
    code: 'syntax',
    sentence: /main\.ts:3:\d+.*\.\/lib\/helpers/,
    at: ['main.ts', 3],
  },
  {
    what: 'an import that the SDK does not have',
    files: {
      'main.ts': strategy({ csvHistory: 'csvHistori', "csvHistory('bars.csv')": "csvHistori('bars.csv')" }),
    },
    code: 'syntax',
    sentence: /^seamless-dag has no export named csvHistori: check the spelling of the import\./,
    at: ['main.ts', 2],
  },
  {
    what: 'an error in setup()',
    files: { 'main.ts': strategy({ 'this.addNodes([price, fast]);': 'this.addNodes([price, quick]);' }) },
    code: 'strategy',
    sentence: /^setup\(\) of Momentum threw at main\.ts:8:\d+: ReferenceError: quick is not defined/,
    at: ['main.ts', 8],
  },
];

const GRAPHS: readonly BadInput[] = [
  {
    what: 'a cycle: its path',
    files: {
      'main.ts': strategy({
        'this.addNodes([price, fast]);': `const slow = new Node({ name: 'slow', input: fast, period: 1, computeFn: () => 1 });
    const inputs = fast.inputs;
    inputs.push(slow);
    this.addNodes([slow]);`,
      }),
    },
    code: 'cycle',
    sentence: /^Strategy Momentum has a cycle: (?:fast → slow → fast|slow → fast → slow)\. /,
  },
  {
    what: 'a stream without an interval',
    files: { 'main.ts': strategy({ "interval: '1m', ": '' }) },
    code: 'interval',
    sentence: /^price has no interval: say how long its bars are/,
    at: ['main.ts', 5],
  },
  {
    what: 'inputs of unequal intervals, and none of its own',
    files: {
      'main.ts': strategy({
        'input: price': `input: [price, new StreamInput({ tags: ['hourly'], interval: '1h', historyProvider: csvHistory('bars.csv') })]`,
      }),
    },
    code: 'interval',
    sentence: /^Node fast has inputs of unequal intervals \(price 1m, hourly 1h\) and none of its own/,
    at: ['main.ts', 6],
  },
  {
    what: 'an interval that is none',
    files: { 'main.ts': strategy({ "'1m'": "'1 minute'" }) },
    code: 'interval',
    sentence:
      /^The interval of price "1 minute" is not an interval: write a whole number of seconds, or a text/,
  },
  {
    what: 'a node without a period',
    files: { 'main.ts': strategy({ 'period: 3,': '' }) },
    code: 'period',
    sentence: /^Node fast has no period: say how many bars of its inputs it looks at/,
    at: ['main.ts', 6],
  },
  {
    what: 'a period that counts no bars',
    files: { 'main.ts': strategy({ 'period: 3,': 'period: 2.5,' }) },
    code: 'period',
    sentence: /fast has period 2\.5: a period counts bars, so it must be a whole number of at least 1/,
  },
  {
    what: 'two nodes of one name',
    files: {
      'main.ts': strategy({
        '[price, fast]': `[fast, new Node({ name: 'fast', input: price, period: 1, computeFn: () => 1 })]`,
      }),
    },
    code: 'duplicate-node',
    sentence:
      /^Strategy Momentum has two nodes named fast, first made in .*main\.ts:6: give each its own name\.$/,
    at: ['main.ts', 8],
  },
  {
    what: 'no node at all',
    files: { 'main.ts': strategy({ 'this.addNodes([price, fast]);': '' }) },
    code: 'strategy',
    sentence: /Momentum .*no nodes|no nodes.*Momentum/,
  },
  {
    what: 'a preset of another interval: both are named',
    files: {
      'main.ts': strategy({
        'export class': `definePreset({ id: 'hourly', intervalMs: 3_600_000, provider: 'csv', options: { path: 'bars.csv' } });\nexport class`,
        "csvHistory('bars.csv')": "preset('hourly')",
      }),
    },
    code: 'interval',
    sentence: /^price has interval 1m, but its preset hourly holds bars of 1h: /,
  },
  {
    what: 'a preset that is not defined',
    files: { 'main.ts': strategy({ "csvHistory('bars.csv')": "preset('hourly')" }) },
    code: 'source',
    sentence:
      /^There is no preset "hourly"\. None is defined yet\. Define one in seamless\.presets\.yaml, or with definePreset/,
    at: ['main.ts', 5],
  },
];

const SOURCES: readonly BadInput[] = [
  {
    what: 'a file that is not there',
    files: { 'main.ts': strategy({ 'bars.csv': 'data/brs.csv' }) },
    code: 'source',
    sentence: /price.*data\/brs\.csv/,
    at: ['main.ts', 5],
  },
  {
    what: 'a malformed row: its number',
    files: { 'bars.csv': barsWith(42, `${minute(40)},,,oops,1,2`) },
    code: 'source-row',
    sentence: /line 42 of bars\.csv has 6 cells, but its header names 3/,
  },
  {
    what: 'a text where the others are numbers: its row',
    files: { 'bars.csv': barsWith(42, `${minute(40)},oops,1`) },
    code: 'source-row',
    sentence: /line 42 of bars\.csv has "oops" in column close, which holds numbers/,
  },
  {
    what: 'a row off the grid, which is not floored',
    files: { 'bars.csv': barsWith(42, `${minute(40) + 7},1,1`) },
    code: 'source-row',
    sentence: /line 42 of bars\.csv has the time .*:07Z, which is not on the stream's grid of 1m/,
  },
  {
    what: 'a duplicate time',
    files: { 'bars.csv': barsWith(42, `${minute(39)},1,1`) },
    code: 'source-row',
    sentence: /line 42 of bars\.csv has the time .*, like the row before it/,
  },
  {
    what: 'unsorted times',
    files: { 'bars.csv': barsWith(42, `${minute(30)},1,1`) },
    code: 'source-row',
    sentence: /line 42 of bars\.csv has the time .*, but comes after .*: bars must be in ascending order/,
  },
  {
    what: 'a time column that is not there: the names there are',
    files: { 'main.ts': strategy({ "'bars.csv'": "'bars.csv', { time: 'date' }" }) },
    code: 'source',
    sentence: /^price: bars\.csv has no column date; it has time, close, volume\.$/,
  },
  {
    what: 'an empty file',
    files: { 'bars.csv': '' },
    code: 'source',
    sentence: /bars\.csv .*empty/,
  },
  {
    what: 'a file without a bar',
    files: { 'bars.csv': CSV_HEADER },
    code: 'outside-data',
    sentence: /lies wholly outside the data: price has no bars/,
  },
];

describe('bad input', () => {
  let project: Project;
  let child: Child;
  before(() => {
    child = new Child();
  });
  after(() => child.end());
  beforeEach(() => {
    project = new Project({ 'bars.csv': BARS });
  });
  afterEach(() => project.remove());

  async function assertRefused({ files, className, code, sentence, at }: BadInput): Promise<void> {
    project.write(files);
    const error = await refused(child.materialize(project, { ...RANGE, className }), code, sentence);
    if (!at) return;
    const [file, line, column] = at;
    const { location } = error;
    assert.deepEqual([location?.file, location?.line], [project.path(file), line]);
    if (column !== undefined) assert.equal(location?.column, column);
  }

  describe('in the strategy file', () => {
    for (const each of STRATEGIES) it(each.what, () => assertRefused(each));
  });

  describe('in the graph', () => {
    for (const each of GRAPHS) it(each.what, () => assertRefused(each));
  });

  describe('in the data', () => {
    for (const each of SOURCES) {
      it(each.what, () => assertRefused({ ...each, files: { 'main.ts': strategy(), ...each.files } }));
    }
  });
});
