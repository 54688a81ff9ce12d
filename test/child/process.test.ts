// Slow (20 s): runs in a child process.
import assert from 'node:assert/strict';

import { Child, CSV_HEADER, csvLines, minute, nodeOf, Project } from '../support/project.js';

/** What tells processes apart, whichever way code comes to it: an import, what is read, and its name in the sentence. */
const REFUSED: readonly (readonly [imports: string, read: string, name: string])[] = [
  ["import { pid } from 'node:process';", 'pid', 'process.pid'],
  ["import { pid as mine } from 'process';", 'mine + 1', 'process.pid'],
  ["import { argv } from 'node:process';", 'argv.length', 'process.argv'],
  ["import { execPath } from 'process';", 'execPath', 'process.execPath'],
  ["import { title } from 'node:process';", 'title.length', 'process.title'],
  ["import { env } from 'node:process';", 'String(env.HOME)', 'process.env'],
  ["import process from 'process';", 'process.ppid', 'process.ppid'],
  ["import * as all from 'node:process';", 'all.pid', 'process.pid'],
  ["import * as all from 'node:process';", 'all.default.argv0 + all.execArgv', 'process.execArgv'],
  ["import { load } from './lib/load.cjs';", "load('process').pid", 'process.pid'],
  ["import { id } from './lib/load.cjs';", 'id()', 'process.pid'],
  ["import { threadId } from 'node:worker_threads';", 'threadId', 'worker_threads.threadId'],
  ["import * as threads from 'node:worker_threads';", 'threads.threadId', 'worker_threads.threadId'],
  [
    "import { resourceLimits as most } from 'node:worker_threads';",
    'most.stackSizeMb',
    'worker_threads.resourceLimits',
  ],
  ["import { hostname } from 'node:os';", '`${hostname}`', 'os.hostname'],
  ["import { inspect } from 'node:util';", 'inspect(process.env)', 'process.env'],
  ["import { inspect } from 'node:util';", 'inspect(setTimeout(() => 1, 0))', 'the number of a timer'],
];

/** Where code of one bar finds what that of another left, and no variable leads there. */
const LEFT: readonly (readonly [top: string, read: string, name: string])[] = [
  ['const R: any = RegExp;', "(/(.)/.exec('a'), R.$1)", 'RegExp.$1'],
  ["const key = ['$', '&'].join('');", '(RegExp as any)[key]', 'RegExp.$&'],
  ['', '(/x/.constructor as any).lastParen', 'RegExp.lastParen'],
  [
    "import * as channels from 'node:diagnostics_channel';",
    "channels.channel('x').hasSubscribers",
    'diagnostics_channel.channel',
  ],
  [
    "import { setEnvironmentData } from 'node:worker_threads';",
    "setEnvironmentData('n', 1)",
    'worker_threads.setEnvironmentData',
  ],
  ["import { listenerCount } from 'node:process';", "listenerCount('x')", 'process.listenerCount'],
  ['', "process.on('x' as any, () => 1).constructor.name", 'process.on'],
];

/** What is the same in every process, and may be used. */
const ALLOWED: readonly (readonly [imports: string, read: string, value: unknown])[] = [
  [
    "import { version, platform } from 'node:process';",
    'version + platform',
    process.version + process.platform,
  ],
  ["import * as all from 'node:process';", 'all.versions.node', process.versions.node],
  ["import process from 'node:process';", 'Number(Object.keys(process).includes("pid"))', 1],
  [
    "import { allowedNodeEnvironmentFlags as flags } from 'process';",
    'Number(flags.has("--no-warnings"))',
    1,
  ],
  ["import { Buffer } from 'node:buffer';", "Buffer.from('a').byteOffset + Buffer.allocUnsafe(8)[7]", 0],
  ["import { Buffer } from 'node:buffer';", "Buffer.from('a').buffer.byteLength", 1],
];

const LOAD = `exports.load = (name) => require(name);
const { pid } = require('node:process');
exports.id = () => require('process').pid;
exports.known = pid > 0;
`;

function strategy(imports: string, read: string): string {
  return `import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';
${imports}
export class Main extends Strategy {
  period = 1;
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    this.addNodes([price, new Node({ name: 'tested', input: price, computeFn: () => (${read}) as any })]);
  }
}`;
}

const RANGE = { start: minute(0), end: minute(5) };

describe('what tells processes or bars apart, used in a computeFn', () => {
  const child = new Child();
  const project = new Project({ 'bars.csv': CSV_HEADER + csvLines(0, 5), 'lib/load.cjs': LOAD });
  after(async () => {
    await child.end();
    project.remove();
  });

  for (const [imports, read, name] of [...REFUSED, ...LEFT]) {
    it(`is refused: ${imports} ${read}`, async () => {
      project.write({ 'main.ts': strategy(imports, read) });
      const { failure, rows } = nodeOf(await child.materialize(project, RANGE), 'tested');
      assert.deepEqual([failure?.code, rows], ['compute-only', 0], failure?.message);
      const sentence = `Main: Node tested used ${name}`;
      assert.ok(failure?.message.startsWith(sentence), failure?.message);
      assert.match(failure?.message ?? '', / is refused: what it gives is hidden from the cache\. /);
    });
  }

  for (const [imports, read, value] of ALLOWED) {
    it(`is not: ${imports} ${read}`, async () => {
      project.write({ 'main.ts': strategy(imports, read) });
      const report = await child.materialize(project, RANGE);
      const { failure, rows } = nodeOf(report, 'tested');
      assert.deepEqual([failure, rows], [null, 5]);
      const { columns } = await child.read(project, 'Main', 'tested');
      assert.deepEqual([...(columns[0]?.values ?? [])], Array<unknown>(5).fill(value));
      assert.equal(nodeOf(await child.materialize(project, RANGE), 'tested').state, 'hit');
    });
  }
});
