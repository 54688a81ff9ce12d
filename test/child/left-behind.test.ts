// Slow (20 s): runs in a child process.
import assert from 'node:assert/strict';

import { Child, CSV_HEADER, csvLines, minute, nodeOf, Project, refused } from '../support/project.js';

/** Where in a strategy some code stands. */
type Place = 'the top level' | 'setup()' | 'a computeFn';

/** A node that takes a while, so that what was left behind happens before the run is over. */
function strategy(place: Place, code: string): string {
  const at = (wanted: Place): string => (place === wanted ? code : '');
  return `
import { connect } from 'node:net';
import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';
declare const setTimeout: (work: () => void, ms?: number) => unknown;
let sockets = [connect];
${at('the top level')}
export class Main extends Strategy {
  setup() {
    ${at('setup()')}
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const slow = new Node({ name: 'slow', input: price, period: 2,
      computeFn: (view) => {
        if (view.asOf === ${minute(10)}) { ${at('a computeFn')} }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
        return view.window(price).column('close')[0];
      } });
    this.addNodes([slow]);
  }
}
`;
}

const LATER = (work: string): string => `setTimeout(() => { ${work} }, 5);`;
const SOCKET = `connect(80, '127.0.0.1');`;
const ERROR = `throw new Error('too late');`;
const REJECT = `Promise.reject(new Error('too late'));`;
const EXIT = `process.exit(0);`;

const STRAYS: readonly (readonly [what: string, place: Place, code: string, sentence: RegExp])[] = [
  ['a timer that opens a socket', 'setup()', LATER(SOCKET), /by setup\(\) used net\.connect at main\.ts:9:/],
  [
    'a timer that opens a socket',
    'a computeFn',
    LATER(SOCKET),
    /by node slow used net\.connect at main\.ts:13:/,
  ],
  ['a timer that ends the process', 'setup()', LATER(EXIT), /by setup\(\) used process\.exit at main\.ts:9:/],
  [
    'a timer that throws',
    'the top level',
    LATER(ERROR),
    /in a timer or a promise, threw at main\.ts:6:\d+: too late/,
  ],
  [
    'a timer that throws',
    'a computeFn',
    LATER(ERROR),
    /in a timer or a promise, threw at main\.ts:13:\d+: too late/,
  ],
  ['a rejection nobody handles', 'the top level', REJECT, /threw at main\.ts:6:\d+: too late/],
  ['a rejection nobody handles', 'setup()', REJECT, /threw at main\.ts:9:\d+: too late/],
  ['a rejection nobody handles', 'a computeFn', REJECT, /threw at main\.ts:13:\d+: too late/],
];

describe('code that a strategy leaves behind', () => {
  const range = { start: minute(0), end: minute(2000) };
  let project: Project;
  let child: Child;
  beforeEach(() => {
    project = new Project({ 'bars.csv': CSV_HEADER + csvLines(0, 2000) });
    child = new Child();
  });
  afterEach(async () => {
    await child.end();
    project.remove();
  });

  for (const [what, place, code, sentence] of STRAYS) {
    it(`${what}, in ${place}: the run fails with a sentence`, async () => {
      project.write({ 'main.ts': strategy(place, code) });
      const stray = code.includes('too late') ? 'strategy' : 'compute-only';
      const { location } = await refused(child.materialize(project, range), stray, sentence);
      assert.equal(location?.file, project.path('main.ts'));
    });
  }

  it('does not get in the way of the next run in the same process', async () => {
    project.write({ 'main.ts': strategy('setup()', `setInterval(() => { ${ERROR} }, 5);`) });
    await refused(child.materialize(project, range), 'strategy', /too late/);
    project.write({ 'main.ts': strategy('setup()', '') });
    const report = await child.materialize(project, range);
    assert.deepEqual(report.coverageBounds, [range.start, range.end]);
  });

  for (const place of ['the top level', 'setup()'] as const) {
    it(`process.exit() in ${place} is refused with its line, and the process goes on`, async () => {
      project.write({ 'main.ts': strategy(place, EXIT) });
      const line = place === 'setup()' ? 9 : 6;
      const sentence = new RegExp(`used process\\.exit at main\\.ts:${line}:\\d+, which is refused`);
      await refused(child.materialize(project, range), 'compute-only', sentence);
      project.write({ 'main.ts': strategy(place, '') });
      const report = await child.materialize(project, { start: minute(0), end: minute(20) });
      assert.equal(report.computed, 2);
    });
  }

  it('process.exit() in a computeFn fails that node, with the rows before it', async () => {
    project.write({ 'main.ts': strategy('a computeFn', EXIT) });
    const report = await child.materialize(project, range);
    const { state, failure, coverage } = nodeOf(report, 'slow');
    assert.equal(state, 'failed');
    assert.equal(failure?.code, 'compute-only');
    assert.match(failure.message, /^Main: Node slow used process\.exit at main\.ts:13:/);
    assert.deepEqual([failure.asOf, failure.location?.line], [minute(10), 13]);
    assert.deepEqual(coverage, [[minute(0), minute(9)]]);
  });
});
