// Slow (8 s): runs in a child process.
import assert from 'node:assert/strict';

import {
  Child,
  CSV_HEADER,
  csvLines,
  minute,
  Project,
  runFresh,
  states,
  storedTables,
} from '../../support/project.js';

const LIB = `
export const where = (): number => Number(/where\\.ts:(\\d+)/.exec(new Error('here').stack ?? '')?.[1] ?? -1);
`;

const MAIN = `
import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';
import { where } from './lib/where';

export class Main extends Strategy {
  period = 1;
  setup(): void {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const own = new Node({ name: 'own', input: price,
      computeFn: () => Number(/main\\.ts:(\\d+)/.exec(new Error('here').stack ?? '')?.[1] ?? -1) });
    const helped = new Node({ name: 'helped', input: price, computeFn: () => where() });
    const plain = new Node({ name: 'plain', input: price, computeFn: (view) => view.latest(price).close });
    this.addNodes([price, own, helped, plain]);
  }
}
`;
const RANGE = { start: minute(0), end: minute(50) };

describe('code that reads its own line from an error', () => {
  let project: Project;
  let child: Child;
  beforeEach(() => {
    project = new Project({ 'bars.csv': CSV_HEADER + csvLines(0, 50), 'main.ts': MAIN, 'lib/where.ts': LIB });
    child = new Child();
  });
  afterEach(async () => {
    await child.end();
    project.remove();
  });

  for (const [file, text] of [
    ['main.ts', MAIN],
    ['lib/where.ts', LIB],
  ] as const) {
    it(`is computed anew once a line is put above it in ${file}, and gives what a cold run gives`, async () => {
      await child.materialize(project, RANGE);
      project.write({ [file]: `\n${text}` });
      const warm = await child.materialize(project, RANGE);
      assert.equal(states(warm)['plain'], 'hit');
      await child.end();
      const cold = new Project({
        'bars.csv': CSV_HEADER + csvLines(0, 50),
        'main.ts': MAIN,
        'lib/where.ts': LIB,
        [file]: `\n${text}`,
      });
      try {
        const { report } = await runFresh(cold, RANGE);
        const [warmRows, coldRows] = [
          await storedTables(project.cacheDir, warm),
          await storedTables(cold.cacheDir, report),
        ];
        const line = file === 'main.ts' ? warmRows.get('own') : warmRows.get('helped');
        assert.ok([...(line?.columns[0]?.values ?? [])].every((value) => Number(value) > 2));
        assert.deepEqual(warmRows, coldRows);
      } finally {
        cold.remove();
      }
    });
  }
});
