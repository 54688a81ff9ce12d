import assert from 'node:assert/strict';
import { nodeOf, Project, withChild } from '../../support/project.js';

const DAY = 86_400;
const FIRST = Date.UTC(2019, 0, 1) / 1000;
const DAYS = 600;

/** Days of each kind of source, 600 of them, with windows of 700. */
const STRATEGY = `
import { csvHistory, demoHistory, Node, resample, sma, sqlHistory, Strategy, StreamInput, type HistoryProvider } from 'seamless-dag';

const own: HistoryProvider = {
  kind: 'own',
  options: {},
  bounds: () => ({ first: ${FIRST}, last: ${FIRST + (DAYS - 1) * DAY} }),
  fetch: ({ start, end }) => {
    const rows = [];
    for (let ts = Math.max(${FIRST}, start); ts < Math.min(end, ${FIRST + DAYS * DAY}); ts += ${DAY}) rows.push({ ts, close: ts % 7 });
    return rows;
  },
};
const providers = {
  demo: demoHistory({ start: '2019-01-01', end: ${FIRST + DAYS * DAY} }),
  csv: csvHistory('days.csv'),
  sql: sqlHistory("SELECT * FROM read_csv('days.csv')"),
  own,
};

export class Main extends Strategy {
  setup(): void {
    for (const [kind, historyProvider] of Object.entries(providers)) {
      const days = new StreamInput({ tags: [kind], interval: '1d', historyProvider });
      const long = new Node({ name: kind + ' long', input: days, period: 700, computeFn: (view) => view.window(days).length });
      const fast = sma({ name: kind + ' fast', input: days, period: 20 });
      const smooth = sma({ name: kind + ' smooth', input: fast, period: 582 });
      const after = new Node({ name: kind + ' after', input: [days, long], period: 1, computeFn: (view) => view.asOf });
      const weeks = resample({ name: kind + ' weeks', input: days, interval: '1w' });
      const yearly = new Node({ name: kind + ' yearly', input: weeks, period: 104, computeFn: (view) => view.window(weeks).length });
      this.addNodes([long, smooth, after, yearly]);
    }
  }
}
`;

describe('a window that nothing in its source fills, in a range that begins later than the source', () => {
  it('is reported for each kind of source by a computing run, by a hit and by the status', async () => {
    const rows = Array.from({ length: DAYS }, (_, at) => `${FIRST + at * DAY},${at % 7}\n`);
    const project = new Project({ 'main.ts': STRATEGY, 'days.csv': `time,close\n${rows.join('')}` });
    const range = { start: FIRST + 400 * DAY, end: FIRST + DAYS * DAY };
    try {
      await withChild(async (child) => {
        const cold = await child.materialize(project, range);
        for (const kind of ['demo', 'csv', 'sql', 'own']) {
          const told = (node: string): string => nodeOf(cold, `${kind} ${node}`).unfired?.text ?? '';
          const never = 'It never fires in this range: ';
          assert.equal(
            told('long'),
            `${never}its window is 700 bars of ${kind}, which has 600 up to its end.`,
          );
          assert.equal(
            told('smooth'),
            `${never}its window is 582 bars of ${kind} fast, which has at most 581 up to its end.`,
          );
          assert.equal(told('after'), `${never}nor does its input ${kind} long.`);
          assert.match(
            told('yearly'),
            /its window is 104 bars of .*, which has at most 8\d up to its end\.$/,
          );
          assert.equal(nodeOf(cold, `${kind} long`).rows, 0);
          assert.equal(nodeOf(cold, `${kind} fast`).unfired, null);
        }
        const texts = (nodes: readonly { readonly name: string; readonly unfired: unknown }[]): unknown =>
          nodes.map(({ name, unfired }) => [name, unfired]);
        const warm = await child.materialize(project, range);
        assert.deepEqual([warm.computed, texts(warm.nodes)], [0, texts(cold.nodes)]);
        const status = await child.request('status', { strategy: project.strategy('main.ts'), ...range });
        assert.deepEqual(texts(status.nodes), texts(cold.nodes));
      });
    } finally {
      project.remove();
    }
  });
});
