import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { builtFile } from '../../../src/protocol/built-file.js';
import { Project } from '../../support/project.js';

const STRATEGY = `
import { demoHistory, Node, Strategy, StreamInput } from 'seamless-dag';
export class Main extends Strategy {
  setup() {
    const price = new StreamInput({ tags: ['price'], interval: '1m', historyProvider: demoHistory({ start: '2020-01-01' }) });
    this.addNodes([price, new Node({ name: 'c', input: price, period: 1, computeFn: (view) => view.latest(price).close })]);
  }
}
`;

describe('the child that a terminal starts before its command is loaded', () => {
  let project: Project;
  before(() => {
    project = new Project({ 'main.ts': STRATEGY });
  });
  after(() => project.remove());

  /** Ends once the process and what it started let go of its output. */
  function run(...args: string[]): { readonly status: number | null; readonly said: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [builtFile('cli.js'), ...args], {
      cwd: project.root,
      encoding: 'utf8',
    });
    return { status, said: stdout + stderr };
  }

  it('answers the command', () => {
    const { status, said } = run('materialize', 'main.ts', '--start', '2020-01-01', '--end', '2020-01-02');
    assert.equal(status, 0, said);
    assert.match(said, /2 nodes · 0 from cache · 2 computed/);
    const now = run('status', 'main.ts');
    assert.equal(now.status, 0, now.said);
    assert.match(now.said, /2 nodes · 2 fresh/);
  });

  it('ends with a command that does without', () => {
    for (const [args, exit, words] of [
      [['status', '--help'], 0, /Usage: /],
      [['status', 'main.ts', '--nonsense'], 2, /unknown option/],
      [['status', 'nowhere.ts'], 2, /There is no file nowhere\.ts/],
      [['materialize', 'main.ts', '--start', 'x', '--end', '2020-01-02'], 2, /x/],
    ] as const) {
      const { status, said } = run(...args);
      assert.match(said, words);
      assert.equal(status, exit, said);
    }
  });
});
