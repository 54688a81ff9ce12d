// Slow (15 s): runs in a child process.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import type { BarResult } from '../../../src/protocol/results.js';
import { rowValue } from '../../../src/sdk/table.js';
import {
  calls,
  callsOf,
  Child,
  CSV_HEADER,
  csvLines,
  minute,
  Project,
  refused,
} from '../../support/project.js';

/** A strategy whose node `tested` is computed by the code given, from a stream and from other nodes. */
function strategy(tested: string): string {
  return `
import { columns, csvHistory, Node, sma, Strategy, StreamInput } from 'seamless-dag';
import { called } from './lib/called';

export class Main extends Strategy {
  period = 3;
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const odd = new Node({ name: 'odd', input: price, period: 1, computeFn: (view) => {
      called('odd', view);
      return (view.asOf / 60) % 2 ? view.latest(price).close : undefined;
    } });
    const average = sma({ name: 'average', input: price, period: 4 });
    const noise = new Node({ name: 'noise', input: price, computeFn: () => Math.random() + Date.now() });
    const late = new Node({ name: 'late', input: odd, computeFn: (view) => {
      called('late', view);
      if (view.asOf > ${minute(250)}) throw new Error('too late');
      return view.asOf;
    } });
    const blocked = new Node({ name: 'blocked', input: late, period: 1, computeFn: (view) => view.asOf });
    const tested = new Node<unknown>({ name: 'tested', input: [odd, average], period: [3, 1], ${tested} });
    this.addNodes([tested, noise, blocked]);
  }
}
`;
}

const PER_BAR = `computeFn: (view) => {
      called('tested', view);
      const closes = view.window(odd).column();
      return { first: closes[0], last: closes[2], average: view.latest(average) };
    }`;

const IN_COLUMNS = `interval: '1m', computeFn: columns((series) => {
      console.log('call tested', series.asOf.join());
      const { end, period } = series.of(odd);
      const closes = series.of(odd).column();
      return Float64Array.from(end, (at) => closes[at - period] + closes[at - 1]);
    })`;

const FAILING = `computeFn: () => {
      throw new TypeError('no luck');
    }`;

/** An odd minute has an even open: this is one whose close is odd. */
const BAR = minute(200) + ((minute(200) / 60) % 2 === 0 ? 0 : 60);

