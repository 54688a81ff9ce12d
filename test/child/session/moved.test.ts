import assert from 'node:assert/strict';
import { existsSync, renameSync } from 'node:fs';
import { Child, csvLines, minute, Project, refused } from '../../support/project.js';

const STRATEGY = `import { csvHistory, Node, Strategy, StreamInput } from 'seamless-dag';
export class Main extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: csvHistory('bars.csv') });
    const slow = new Node({ name: 'slow', input: price, period: 1, computeFn: (view: any) => {
      console.log('bar');
      return view.latest(price).close;
    } });
    this.addNodes([price, slow]);
  }
}
`;

describe('a project folder that is renamed during a run', () => {
  it('is reported in a sentence, and keeps its cache at its new place', async () => {
    const project = new Project({
      'main.ts': STRATEGY,
      'bars.csv': `time,close,volume\n${csvLines(0, 200)}`,
    });
    const elsewhere = `${project.root}-elsewhere`;
    const child = new Child();
    try {
      const computing = child.printed(/bar/);
      const run = child.materialize(project, { start: minute(0), end: minute(200) });
      const told = refused(
        run,
        'cache',
        /-?\w+ was moved or renamed while it was in use\. Run again where it is now/,
      );
      await computing;
      renameSync(project.root, elsewhere);
      const error = await told;
      assert.ok(error.message.includes(project.root));
      assert.ok(!existsSync(project.root), 'nothing is made where it was');
      renameSync(elsewhere, project.root);
      const again = await child.materialize(project, { start: minute(0), end: minute(200) });
      assert.deepEqual([again.failed, again.coverageBounds], [0, [minute(0), minute(200)]]);
    } finally {
      await child.end();
      project.remove();
    }
  });
});
