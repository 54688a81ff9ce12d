// Slow (6 s): runs in a child process.
import assert from 'node:assert/strict';

import {
  Child,
  chunksOf,
  CSV_HEADER,
  csvLines,
  minute,
  nodeOf,
  Project,
  states,
} from '../../support/project.js';

/** A node in column form, which gives the close of the next bar where `peeks` says so, and one that reads it. */
const strategy = (peeks: string): string => `
import { columns, csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';

export class Main extends Strategy {
  period = 1;
  setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const mean = new Node({ name: 'mean', input: price, computeFn: (view) => view.latest(price).close });
    const peek = new Node({ name: 'peek', input: price, computeFn: columns((series) => {
      const { end, ts } = series.of(price);
      const closes = series.of(price).column('close');
      return Float64Array.from(end, (e) => ${peeks} ? (closes[e] ?? closes[e - 1]) : closes[e - 1]);
    }) });
    const below = new Node({ name: 'below', input: peek, computeFn: (view) => view.latest(peek) * 2 });
    this.addNodes([price, mean, peek, below]);
  }
}
`;
const RANGE = { start: minute(0), end: minute(1000) };

describe('a look-ahead that is found late', () => {
  chunksOf(200);
  let project: Project;
  let child: Child;
  beforeEach(() => {
    project = new Project({
      'bars.csv': CSV_HEADER + csvLines(0, 1000),
      'main.ts': strategy(`ts[e - 1] >= ${minute(700)}`),
    });
    child = new Child();
  });
  afterEach(async () => {
    await child.end();
    project.remove();
  });

  it('removes the rows of the node and its dependents in earlier chunks, of this run and earlier ones', async () => {
    const early = await child.materialize(project, { start: RANGE.start, end: minute(400) });
    assert.deepEqual(states(early), {
      price: 'computed',
      mean: 'computed',
      peek: 'computed',
      below: 'computed',
    });
    const report = await child.materialize(project, RANGE);
    const peek = nodeOf(report, 'peek');
    assert.deepEqual(
      [peek.state, peek.failure?.code, peek.coverage, peek.rows],
      ['failed', 'look-ahead', [], 0],
    );
    const below = nodeOf(report, 'below');
    assert.deepEqual([below.state, below.coverage, below.rows], ['blocked', [], 0]);
    assert.deepEqual(nodeOf(report, 'mean').coverage, [[RANGE.start, RANGE.end]]);
  });

  it('does not come back as a hit, nor as rows that are reused', async () => {
    await child.materialize(project, RANGE);
    const short = { start: RANGE.start, end: minute(600) };
    const again = await child.materialize(project, short);
    assert.deepEqual([nodeOf(again, 'peek').state, nodeOf(again, 'below').state], ['computed', 'computed']);
    project.write({ 'main.ts': strategy('false') });
    const mended = await child.materialize(project, RANGE);
    assert.deepEqual(states(mended), { price: 'hit', mean: 'hit', peek: 'computed', below: 'computed' });
  });
});