describe('one bar of a node, called for a debugger', () => {
  let project: Project;
  let child: Child;
  before(() => {
    child = new Child();
  });
  after(() => child.end());
  beforeEach(() => {
    project = new Project({ 'bars.csv': CSV_HEADER + csvLines(0, 300) + csvLines(340, 360) });
    project.write({ 'main.ts': strategy(PER_BAR) });
  });
  afterEach(() => project.remove());

  async function debug(bar = BAR, node = 'tested'): Promise<{ result: BarResult; lines: readonly string[] }> {
    const mark = child.lines.length;
    const payload = { strategy: project.strategy('main.ts'), node, bar };
    const result = await child.client.request('debug', payload);
    // What the child printed before its answer is read in the next turns of the loop.
    await sleep(20);
    return { result, lines: child.lines.slice(mark) };
  }

  /** What a run over the bar alone stores. */
  async function stored(node: string, bar = BAR): Promise<unknown> {
    const cacheDir = project.path('.cold');
    await child.materialize(project, { start: bar, end: bar + 60, cacheDir });
    const table = await child.read(project, 'Main', node, cacheDir);
    assert.deepEqual([...table.ts], [bar]);
    return rowValue(table, 0);
  }

  it('gives the value that a run stores, in exactly one call', async () => {
    const { result, lines } = await debug();
    const { row, failure, ...about } = result;
    assert.deepEqual(about, {
      strategy: 'Main',
      node: 'tested',
      bar: BAR,
      asOf: BAR + 60,
      windows: [
        { input: 'odd', bars: 3 },
        { input: 'average', bars: 1 },
      ],
    });
    assert.equal(failure, null);
    assert.deepEqual([...row.ts], [BAR]);
    assert.deepEqual(callsOf(lines, 'tested'), [BAR + 60]);
    assert.deepEqual(rowValue(row, 0), await stored('tested'));
  });

  it('gives the time and the random numbers of the bar', async () => {
    const { result } = await debug(BAR, 'noise');
    assert.equal(rowValue(result.row, 0), await stored('noise'));
  });

  it('stores nothing of the node or its inputs, and changes nothing of what is known', async () => {
    const range = { start: minute(100), end: minute(150) };
    await child.materialize(project, range);
    const before = await child.request('status', { strategy: project.strategy('main.ts') });
    project.write({ 'main.ts': strategy(PER_BAR.replace('first:', 'oldest:')) });
    const edited = await child.request('status', { strategy: project.strategy('main.ts') });
    await debug();
    const after = await child.request('status', { strategy: project.strategy('main.ts') });
    assert.deepEqual(after, edited);
    assert.notDeepEqual(after, before);
  });

  it('calls the function even if the bar is stored, and reads the inputs from the cache', async () => {
    await child.materialize(project, { start: minute(0), end: minute(240) });
    const { lines } = await debug();
    assert.deepEqual(calls(lines), { tested: 1 });
  });

  it('computes what is missing of the inputs, and calls the function once in column form', async () => {
    project.write({ 'main.ts': strategy(IN_COLUMNS) });
    const { result, lines } = await debug();
    assert.deepEqual(
      lines.filter((line) => line.startsWith('call tested')),
      [`call tested ${BAR + 60}`],
    );
    assert.equal(rowValue(result.row, 0), await stored('tested'));
  });

  it('gives the failure with its place, and the next request is answered', async () => {
    project.write({ 'main.ts': strategy(FAILING) });
    const { result } = await debug();
    const line = strategy(FAILING)
      .split('\n')
      .findIndex((text) => text.includes('no luck'));
    assert.equal(result.row.ts.length, 0);
    assert.deepEqual([result.failure?.code, result.failure?.asOf], ['compute', BAR + 60]);
    assert.deepEqual(
      [result.failure?.location?.file, result.failure?.location?.line],
      [project.path('main.ts'), line + 1],
    );
    assert.match(result.failure?.message ?? '', /^Main: Node tested failed at .*TypeError: no luck/);
    assert.equal((await debug(BAR, 'odd')).result.row.ts.length, 1);
  });

  const iso = (time: number): string => new Date(time * 1000).toISOString().replace('.000Z', 'Z');

  it('names the nearest bars that fire, of a bar that does not', async () => {
    const nearest = (before: number, after: number): RegExp =>
      new RegExp(`bars that fire open at ${iso(before)} and ${iso(after)}\\.$`);
    // An input emits for every other bar only.
    const hole = await refused(debug(BAR + 60), 'outside-data', nearest(BAR, BAR + 120));
    assert.match(hole.message, /^Node tested does not fire at the bar .*: an input has no bar there\./);
    const between = await refused(debug(BAR + 30), 'outside-data', nearest(BAR, BAR + 120));
    assert.match(between.message, /its bars open every 1m, and none opens then/);
    // The data have a hole of 40 minutes.
    await refused(debug(minute(320), 'noise'), 'outside-data', nearest(minute(299), minute(340)));
  });

  it('names the nearest bar that fires, of one before or after the data', async () => {
    const nearest = (bar: number): RegExp =>
      new RegExp(`The nearest bar that fires opens at ${iso(bar)}\\.$`);
    const before = await refused(debug(minute(-1000), 'noise'), 'outside-data', nearest(minute(2)));
    assert.match(before.message, /its inputs have nothing before/);
    const warmUp = await refused(debug(minute(1), 'noise'), 'outside-data', nearest(minute(2)));
    assert.match(warmUp.message, /its inputs do not have enough bars by then/);
    const after = await refused(debug(minute(9999), 'noise'), 'outside-data', nearest(minute(359)));
    assert.match(after.message, /its inputs have nothing from .* on/);
  });

  it('says which input fails before the bar', async () => {
    const bar = minute(262) + ((minute(262) / 60) % 2 === 0 ? 0 : 60);
    const error = await refused(debug(bar, 'blocked'), 'compute', /because its input late fails .*too late/);
    assert.equal(error.location?.file, project.path('main.ts'));
  });

  it('refuses a stream, an indicator and a node that is not there', async () => {
    await refused(
      debug(BAR, 'price'),
      'usage',
      /price is a stream: .* Choose a node with a computeFn: odd, /,
    );
    await refused(
      debug(BAR, 'average'),
      'usage',
      /average is the built-in indicator sma: its code is part of/,
    );
    await refused(debug(BAR, 'testing'), 'not-found', /has no node testing\. Did you mean tested\?/);
  });

  it('waits for a debugger when asked to, and ends when cancelled meanwhile', async () => {
    const waiting = new Child();
    const abort = new AbortController();
    let address = '';
    const asked = waiting.client.request(
      'debug',
      { strategy: project.strategy('main.ts'), node: 'tested', bar: BAR, inspect: true },
      {
        signal: abort.signal,
        onInspect: (url) => {
          address = url;
          // Time for a child that does not wait to answer.
          setTimeout(() => abort.abort(), 300);
        },
      },
    );
    await refused(asked, 'cancelled', /^Cancelled\./);
    await waiting.end();
    assert.match(address, /^ws:\/\/127\.0\.0\.1:\d+\//);
    assert.deepEqual(callsOf(waiting.lines, 'tested'), []);
    assert.throws(() => process.kill(waiting.client.pid ?? 0, 0), /ESRCH/);
  });
});
